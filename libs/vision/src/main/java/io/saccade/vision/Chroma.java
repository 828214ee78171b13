package io.saccade.vision;

/**
 * The colour arithmetic of libjpeg-turbo ({@code jdcolor.c}, {@code jdsample.c}) for the cases the JDK's older libjpeg
 * leaves raw or does otherwise. Everything works in place.
 */
final class Chroma {
    private static final int HALF = 1 << 15;
    private static final int CR_RED = fix(1.40200);
    private static final int CB_BLUE = fix(1.77200);
    private static final int CR_GREEN = fix(0.71414);
    private static final int CB_GREEN = fix(0.34414);

    private Chroma() {}

    private static int fix(double factor) {
        return (int) (factor * (1 << 16) + 0.5);
    }

    /** YCbCr triples become RGB. */
    static void toRgb(byte[] samples) {
        for (int at = 0; at < samples.length; at += 3) {
            toRgb(samples, at);
        }
    }

    private static void toRgb(byte[] samples, int at) {
        int y = samples[at] & 0xFF;
        int cb = (samples[at + 1] & 0xFF) - 128;
        int cr = (samples[at + 2] & 0xFF) - 128;
        samples[at] = clip(y + ((CR_RED * cr + HALF) >> 16));
        samples[at + 1] = clip(y + ((-CB_GREEN * cb - CR_GREEN * cr + HALF) >> 16));
        samples[at + 2] = clip(y + ((CB_BLUE * cb + HALF) >> 16));
    }

    /**
     * YCCK becomes CMYK with 255 as full ink. libjpeg makes {@code 255 - R} of it, and Pillow, expecting Adobe's inverted
     * inks, inverts again: what stays is R, G, B and the inverse of K.
     */
    static void ycckToCmyk(byte[] samples) {
        for (int at = 0; at < samples.length; at += 4) {
            toRgb(samples, at);
            samples[at + 3] = (byte) ~samples[at + 3];
        }
    }

    /** Adobe writes 0 for full ink, and Pillow takes every CMYK JPEG to be Adobe's. */
    static void invert(byte[] samples) {
        for (int i = 0; i < samples.length; i++) {
            samples[i] = (byte) ~samples[i];
        }
    }

    /**
     * {@code h1v2_fancy_upsample}: of YCbCr triples whose chroma rows are doubled, each row becomes 3/4 itself and 1/4 the
     * neighbour on its side. libjpeg 6b only doubles.
     */
    static void smoothRows(byte[] samples, int width, int height) {
        int stride = width * 3;
        int chromaRows = (height + 1) / 2;
        byte[] before = new byte[stride];
        byte[] here = new byte[stride];
        System.arraycopy(samples, 0, before, 0, stride);
        for (int row = 0; row < chromaRows; row++) {
            int upper = 2 * row * stride;
            int after = Math.min(row + 1, chromaRows - 1) * 2 * stride;
            System.arraycopy(samples, upper, here, 0, stride);
            boolean last = after == upper;
            boolean lower = 2 * row + 1 < height;
            for (int i = 0; i < stride; i++) {
                if (i % 3 != 0) {
                    int own = 3 * (here[i] & 0xFF);
                    int next = (last ? here[i] : samples[after + i]) & 0xFF;
                    samples[upper + i] = (byte) ((own + (before[i] & 0xFF) + 1) >> 2);
                    if (lower) {
                        samples[upper + stride + i] = (byte) ((own + next + 2) >> 2);
                    }
                }
            }
            byte[] spare = before;
            before = here;
            here = spare;
        }
    }

    private static byte clip(int value) {
        return (byte) Math.clamp(value, 0, 255);
    }
}
