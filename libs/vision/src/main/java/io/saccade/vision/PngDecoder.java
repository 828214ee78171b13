package io.saccade.vision;

import java.util.zip.DataFormatException;
import java.util.zip.Inflater;

/**
 * PNG (W3C, third edition) straight from the inflater to the samples. The JDK's reader would do, but it copies the file,
 * gives every row to colour models that change it, and makes 16 bits what the reference does not.
 *
 * <p>Of 16 bits the upper 8 are taken, as Pillow does for every colour type but plain grey, which it clips at 255: a
 * nearly white picture, of use to nobody. There we differ.
 */
final class PngDecoder {
    private static final int[] PASS_LEFT = {0, 4, 0, 2, 0, 1, 0};
    private static final int[] PASS_TOP = {0, 0, 4, 0, 2, 0, 1};
    private static final int[] PASS_RIGHT = {8, 8, 4, 4, 2, 2, 1};
    private static final int[] PASS_DOWN = {8, 8, 8, 4, 4, 2, 2};

    private final PngStream stream;
    private final Rows rows;
    private final byte[] samples;

    private PngDecoder(PngStream stream, Rows rows) {
        this.stream = stream;
        this.rows = rows;
        this.samples = new byte[stream.width() * stream.height() * stream.mode().bands()];
    }

    static Decoded decode(PngStream stream, Patience patience) {
        var inflater = new Inflater();
        try {
            var decoder = new PngDecoder(stream, new Rows(stream.pixels(), inflater, patience));
            decoder.run();
            return Decoded.picture(
                    new Bitmap(stream.mode(), stream.width(), stream.height(), decoder.samples, stream.palette()),
                    ImageFormat.PNG,
                    stream.orientation());
        } catch (EndOfPixels e) {
            return Decoded.refused(RefusalCode.TRUNCATED, "the PNG file ends before its last row");
        } catch (DataFormatException e) {
            return Decoded.refused(RefusalCode.BROKEN, "the PNG data cannot be decoded: " + e.getMessage());
        } finally {
            inflater.end();
        }
    }

    private void run() throws DataFormatException {
        if (!stream.interlaced()) {
            pass(0, 0, 1, 1);
            return;
        }
        for (int pass = 0; pass < PASS_LEFT.length; pass++) {
            pass(PASS_LEFT[pass], PASS_TOP[pass], PASS_RIGHT[pass], PASS_DOWN[pass]);
        }
    }

    private void pass(int left, int top, int right, int down) throws DataFormatException {
        int width = (stream.width() - left + right - 1) / right;
        int height = (stream.height() - top + down - 1) / down;
        if (width <= 0 || height <= 0) {
            return;
        }
        int bits = stream.samples() * stream.depth();
        int length = (int) (((long) width * bits + 7) / 8);
        int distance = Math.max(1, bits / 8);
        int bands = stream.mode().bands();
        boolean whole = stream.depth() == 8 && right == 1;
        byte[] above = new byte[whole ? 0 : length];
        byte[] row = new byte[whole ? 0 : length];
        for (int y = 0; y < height; y++) {
            int to = ((top + y * down) * stream.width() + left) * bands;
            int filter = rows.filter();
            if (whole) {
                rows.read(samples, to, length);
                unfilter(filter, samples, to, samples, y == 0 ? -1 : to - length, length, distance);
            } else {
                rows.read(row, 0, length);
                unfilter(filter, row, 0, above, y == 0 ? -1 : 0, length, distance);
                unpack(row, width, to, right * bands);
                byte[] spare = above;
                above = row;
                row = spare;
            }
        }
    }

