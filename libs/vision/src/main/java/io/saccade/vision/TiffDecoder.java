package io.saccade.vision;

import java.util.Arrays;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;
import org.jspecify.annotations.Nullable;

/**
 * TIFF, the first page, row by row: plain, LZW, deflate and PackBits, in strips, tiles and planes. Fax codes and JPEG inside
 * TIFF are refused by name. As Pillow does, the orientation is applied here: for TIFF it belongs to the format.
 *
 * <p>Of 16 bits the upper 8 are taken, for grey too (see {@link PngDecoder}).
 */
final class TiffDecoder {
    private static final int NONE = 1;
    private static final int LZW = 5;
    private static final int DEFLATE = 8;
    private static final int PACK_BITS = 32773;
    private static final int WHITE_IS_ZERO = 0;
    private static final int PALETTE = 3;

    private final TiffPage page;
    private final Patience patience;
    private final PixelMode mode;
    private final byte[] samples;

    private TiffDecoder(TiffPage page, Patience patience, PixelMode mode) {
        this.page = page;
        this.patience = patience;
        this.mode = mode;
        this.samples = new byte[page.width() * page.height() * mode.bands()];
    }

    static Decoded decode(byte[] file, ImageLimits limits, Patience patience, MemoryBudget.Claim claim) {
        try {
            return switch (TiffPage.parse(file, limits)) {
                case TiffPage.Parsed.Refused(Refusal refusal) -> new Decoded.Refused(refusal);
                case TiffPage.Parsed.Readable(TiffPage page) -> decode(page, patience, claim);
            };
        } catch (IndexOutOfBoundsException e) {
            return Decoded.refused(RefusalCode.TRUNCATED, "the TIFF file ends before its last row");
        } catch (DataFormatException e) {
            return Decoded.refused(RefusalCode.BROKEN, "the TIFF data cannot be decoded: " + e.getMessage());
        }
    }

    private static Decoded decode(TiffPage page, Patience patience, MemoryBudget.Claim claim)
            throws DataFormatException {
        boolean ours = page.compression() == NONE
                || page.compression() == LZW
                || page.compression() == DEFLATE
                || page.compression() == PACK_BITS;
        if (!ours || page.photometric() == 6) {
            return Decoded.refused(
                    RefusalCode.UNSUPPORTED_FORMAT,
                    "expected a TIFF that is plain, LZW, deflate or PackBits coded, got " + name(page.compression())
                            + " with photometric interpretation " + page.photometric());
        }
        if (page.predictor() != 1 && (page.predictor() != 2 || page.depth() < 8)) {
            return Decoded.refused(
                    RefusalCode.UNSUPPORTED_FORMAT, "the TIFF predictor " + page.predictor() + " is not read");
        }
        PixelMode mode = mode(page);
        if (mode == null) {
            return Decoded.refused(
                    RefusalCode.UNSUPPORTED_FORMAT,
                    "the TIFF picture has photometric interpretation " + page.photometric() + " with " + page.samples()
                            + " samples, which is not read");
        }
        long needed = ((long) page.width() * page.samples() * page.depth() + 7) / 8 * page.height();
        long most =
                switch (page.compression()) {
                    case NONE -> 1;
                    case PACK_BITS -> Hollow.PACK_BITS;
                    case DEFLATE -> Hollow.DEFLATE;
                    default -> Hollow.LZW;
                };
        if (page.file().length * most < needed) {
            return Decoded.refused(
                    RefusalCode.TRUNCATED, Hollow.message("TIFF", page.width(), page.height(), page.file().length));
        }
        claim.take(page.width(), page.height(), mode);
        var decoder = new TiffDecoder(page, patience, mode);
        decoder.readTiles();
        if (page.extra() == 1 && mode == PixelMode.RGBA) {
            Alpha.unpremultiplyTruncating(decoder.samples);
        }
        var stored = new Bitmap(mode, page.width(), page.height(), decoder.samples, page.palette());
        return Decoded.picture(page.orientation().apply(stored), ImageFormat.TIFF, Orientation.NORMAL);
    }

    private static String name(int compression) {
        return switch (compression) {
            case 2, 3, 4 -> "CCITT fax codes";
            case 6, 7 -> "JPEG in TIFF";
            case 34925 -> "LZMA";
            case 50000 -> "Zstandard";
            case 50001 -> "WebP in TIFF";
            default -> "compression " + compression;
        };
    }

    private static @Nullable PixelMode mode(TiffPage page) {
        return switch (page.photometric()) {
            case 0, 1 ->
                page.depth() == 1
                        ? PixelMode.BILEVEL
                        : page.samples() == 1
                                ? PixelMode.GREY
                                : page.samples() == 2 && page.extra() == 2 && page.depth() == 8
                                        ? PixelMode.GREY_ALPHA
                                        : null;
            case 2 -> page.extra() > 0 ? PixelMode.RGBA : PixelMode.RGB;
            case PALETTE -> page.samples() == 1 || page.extra() == 0 ? PixelMode.PALETTE : null;
            case 5 -> PixelMode.CMYK;
            default -> null;
        };
    }

    private void readTiles() throws DataFormatException {
        int planes = page.planar() ? Math.min(page.samples(), mode.bands()) : 1;
        int tile = 0;
        for (int plane = 0; plane < planes; plane++) {
            for (int down = 0; down < page.down(); down++) {
                for (int across = 0; across < page.across(); across++, tile++) {
                    try (var rows = new Rows(page, tile)) {
                        readTile(rows, plane, across * page.tileWidth(), down * page.tileHeight());
                    }
                }
            }
        }
    }

