package io.saccade.vision.webp;

import java.util.zip.DataFormatException;

/**
 * The alpha of a lossy frame (RFC 9649, section 2.7.1.2): plain or lossless bytes, filtered. That an encoder reduced the number
 * of levels is only a hint, and as libwebp's usual settings have it, nothing is smoothed for that.
 */
final class AlphaPlane {
    private static final int HEADER = 1;
    private static final int LOSSLESS = 1;
    private static final int HORIZONTAL = 1;
    private static final int VERTICAL = 2;
    private static final int GRADIENT = 3;

    private AlphaPlane() {}

    /**
     * Decodes the body of an ALPH chunk.
     *
     * @param data  holds it from {@code from} to before {@code end}
     * @param out   {@code [height][width][bands]}, of which the last band is written
     * @param pause called now and then; what it throws ends the work
     * @throws DataFormatException if the data is damaged or ends too soon
     */
    static void decode(byte[] data, int from, int end, int width, int height, byte[] out, int bands, Runnable pause)
            throws DataFormatException {
        int header = end - from <= HEADER ? 0xFF : data[from] & 0xFF;
        int method = header & 3;
        // Preprocessing is 0 or 1, reserved bits are 0.
        if (method > LOSSLESS || header >> 4 > 1) {
            throw new DataFormatException("the alpha has a header that means nothing");
        }
        int body = from + HEADER;
        int pixels = width * height;
        int last = bands - 1;
        if (method == LOSSLESS) {
            int[] argb = Vp8lDecoder.decodeAlpha(data, body, end, width, height, pause);
            for (int i = 0, to = last; i < pixels; i++, to += bands) {
                out[to] = (byte) (argb[i] >> 8);
            }
        } else {
            if (end - body < pixels) {
                throw new DataFormatException("the alpha ends before its last pixel");
            }
            for (int i = 0, to = last; i < pixels; i++, to += bands) {
                out[to] = data[body + i];
            }
        }
        unfilter(header >> 2 & 3, out, last, bands, width, height);
    }

    /** Adds to each byte its prediction from those before it; the first row and column know one neighbour only. */
    private static void unfilter(int filter, byte[] out, int first, int step, int width, int height) {
        if (filter == 0) {
            return;
        }
        int stride = width * step;
        for (int y = 0; y < height; y++) {
            int row = first + y * stride;
            if (y > 0) {
                out[row] += out[row - stride];
            }
            int way = y == 0 ? HORIZONTAL : filter;
            for (int at = row + step; at < row + stride; at += step) {
                int left = out[at - step] & 0xFF;
                out[at] += (byte)
                        switch (way) {
                            case HORIZONTAL -> left;
                            case VERTICAL -> out[at - stride];
                            case GRADIENT ->
                                Transform.clip(left + (out[at - stride] & 0xFF) - (out[at - stride - step] & 0xFF));
                            default -> throw new IllegalArgumentException("no such filter: " + filter);
                        };
            }
        }
    }
}