    /** {@code up} is where the row above begins, or -1 for the first row, above which all is 0. */
    private static void unfilter(int filter, byte[] row, int at, byte[] above, int up, int length, int distance)
            throws DataFormatException {
        int end = at + length;
        int head = Math.min(at + distance, end);
        boolean first = up < 0;
        switch (filter) {
            case 0 -> {}
            case 1 -> {
                for (int i = head; i < end; i++) {
                    row[i] += row[i - distance];
                }
            }
            case 2 -> {
                if (!first) {
                    for (int i = at, j = up; i < end; i++, j++) {
                        row[i] += above[j];
                    }
                }
            }
            case 3 -> {
                if (first) {
                    for (int i = head; i < end; i++) {
                        row[i] += (byte) ((row[i - distance] & 0xFF) >> 1);
                    }
                } else {
                    int j = up;
                    for (int i = at; i < head; i++, j++) {
                        row[i] += (byte) ((above[j] & 0xFF) >> 1);
                    }
                    for (int i = head; i < end; i++, j++) {
                        row[i] += (byte) (((row[i - distance] & 0xFF) + (above[j] & 0xFF)) >> 1);
                    }
                }
            }
            case 4 -> {
                if (first) {
                    for (int i = head; i < end; i++) {
                        row[i] += row[i - distance];
                    }
                } else {
                    paeth(row, at, head, end, above, up, distance);
                }
            }
            default -> throw new DataFormatException("a row has the filter " + filter + ", and there are 0 to 4");
        }
    }

    private static void paeth(byte[] row, int at, int head, int end, byte[] above, int up, int distance) {
        int j = up;
        for (int i = at; i < head; i++, j++) {
            row[i] += above[j];
        }
        for (int i = head; i < end; i++, j++) {
            int left = row[i - distance] & 0xFF;
            int over = above[j] & 0xFF;
            int corner = above[j - distance] & 0xFF;
            int toLeft = Math.abs(over - corner);
            int toOver = Math.abs(left - corner);
            int toCorner = Math.abs(left + over - 2 * corner);
            int nearest = toOver <= toCorner ? over : corner;
            row[i] += (byte) (toLeft <= toOver && toLeft <= toCorner ? left : nearest);
        }
    }

    /** One row of packed, deep or scattered pixels to where they belong. */
    private void unpack(byte[] row, int width, int start, int step) {
        int depth = stream.depth();
        int count = stream.samples();
        int to = start;
        if (depth == 16 && count == 2) {
            for (int x = 0, from = 0; x < width; x++, from += 4, to += step) {
                samples[to] = row[from];
                samples[to + 1] = row[from];
                samples[to + 2] = row[from];
                samples[to + 3] = row[from + 2];
            }
        } else if (depth >= 8) {
            int bytes = depth / 8;
            for (int x = 0, from = 0; x < width; x++, to += step) {
                for (int band = 0; band < count; band++, from += bytes) {
                    samples[to + band] = row[from];
                }
            }
        } else {
            int mask = (1 << depth) - 1;
            int scale = stream.mode() == PixelMode.PALETTE ? 1 : 255 / mask;
            for (int x = 0; x < width; x++, to += step) {
                int bit = x * depth;
                int value = row[bit >> 3] >> (8 - depth - (bit & 7)) & mask;
                samples[to] = (byte) (value * scale);
            }
        }
    }

    /** The pixels end before the picture does. */
    private static final class EndOfPixels extends DataFormatException {}

    /** What the inflater makes of the pieces. */
    private static final class Rows {
        private final Pieces pieces;
        private final Inflater inflater;
        private final Patience patience;
        private final byte[] filter = new byte[1];
        private int next;

        Rows(Pieces pieces, Inflater inflater, Patience patience) {
            this.pieces = pieces;
            this.inflater = inflater;
            this.patience = patience;
        }

        int filter() throws DataFormatException {
            patience.check();
            read(filter, 0, 1);
            return filter[0];
        }

        void read(byte[] into, int from, int length) throws DataFormatException {
            int done = 0;
            while (done < length) {
                int count = inflater.inflate(into, from + done, length - done);
                done += count;
                if (count == 0) {
                    if (inflater.needsDictionary()) {
                        throw new DataFormatException("it asks for a dictionary");
                    }
                    if (inflater.finished() || next == pieces.count()) {
                        throw new EndOfPixels();
                    }
                    inflater.setInput(pieces.array(next), pieces.offset(next), pieces.length(next));
                    next++;
                }
            }
        }
    }
}