    private void readTile(Rows rows, int plane, int left, int top) throws DataFormatException {
        int perPixel = page.planar() ? 1 : page.samples();
        byte[] row = new byte[(int) (((long) page.tileWidth() * perPixel * page.depth() + 7) / 8)];
        int bottom = Math.min(top + page.tileHeight(), page.height());
        int right = Math.min(left + page.tileWidth(), page.width());
        for (int y = top; y < bottom; y++) {
            patience.check();
            rows.read(row);
            if (page.predictor() == 2) {
                addUp(row, perPixel);
            }
            unpack(row, perPixel, plane, (y * page.width() + left) * mode.bands(), right - left);
        }
    }

    /** Undoes the differences between neighbours. */
    private void addUp(byte[] row, int perPixel) {
        if (page.depth() == 8) {
            for (int i = perPixel; i < row.length; i++) {
                row[i] += row[i - perPixel];
            }
            return;
        }
        int low = page.little() ? 0 : 1;
        int step = 2 * perPixel;
        for (int i = step; i + 1 < row.length; i += 2) {
            int sum = (row[i + low] & 0xFF) + (row[i - step + low] & 0xFF);
            row[i + 1 - low] += (byte) (row[i - step + 1 - low] + (sum >> 8));
            row[i + low] = (byte) sum;
        }
    }

    private void unpack(byte[] row, int perPixel, int plane, int start, int width) {
        int bands = mode.bands();
        int invert = page.photometric() == WHITE_IS_ZERO ? 0xFF : 0;
        if (page.depth() < 8) {
            int depth = page.depth();
            int mask = (1 << depth) - 1;
            int scale = page.photometric() == PALETTE ? 1 : 255 / mask;
            for (int x = 0; x < width; x++) {
                int bit = x * depth;
                int value = (row[bit >> 3] >> (8 - depth - (bit & 7)) & mask) * scale;
                samples[start + x] = (byte) (value ^ invert);
            }
            return;
        }
        int size = page.depth() / 8;
        int high = size == 2 && page.little() ? 1 : 0;
        int copied = page.planar() ? 1 : bands;
        for (int x = 0, from = high, to = start + plane; x < width; x++, from += perPixel * size, to += bands) {
            for (int band = 0; band < copied; band++) {
                samples[to + band] = (byte) (row[from + band * size] ^ invert);
            }
        }
    }

    /** The unpacked bytes of one tile. */
    private static final class Rows implements AutoCloseable {
        private final int compression;
        private final Pieces packed = new Pieces();
        private final @Nullable Inflater inflater;
        private final @Nullable Lzw lzw;
        private final byte[] file;
        private int at;
        private final int end;
        private int run;
        private boolean literal;

        Rows(TiffPage page, int tile) {
            this.compression = page.compression();
            int[] place = place(page, tile);
            byte[] bytes = page.file();
            int from = place[0];
            if (page.lowBitFirst()) {
                bytes = new byte[place[1]];
                for (int i = 0; i < bytes.length; i++) {
                    bytes[i] = (byte) (Integer.reverse(page.file()[from + i]) >>> 24);
                }
                from = 0;
            }
            this.file = bytes;
            this.at = from;
            this.end = from + place[1];
            packed.add(bytes, from, place[1]);
            this.inflater = compression == DEFLATE ? new Inflater() : null;
            this.lzw = compression == LZW ? Lzw.tiff(packed) : null;
            if (inflater != null) {
                inflater.setInput(bytes, from, place[1]);
            }
        }

        /** Where a tile begins and how many bytes it has, as far as the file goes. */
        static int[] place(TiffPage page, int tile) {
            long from = page.value(page.offsets(), tile);
            var counts = page.counts();
            long length = counts == null ? page.file().length : page.value(counts, tile);
            if (from > page.file().length) {
                throw new IndexOutOfBoundsException("a TIFF strip lies beyond the end of the file");
            }
            return new int[] {(int) from, (int) Math.min(length, page.file().length - from)};
        }

        void read(byte[] row) throws DataFormatException {
            int done = 0;
            if (lzw != null) {
                done = lzw.read(row, 0, row.length);
            } else if (inflater != null) {
                int count;
                do {
                    count = inflater.inflate(row, done, row.length - done);
                    done += count;
                } while (count > 0 && done < row.length);
            } else if (compression == PACK_BITS) {
                done = unpackBits(row);
            } else {
                done = Math.min(row.length, end - at);
                System.arraycopy(file, at, row, 0, done);
                at += done;
            }
            if (done < row.length) {
                throw new IndexOutOfBoundsException("a TIFF strip is too short");
            }
        }

        private int unpackBits(byte[] row) {
            int done = 0;
            while (done < row.length && at < end) {
                if (run == 0) {
                    int header = file[at++];
                    literal = header >= 0;
                    run = header == -128 ? 0 : literal ? header + 1 : 1 - header;
                    continue;
                }
                int count = Math.min(run, row.length - done);
                if (literal) {
                    count = Math.min(count, end - at);
                    System.arraycopy(file, at, row, done, count);
                    at += count;
                } else {
                    Arrays.fill(row, done, done + count, file[at]);
                    at += run == count ? 1 : 0;
                }
                done += count;
                run -= count;
            }
            return done;
        }

        @Override
        public void close() {
            if (inflater != null) {
                inflater.end();
            }
        }
    }
}
