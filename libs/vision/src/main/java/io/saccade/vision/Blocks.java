package io.saccade.vision;

/**
 * The arithmetic of JPEG that is the same for each of many blocks, pixels and columns: {@code jpeg_idct_islow}, the fancy
 * upsampling and the colours of libjpeg-turbo, equal to the bit for whatever an encoder writes. Blocks are taken
 * {@link #lanes()} at a time, one a lane, so that no lane needs another: coefficient {@code k} (row times 8 plus column)
 * of the block in lane {@code b} lies at {@code k * lanes + b}.
 *
 * <p>One thread at a time.
 */
abstract class Blocks {
    static final int F_0_298 = 2446;
    static final int F_0_390 = 3196;
    static final int F_0_541 = 4433;
    static final int F_0_765 = 6270;
    static final int F_0_899 = 7373;
    static final int F_1_175 = 9633;
    static final int F_1_501 = 12299;
    static final int F_1_847 = 15137;
    static final int F_1_961 = 16069;
    static final int F_2_053 = 16819;
    static final int F_2_562 = 20995;
    static final int F_3_072 = 25172;
    static final int BITS = 13;
    static final int FIRST_SHIFT = BITS - 2;
    static final int SECOND_SHIFT = BITS + 2 + 3;

    static final int RED_CR = 91881;
    static final int BLUE_CB = 116130;
    static final int GREEN_CB = 22554;
    static final int GREEN_CR = 46802;
    /** Rounding, and 128 taken off each chroma sample. */
    static final int RED_START = (1 << 15) - 128 * RED_CR;

    static final int BLUE_START = (1 << 15) - 128 * BLUE_CB;
    static final int GREEN_START = (1 << 15) + 128 * (GREEN_CB + GREEN_CR);

    /** The widest this JVM can do well. */
    static Blocks create() {
        return VectorSupport.blocks().orElseGet(PlainBlocks::new);
    }

    /** Blocks taken at once. */
    abstract int lanes();

    /**
     * From dequantised coefficients to samples.
     *
     * @param coefficients {@code 64 * lanes} from {@code at} on
     * @param plane        receives {@code lanes} blocks side by side: 8 rows of {@code 8 * lanes} bytes
     * @param to           where the first row begins
     * @param stride       from one row to the next
     */
    abstract void samples(int[] coefficients, int at, byte[] plane, int to, int stride);

    /** {@code out[1 + i] = a[i] * near + b[i]}, the first and last of {@code count} doubled outwards; a whole number of lanes may be written. */
    abstract void mix(byte[] plane, int a, int near, int b, int count, int[] out);

    /**
     * A row of pixels whose chroma is half as wide.
     *
     * @param luma   where the row of luma begins in its plane
     * @param cb     chroma as {@link #mix} makes it
     * @param cr     likewise
     * @param count  columns of chroma
     * @param even   added before the shift for pixels 0, 2, ...
     * @param odd    added for pixels 1, 3, ...
     * @param shift  of the sum of three quarters and one
     * @param evens  receives pixels 0, 2, ..., red in the lowest byte
     * @param odds   receives pixels 1, 3, ...
     */
    abstract void doubled(
            byte[] plane,
            int luma,
            int[] cb,
            int[] cr,
            int count,
            int even,
            int odd,
            int shift,
            int[] evens,
            int[] odds);

    /** A row of pixels whose chroma is as wide as luma: {@code (chroma + bias) >> shift}. */
    abstract void single(byte[] plane, int luma, int[] cb, int[] cr, int count, int bias, int shift, int[] pixels);
}
