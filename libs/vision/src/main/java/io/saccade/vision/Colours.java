package io.saccade.vision;

import org.jspecify.annotations.Nullable;

/** From samples of any mode to RGB, as Pillow's {@code convert("RGB")}: alpha is dropped, not blended, and shows what lies beneath. */
final class Colours {
    private Colours() {}

    /**
     * Writes {@code pixels} RGB triples.
     *
     * @param palette 256 RGB triples where the mode is {@link PixelMode#PALETTE}
     */
    static void toRgb(PixelMode mode, byte @Nullable [] palette, byte[] in, int from, byte[] out, int to, int pixels) {
        switch (mode) {
            case RGB -> System.arraycopy(in, from, out, to, pixels * 3);
            case BILEVEL, GREY -> grey(in, from, 1, out, to, pixels);
            case GREY_ALPHA -> grey(in, from, 2, out, to, pixels);
            case RGBA -> rgba(in, from, out, to, pixels);
            case CMYK -> cmyk(in, from, out, to, pixels);
            case PALETTE -> {
                if (palette == null) {
                    throw new IllegalArgumentException("mode PALETTE without a palette");
                }
                palette(palette, in, from, out, to, pixels);
            }
        }
    }

    /** The first of {@code bands} samples of each pixel. */
    static void firstBand(byte[] in, int from, int bands, byte[] out, int to, int pixels) {
        for (int i = 0; i < pixels; i++) {
            out[to + i] = in[from + i * bands];
        }
    }

    private static void grey(byte[] in, int from, int bands, byte[] out, int to, int pixels) {
        for (int i = 0; i < pixels; i++) {
            byte grey = in[from + i * bands];
            out[to + i * 3] = grey;
            out[to + i * 3 + 1] = grey;
            out[to + i * 3 + 2] = grey;
        }
    }

    private static void rgba(byte[] in, int from, byte[] out, int to, int pixels) {
        for (int i = 0; i < pixels; i++) {
            out[to + i * 3] = in[from + i * 4];
            out[to + i * 3 + 1] = in[from + i * 4 + 1];
            out[to + i * 3 + 2] = in[from + i * 4 + 2];
        }
    }

    private static void cmyk(byte[] in, int from, byte[] out, int to, int pixels) {
        for (int i = 0; i < pixels; i++) {
            int light = 255 - (in[from + i * 4 + 3] & 0xFF);
            for (int band = 0; band < 3; band++) {
                int ink = Alpha.multiplyDivide255(in[from + i * 4 + band] & 0xFF, light);
                out[to + i * 3 + band] = (byte) Math.max(0, light - ink);
            }
        }
    }

    private static void palette(byte[] palette, byte[] in, int from, byte[] out, int to, int pixels) {
        for (int i = 0; i < pixels; i++) {
            int colour = (in[from + i] & 0xFF) * 3;
            out[to + i * 3] = palette[colour];
            out[to + i * 3 + 1] = palette[colour + 1];
            out[to + i * 3 + 2] = palette[colour + 2];
        }
    }
}
