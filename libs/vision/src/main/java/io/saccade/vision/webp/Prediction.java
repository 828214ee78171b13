package io.saccade.vision.webp;

import java.util.Arrays;

/**
 * Intra prediction (RFC 6386, section 12) of one macroblock at a time in a small frame that also holds the pixels around it,
 * as they were before the loop filter. Outside the picture lie 127 above and 129 to the left; to the right of the last
 * column the last pixel above is repeated, as libwebp does. For one picture and one thread.
 *
 * <p>In the names of the 4x4 modes' pixels, a to h lie above from left to right, i to l to the left from top to bottom, and x
 * in the corner.
 */
final class Prediction {
    static final int DC = 0;
    static final int TRUE_MOTION = 1;
    static final int VERTICAL = 2;
    static final int HORIZONTAL = 3;
    static final int RIGHT_DOWN = 4;
    static final int VERTICAL_RIGHT = 5;
    static final int LEFT_DOWN = 6;
    static final int VERTICAL_LEFT = 7;
    static final int HORIZONTAL_DOWN = 8;
    static final int HORIZONTAL_UP = 9;

    /** Bytes from one row of the frame to the next. */
    static final int STRIDE = 32;

    /** Where luma begins in the frame: 16x16, with one row above, one column to the left, and 4 more pixels above right. */
    static final int Y = STRIDE + 8;

    /** Where the 8x8 of U begin. */
    static final int U = Y + 17 * STRIDE;

    /** Where the 8x8 of V begin. */
    static final int V = U + 16;

    private static final int LUMA = 16;
    private static final int CHROMA = 8;
    private static final byte ABOVE_PICTURE = 127;
    private static final byte BESIDE_PICTURE = (byte) 129;

    private final int columns;
    private final byte[] frame = new byte[V + CHROMA * STRIDE];
    private final byte[] lumaAbove;
    private final byte[] uAbove;
    private final byte[] vAbove;
    private int row = -1;

    Prediction(int columns) {
        this.columns = columns;
        this.lumaAbove = new byte[columns * LUMA];
        this.uAbove = new byte[columns * CHROMA];
        this.vAbove = new byte[columns * CHROMA];
    }

    /** The pixels of the macroblock, for adding what the prediction lacks. */
    byte[] frame() {
        return frame;
    }

    /** Goes to the next row of macroblocks. */
    void startRow() {
        row++;
        besidePicture(Y, LUMA);
        besidePicture(U, CHROMA);
        besidePicture(V, CHROMA);
        if (row == 0) {
            abovePicture(Y, LUMA + 4);
            abovePicture(U, CHROMA);
            abovePicture(V, CHROMA);
        }
    }

    private void besidePicture(int at, int size) {
        for (int y = row == 0 ? 0 : -1; y < size; y++) {
            frame[at + y * STRIDE - 1] = BESIDE_PICTURE;
        }
    }

    private void abovePicture(int at, int size) {
        Arrays.fill(frame, at - STRIDE - 1, at - STRIDE + size, ABOVE_PICTURE);
    }

    /** Brings what lies around a macroblock into the frame; columns come in their order. */
    void start(int column) {
        if (column > 0) {
            moveLeft(Y, LUMA);
            moveLeft(U, CHROMA);
            moveLeft(V, CHROMA);
        }
        if (row > 0) {
            System.arraycopy(lumaAbove, column * LUMA, frame, Y - STRIDE, LUMA);
            System.arraycopy(uAbove, column * CHROMA, frame, U - STRIDE, CHROMA);
            System.arraycopy(vAbove, column * CHROMA, frame, V - STRIDE, CHROMA);
        }
    }

    private void moveLeft(int at, int size) {
        for (int y = -1; y < size; y++) {
            frame[at + y * STRIDE - 1] = frame[at + y * STRIDE + size - 1];
        }
    }

    /** Needed before the first 4x4 block: the four pixels above right serve the right blocks of all four rows. */
    void startBlocks(int column) {
        int corner = Y - STRIDE + LUMA;
        if (row > 0) {
            if (column == columns - 1) {
                Arrays.fill(frame, corner, corner + 4, lumaAbove[column * LUMA + LUMA - 1]);
            } else {
                System.arraycopy(lumaAbove, (column + 1) * LUMA, frame, corner, 4);
            }
        }
        for (int y = 4; y < LUMA; y += 4) {
            System.arraycopy(frame, corner, frame, corner + y * STRIDE, 4);
        }
    }

