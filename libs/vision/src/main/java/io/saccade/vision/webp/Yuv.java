package io.saccade.vision.webp;

/**
 * From YUV with halved chroma to RGB in the arithmetic of libwebp, which RFC 6386 leaves open: chroma is interpolated with
 * weights 9, 3, 3 and 1 ("fancy upsampling"), and the matrix is that of BT.601 for luma from 16 to 235, in fixed point.
 */
final class Yuv {
    private Yuv() {}

    /**
     * One row of pixels.
     *
     * @param y     luma, {@code width} samples from {@code yAt} on
     * @param u     chroma, half as many from {@code own} on, of the row the pixels lie in
     * @param v     the same
     * @param other where the chroma row on the pixels' nearer side begins; {@code own} where there is none
     * @param out   into which R, G and B go, from {@code to} on, in steps of {@code step}
     */
    static void toRgb(
            byte[] y, int yAt, byte[] u, byte[] v, int own, int other, byte[] out, int to, int step, int width) {
        int ownU = u[own] & 0xFF;
        int ownV = v[own] & 0xFF;
        int otherU = u[other] & 0xFF;
        int otherV = v[other] & 0xFF;
        pixel(y[yAt] & 0xFF, (3 * ownU + otherU + 2) >> 2, (3 * ownV + otherV + 2) >> 2, out, to);
        int pairs = (width - 1) >> 1;
        int at = to + step;
        for (int x = 1; x <= pairs; x++) {
            int nextOwnU = u[own + x] & 0xFF;
            int nextOwnV = v[own + x] & 0xFF;
            int nextOtherU = u[other + x] & 0xFF;
            int nextOtherV = v[other + x] & 0xFF;
            // Two roundings, each down after its own half: not the same as one division by 16.
            int sumU = ownU + nextOwnU + otherU + nextOtherU + 8;
            int sumV = ownV + nextOwnV + otherV + nextOtherV + 8;
            int risingU = (sumU + 2 * (nextOwnU + otherU)) >> 3;
            int risingV = (sumV + 2 * (nextOwnV + otherV)) >> 3;
            int fallingU = (sumU + 2 * (ownU + nextOtherU)) >> 3;
            int fallingV = (sumV + 2 * (ownV + nextOtherV)) >> 3;
            int luma = yAt + 2 * x;
            pixel(y[luma - 1] & 0xFF, (risingU + ownU) >> 1, (risingV + ownV) >> 1, out, at);
            pixel(y[luma] & 0xFF, (fallingU + nextOwnU) >> 1, (fallingV + nextOwnV) >> 1, out, at + step);
            at += 2 * step;
            ownU = nextOwnU;
            ownV = nextOwnV;
            otherU = nextOtherU;
            otherV = nextOtherV;
        }
        if ((width & 1) == 0) {
            pixel(y[yAt + width - 1] & 0xFF, (3 * ownU + otherU + 2) >> 2, (3 * ownV + otherV + 2) >> 2, out, at);
        }
    }

    private static void pixel(int y, int u, int v, byte[] out, int at) {
        int luma = (y * 19077) >> 8;
        out[at] = clip(luma + ((v * 26149) >> 8) - 14234);
        out[at + 1] = clip(luma - ((u * 6419) >> 8) - ((v * 13320) >> 8) + 8708);
        out[at + 2] = clip(luma + ((u * 33050) >> 8) - 17685);
    }

    /** From six fractional bits into 0 to 255. */
    private static byte clip(int value) {
        return Transform.clip(value >> 6);
    }
}
