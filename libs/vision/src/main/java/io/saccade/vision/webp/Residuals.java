package io.saccade.vision.webp;

import java.util.Arrays;

/**
 * The coefficients of one macroblock at a time (RFC 6386, sections 13 and 14.1 to 14.3), dequantised, with the first
 * coefficients of 16x16 luma already back in their blocks. For one picture and one thread.
 */
final class Residuals {
    static final int BLOCKS = 24;
    static final int FIRST_U = 16;
    static final int FIRST_V = 20;
    static final int SIZE = 16;

    /** What a block holds: nothing, its first coefficient only, or more. */
    static final byte NONE = 0;

    static final byte DC = 1;
    static final byte FULL = 2;

    private static final int AFTER_SECOND = 0;
    private static final int SECOND = Vp8Tables.KIND;
    private static final int CHROMA = 2 * Vp8Tables.KIND;
    private static final int WITH_DC = 3 * Vp8Tables.KIND;

    private static final int[] CATEGORY_3 = {173, 148, 140};
    private static final int[] CATEGORY_4 = {176, 155, 140, 135};
    private static final int[] CATEGORY_5 = {180, 157, 141, 134, 130};
    private static final int[] CATEGORY_6 = {254, 254, 243, 230, 196, 177, 153, 140, 133, 130, 129};
    private static final int[][] CATEGORIES = {CATEGORY_3, CATEGORY_4, CATEGORY_5, CATEGORY_6};

    /** Columns of a macroblock in the contexts: four of luma, two of each chroma, one of second luma. */
    private static final int CONTEXTS = 9;

    private static final int U_CONTEXT = 4;
    private static final int V_CONTEXT = 6;
    private static final int SECOND_CONTEXT = 8;

    private final int[] probabilities;
    private final Transform transform;

    /** 1 where the last block above or to the left had coefficients, for each of the {@value #CONTEXTS} columns or rows. */
    private final byte[] above;

    private final byte[] left = new byte[CONTEXTS];
    private final short[] coefficients = new short[BLOCKS * SIZE];
    private final short[] second = new short[SIZE];
    private final byte[] kinds = new byte[BLOCKS];

    Residuals(int[] probabilities, int columns, Transform transform) {
        this.probabilities = probabilities;
        this.transform = transform;
        this.above = new byte[columns * CONTEXTS];
    }

    /** {@code [block][16]}, row-major; whoever uses a block leaves zeros. */
    short[] coefficients() {
        return coefficients;
    }

    /** One of {@link #NONE}, {@link #DC} and {@link #FULL}: 16 luma blocks, 4 of U, 4 of V. */
    byte kind(int block) {
        return kinds[block];
    }

    void startRow() {
        Arrays.fill(left, (byte) 0);
    }

    /** A macroblock without coefficients. */
    void skip(int column, boolean blocks) {
        int cleared = blocks ? SECOND_CONTEXT : CONTEXTS;
        Arrays.fill(above, column * CONTEXTS, column * CONTEXTS + cleared, (byte) 0);
        Arrays.fill(left, 0, cleared, (byte) 0);
        Arrays.fill(kinds, NONE);
    }

    /** Reads a macroblock, and says whether there is anything in it. */
    boolean read(BoolDecoder in, int column, boolean blocks, FrameHeader.Steps steps) {
        int base = column * CONTEXTS;
        boolean any = false;
        int first = 0;
        int kind = WITH_DC;
        if (!blocks) {
            int context = above[base + SECOND_CONTEXT] + left[SECOND_CONTEXT];
            int end = block(in, SECOND, context, steps.secondDc(), steps.secondAc(), 0, second, 0);
            byte here = (byte) (end > 0 ? 1 : 0);
            above[base + SECOND_CONTEXT] = here;
            left[SECOND_CONTEXT] = here;
            transform.inverseWalshHadamard(second, coefficients);
            Arrays.fill(second, (short) 0);
            first = 1;
            kind = AFTER_SECOND;
        }
        for (int y = 0; y < 4; y++) {
            for (int x = 0; x < 4; x++) {
                any |= block(in, kind, base + x, y, steps.lumaDc(), steps.lumaAc(), first, 4 * y + x);
            }
        }
        for (int chroma = 0; chroma < 2; chroma++) {
            int context = chroma == 0 ? U_CONTEXT : V_CONTEXT;
            for (int i = 0; i < 4; i++) {
                int x = base + context + (i & 1);
                int y = context + (i >> 1);
                any |= block(in, CHROMA, x, y, steps.chromaDc(), steps.chromaAc(), 0, FIRST_U + 4 * chroma + i);
            }
        }
        return any;
    }

    private boolean block(BoolDecoder in, int kind, int x, int y, int dc, int ac, int first, int block) {
        int end = block(in, kind, above[x] + left[y], dc, ac, first, coefficients, block * SIZE);
        byte here = (byte) (end > first ? 1 : 0);
        above[x] = here;
        left[y] = here;
        // Zeros may be written out: a block that says it has more counts as one that has.
        byte holds = end > 1 ? FULL : coefficients[block * SIZE] != 0 ? DC : NONE;
        kinds[block] = holds;
        return holds != NONE;
    }

    /** Reads the tokens of one block (section 13.2) and returns the place behind the last one. */
    private int block(BoolDecoder in, int kind, int context, int dc, int ac, int first, short[] to, int at) {
        int[] p = probabilities;
        int i = first;
        int node = kind + Vp8Tables.band(i) + context * Vp8Tables.NODES;
        while (i < SIZE) {
            if (in.bit(p[node]) == 0) {
                return i;
            }
            while (in.bit(p[node + 1]) == 0) {
                if (++i == SIZE) {
                    return SIZE;
                }
                node = kind + Vp8Tables.band(i);
            }
            int value = 1;
            int next = kind + Vp8Tables.band(i + 1);
            if (in.bit(p[node + 2]) == 0) {
                next += Vp8Tables.NODES;
            } else {
                value = large(in, node);
                next += 2 * Vp8Tables.NODES;
            }
            // Only damaged data exceeds 16 bits; it wraps around as in the reference.
            to[at + Vp8Tables.place(i)] = (short) ((in.flag() ? -value : value) * (i == 0 ? dc : ac));
            node = next;
            i++;
        }
        return SIZE;
    }

    /** A value of 2 or more. */
    private int large(BoolDecoder in, int node) {
        int[] p = probabilities;
        if (in.bit(p[node + 3]) == 0) {
            return in.bit(p[node + 4]) == 0 ? 2 : 3 + in.bit(p[node + 5]);
        }
        if (in.bit(p[node + 6]) == 0) {
            if (in.bit(p[node + 7]) == 0) {
                return 5 + in.bit(159);
            }
            int high = 2 * in.bit(165);
            return 7 + high + in.bit(145);
        }
        int high = in.bit(p[node + 8]);
        int category = 2 * high + in.bit(p[node + 9 + high]);
        int extra = 0;
        for (int probability : CATEGORIES[category]) {
            extra = 2 * extra + in.bit(probability);
        }
        return 3 + (8 << category) + extra;
    }
}