    /** Keeps the lowest pixels for the row below and hands the macroblock over. */
    void finish(int column, Window window) {
        System.arraycopy(frame, Y + 15 * STRIDE, lumaAbove, column * LUMA, LUMA);
        System.arraycopy(frame, U + 7 * STRIDE, uAbove, column * CHROMA, CHROMA);
        System.arraycopy(frame, V + 7 * STRIDE, vAbove, column * CHROMA, CHROMA);
        window.put(column, frame, Y, U, V, STRIDE);
    }

    void luma(int mode, int column) {
        square(mode, column, Y, LUMA);
    }

    void chroma(int mode, int column) {
        square(mode, column, U, CHROMA);
        square(mode, column, V, CHROMA);
    }

    /** Section 12.2 and 12.3: 16x16 and 8x8. */
    private void square(int mode, int column, int at, int size) {
        switch (mode) {
            case DC -> fill(at, size, average(column, at, size));
            case TRUE_MOTION -> trueMotion(at, size);
            case VERTICAL -> {
                for (int y = 0; y < size; y++) {
                    System.arraycopy(frame, at - STRIDE, frame, at + y * STRIDE, size);
                }
            }
            default -> {
                for (int y = 0; y < size; y++) {
                    int from = at + y * STRIDE;
                    Arrays.fill(frame, from, from + size, frame[from - 1]);
                }
            }
        }
    }

    /** Of the pixels above and to the left, as far as they lie in the picture. */
    private byte average(int column, int at, int size) {
        int sum = 0;
        int shift = size == LUMA ? 3 : 2;
        if (row > 0) {
            for (int x = 0; x < size; x++) {
                sum += frame[at - STRIDE + x] & 0xFF;
            }
            shift++;
        }
        if (column > 0) {
            for (int y = 0; y < size; y++) {
                sum += frame[at + y * STRIDE - 1] & 0xFF;
            }
            shift++;
        }
        if (row == 0 && column == 0) {
            return (byte) 128;
        }
        return (byte) ((sum + (1 << shift >> 1)) >> shift);
    }

    private void fill(int at, int size, byte value) {
        for (int y = 0, from = at; y < size; y++, from += STRIDE) {
            Arrays.fill(frame, from, from + size, value);
        }
    }

    private void trueMotion(int at, int size) {
        int corner = frame[at - STRIDE - 1] & 0xFF;
        for (int y = 0, from = at; y < size; y++, from += STRIDE) {
            int slope = (frame[from - 1] & 0xFF) - corner;
            for (int x = 0; x < size; x++) {
                frame[from + x] = Transform.clip((frame[at - STRIDE + x] & 0xFF) + slope);
            }
        }
    }

    /** Section 12.3: one of ten ways for a 4x4 block of luma, which begins at {@code at} in the frame. */
    void block(int mode, int at) {
        switch (mode) {
            case DC -> {
                int sum = 4;
                for (int n = 0; n < 4; n++) {
                    sum += above(at, n) + left(at, n);
                }
                fill(at, 4, (byte) (sum >> 3));
            }
            case TRUE_MOTION -> trueMotion(at, 4);
            case VERTICAL -> vertical(at);
            case HORIZONTAL -> horizontal(at);
            case RIGHT_DOWN -> rightDown(at);
            case VERTICAL_RIGHT -> verticalRight(at);
            case LEFT_DOWN -> leftDown(at);
            case VERTICAL_LEFT -> verticalLeft(at);
            case HORIZONTAL_DOWN -> horizontalDown(at);
            default -> horizontalUp(at);
        }
    }

    private int above(int at, int n) {
        return frame[at - STRIDE + n] & 0xFF;
    }

    private int left(int at, int n) {
        return frame[at + n * STRIDE - 1] & 0xFF;
    }

    private void set(int at, int x, int y, int value) {
        frame[at + y * STRIDE + x] = (byte) value;
    }

    private static int mean(int a, int b) {
        return (a + b + 1) >> 1;
    }

    private static int mean(int a, int b, int c) {
        return (a + 2 * b + c + 2) >> 2;
    }

    private void vertical(int at) {
        for (int n = 0; n < 4; n++) {
            int value = mean(above(at, n - 1), above(at, n), above(at, n + 1));
            for (int y = 0; y < 4; y++) {
                set(at, n, y, value);
            }
        }
    }

    private void horizontal(int at) {
        for (int n = 0; n < 4; n++) {
            int value = mean(n == 0 ? above(at, -1) : left(at, n - 1), left(at, n), left(at, Math.min(n + 1, 3)));
            fillRow(at, n, value);
        }
    }

