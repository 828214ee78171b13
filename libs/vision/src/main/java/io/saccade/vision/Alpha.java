package io.saccade.vision;

/** Premultiplied colours in the integer arithmetic of Pillow ({@code src/libImaging/Convert.c}). */
final class Alpha {
    private Alpha() {}

    /** {@code a * b / 255}, rounded, for bytes. */
    static int multiplyDivide255(int a, int b) {
        int product = a * b + 128;
        return ((product >> 8) + product) >> 8;
    }

    /** Colours weighed by their alpha (the last of {@code bands}): what is invisible must not bleed out. */
    static void premultiply(byte[] in, int from, int bands, byte[] out, int pixels) {
        int colours = bands - 1;
        for (int i = 0; i < pixels * bands; i += bands) {
            int alpha = in[from + i + colours] & 0xFF;
            for (int band = 0; band < colours; band++) {
                int colour = in[from + i + band] & 0xFF;
                out[i + band] = (byte) (alpha == 255 ? colour : multiplyDivide255(colour, alpha));
            }
            out[i + colours] = (byte) alpha;
        }
    }

    /** Premultiplied RGBA, as TIFF has it, made plain as Pillow's {@code unpackRGBa} does: nothing shows where alpha is 0. */
    static void unpremultiplyTruncating(byte[] samples) {
        for (int at = 0; at < samples.length; at += 4) {
            int alpha = samples[at + 3] & 0xFF;
            for (int band = 0; band < 3 && alpha != 255; band++) {
                samples[at + band] = alpha == 0 ? 0 : (byte) Math.min(255, 255 * (samples[at + band] & 0xFF) / alpha);
            }
        }
    }

    /** The way back, in place. */
    static void unpremultiply(byte[] samples, int from, int bands, int pixels) {
        for (int at = from; at < from + pixels * bands; at += bands) {
            int alpha = samples[at + bands - 1] & 0xFF;
            if (alpha != 255 && alpha != 0) {
                for (int band = 0; band < bands - 1; band++) {
                    samples[at + band] = (byte) Math.min(255, 255 * (samples[at + band] & 0xFF) / alpha);
                }
            }
        }
    }
}
