package io.saccade.vision.webp;

/**
 * The inverse transforms (RFC 6386, sections 14.3 and 14.4): exact integer arithmetic that every decoder must share. Sums keep
 * 16 bits, which only damaged data exceeds: it wraps around as in the vector code of libwebp. For one thread.
 */
final class Transform {
    private static final int SIZE = Residuals.SIZE;

    private final int[] columns = new int[SIZE];
    private final short[] rows = new short[SIZE];

    /** Sixteen second-order coefficients become the first coefficients of the sixteen luma blocks. */
    void inverseWalshHadamard(short[] in, short[] blocks) {
        for (int i = 0; i < 4; i++) {
            int a0 = in[i] + in[12 + i];
            int a1 = in[4 + i] + in[8 + i];
            int a2 = in[4 + i] - in[8 + i];
            int a3 = in[i] - in[12 + i];
            columns[i] = a0 + a1;
            columns[4 + i] = a3 + a2;
            columns[8 + i] = a0 - a1;
            columns[12 + i] = a3 - a2;
        }
        for (int i = 0; i < SIZE; i += 4) {
            int dc = columns[i] + 3;
            int a0 = dc + columns[i + 3];
            int a1 = columns[i + 1] + columns[i + 2];
            int a2 = columns[i + 1] - columns[i + 2];
            int a3 = dc - columns[i + 3];
            blocks[SIZE * i] = (short) ((a0 + a1) >> 3);
            blocks[SIZE * (i + 1)] = (short) ((a3 + a2) >> 3);
            blocks[SIZE * (i + 2)] = (short) ((a0 - a1) >> 3);
            blocks[SIZE * (i + 3)] = (short) ((a3 - a2) >> 3);
        }
    }

    /**
     * Adds one block to its prediction and clears it.
     *
     * @param in     coefficients, 16 from {@code from} on; zeros afterwards
     * @param kind   {@link Residuals#DC} or {@link Residuals#FULL}
     * @param pixels of which 4x4 from {@code at} on are changed
     */
    void add(short[] in, int from, byte kind, byte[] pixels, int at, int stride) {
        if (kind == Residuals.DC) {
            int dc = (in[from] + 4) >> 3;
            in[from] = 0;
            for (int y = 0, row = at; y < 4; y++, row += stride) {
                pixels[row] = clip((pixels[row] & 0xFF) + dc);
                pixels[row + 1] = clip((pixels[row + 1] & 0xFF) + dc);
                pixels[row + 2] = clip((pixels[row + 2] & 0xFF) + dc);
                pixels[row + 3] = clip((pixels[row + 3] & 0xFF) + dc);
            }
            return;
        }
        for (int i = 0; i < 4; i++) {
            int at0 = from + i;
            int a = in[at0] + in[at0 + 8];
            int b = in[at0] - in[at0 + 8];
            int c = sine(in[at0 + 4]) - cosine(in[at0 + 12]);
            int d = cosine(in[at0 + 4]) + sine(in[at0 + 12]);
            rows[4 * i] = (short) (a + d);
            rows[4 * i + 1] = (short) (b + c);
            rows[4 * i + 2] = (short) (b - c);
            rows[4 * i + 3] = (short) (a - d);
        }
        for (int i = from; i < from + SIZE; i++) {
            in[i] = 0;
        }
        for (int i = 0, row = at; i < 4; i++, row += stride) {
            int dc = rows[i] + 4;
            int a = dc + rows[8 + i];
            int b = dc - rows[8 + i];
            int c = sine(rows[4 + i]) - cosine(rows[12 + i]);
            int d = cosine(rows[4 + i]) + sine(rows[12 + i]);
            pixels[row] = clip((pixels[row] & 0xFF) + ((short) (a + d) >> 3));
            pixels[row + 1] = clip((pixels[row + 1] & 0xFF) + ((short) (b + c) >> 3));
            pixels[row + 2] = clip((pixels[row + 2] & 0xFF) + ((short) (b - c) >> 3));
            pixels[row + 3] = clip((pixels[row + 3] & 0xFF) + ((short) (a - d) >> 3));
        }
    }

    /** Times the square root of 2 times the cosine of pi / 8, in 16 fractional bits. */
    private static int cosine(int value) {
        return ((value * 20091) >> 16) + value;
    }

    /** Times the square root of 2 times the sine of pi / 8. */
    private static int sine(int value) {
        return (value * 35468) >> 16;
    }

    /** Into 0 to 255. */
    static byte clip(int value) {
        return (byte) ((value & ~0xFF) == 0 ? value : value < 0 ? 0 : 255);
    }
}