    private void fillRow(int at, int y, int value) {
        for (int n = 0; n < 4; n++) {
            set(at, n, y, value);
        }
    }

    /** The nine pixels from below left over the corner to above right, 0 to 8: l, k, j, i, x, a, b, c, d. */
    private int around(int at, int n) {
        return n < 4 ? left(at, 3 - n) : above(at, n - 5);
    }

    private void rightDown(int at) {
        for (int n = 0; n < 7; n++) {
            int value = mean(around(at, n), around(at, n + 1), around(at, n + 2));
            for (int y = Math.max(0, 3 - n); y < 4 && n - 3 + y < 4; y++) {
                set(at, n - 3 + y, y, value);
            }
        }
    }

    private void leftDown(int at) {
        for (int n = 0; n < 7; n++) {
            int value = mean(above(at, n), above(at, n + 1), above(at, Math.min(n + 2, 7)));
            for (int y = Math.max(0, n - 3); y <= Math.min(n, 3); y++) {
                set(at, n - y, y, value);
            }
        }
    }

    private void verticalRight(int at) {
        int i = left(at, 0);
        int j = left(at, 1);
        int k = left(at, 2);
        int x = above(at, -1);
        int a = above(at, 0);
        int b = above(at, 1);
        int c = above(at, 2);
        int d = above(at, 3);
        twice(at, 0, 0, 1, 2, mean(x, a));
        twice(at, 1, 0, 2, 2, mean(a, b));
        twice(at, 2, 0, 3, 2, mean(b, c));
        set(at, 3, 0, mean(c, d));
        set(at, 0, 3, mean(k, j, i));
        set(at, 0, 2, mean(j, i, x));
        twice(at, 0, 1, 1, 3, mean(i, x, a));
        twice(at, 1, 1, 2, 3, mean(x, a, b));
        twice(at, 2, 1, 3, 3, mean(a, b, c));
        set(at, 3, 1, mean(b, c, d));
    }

    private void twice(int at, int x, int y, int otherX, int otherY, int value) {
        set(at, x, y, value);
        set(at, otherX, otherY, value);
    }

    private void verticalLeft(int at) {
        int a = above(at, 0);
        int b = above(at, 1);
        int c = above(at, 2);
        int d = above(at, 3);
        int e = above(at, 4);
        int f = above(at, 5);
        int g = above(at, 6);
        int h = above(at, 7);
        set(at, 0, 0, mean(a, b));
        twice(at, 1, 0, 0, 2, mean(b, c));
        twice(at, 2, 0, 1, 2, mean(c, d));
        twice(at, 3, 0, 2, 2, mean(d, e));
        set(at, 0, 1, mean(a, b, c));
        twice(at, 1, 1, 0, 3, mean(b, c, d));
        twice(at, 2, 1, 1, 3, mean(c, d, e));
        twice(at, 3, 1, 2, 3, mean(d, e, f));
        // The last two break the pattern; every decoder does it so.
        set(at, 3, 2, mean(e, f, g));
        set(at, 3, 3, mean(f, g, h));
    }

    private void horizontalDown(int at) {
        int i = left(at, 0);
        int j = left(at, 1);
        int k = left(at, 2);
        int l = left(at, 3);
        int x = above(at, -1);
        int a = above(at, 0);
        int b = above(at, 1);
        int c = above(at, 2);
        twice(at, 0, 0, 2, 1, mean(i, x));
        twice(at, 0, 1, 2, 2, mean(j, i));
        twice(at, 0, 2, 2, 3, mean(k, j));
        set(at, 0, 3, mean(l, k));
        set(at, 3, 0, mean(a, b, c));
        set(at, 2, 0, mean(x, a, b));
        twice(at, 1, 0, 3, 1, mean(i, x, a));
        twice(at, 1, 1, 3, 2, mean(j, i, x));
        twice(at, 1, 2, 3, 3, mean(k, j, i));
        set(at, 1, 3, mean(l, k, j));
    }

    private void horizontalUp(int at) {
        int i = left(at, 0);
        int j = left(at, 1);
        int k = left(at, 2);
        int l = left(at, 3);
        set(at, 0, 0, mean(i, j));
        twice(at, 2, 0, 0, 1, mean(j, k));
        twice(at, 2, 1, 0, 2, mean(k, l));
        set(at, 1, 0, mean(i, j, k));
        twice(at, 3, 0, 1, 1, mean(j, k, l));
        twice(at, 3, 1, 1, 2, mean(k, l, l));
        twice(at, 2, 2, 3, 2, l);
        fillRow(at, 3, l);
    }
}
