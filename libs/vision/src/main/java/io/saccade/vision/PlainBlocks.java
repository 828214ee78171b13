package io.saccade.vision;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/** {@link Blocks} without the Vector API. */
final class PlainBlocks extends Blocks {
    private static final int LANES = 8;
    private static final VarHandle INT = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN)
            .withInvokeExactBehavior();

    private final int[] between = new int[64];

    @Override
    int lanes() {
        return LANES;
    }

    @Override
    void samples(int[] coefficients, int at, byte[] plane, int to, int stride) {
        for (int lane = 0; lane < LANES; lane++) {
            block(coefficients, at + lane, plane, to + 8 * lane, stride);
        }
    }

    private void block(int[] in, int at, byte[] plane, int to, int stride) {
        int[] work = between;
        for (int column = 0; column < 8; column++) {
            int from = at + column * LANES;
            int c1 = in[from + 8 * LANES];
            int c2 = in[from + 16 * LANES];
            int c3 = in[from + 24 * LANES];
            int c4 = in[from + 32 * LANES];
            int c5 = in[from + 40 * LANES];
            int c6 = in[from + 48 * LANES];
            int c7 = in[from + 56 * LANES];
            if ((c1 | c2 | c3 | c4 | c5 | c6 | c7) == 0) {
                int flat = in[from] << 2;
                for (int row = 0; row < 64; row += 8) {
                    work[row + column] = flat;
                }
                continue;
            }
            line(in[from], c1, c2, c3, c4, c5, c6, c7, 1 << FIRST_SHIFT - 1, FIRST_SHIFT, work, column, 8);
        }
        int start = (1 << SECOND_SHIFT - 1) + (128 << SECOND_SHIFT);
        for (int row = 0; row < 8; row++) {
            int from = row * 8;
            line(
                    work[from],
                    work[from + 1],
                    work[from + 2],
                    work[from + 3],
                    work[from + 4],
                    work[from + 5],
                    work[from + 6],
                    work[from + 7],
                    start,
                    SECOND_SHIFT,
                    work,
                    from,
                    1);
            int low = clip(work[from])
                    | clip(work[from + 1]) << 8
                    | clip(work[from + 2]) << 16
                    | clip(work[from + 3]) << 24;
            int high = clip(work[from + 4])
                    | clip(work[from + 5]) << 8
                    | clip(work[from + 6]) << 16
                    | clip(work[from + 7]) << 24;
            INT.set(plane, to + row * stride, low);
            INT.set(plane, to + row * stride + 4, high);
        }
    }

    private static void line(
            int c0,
            int c1,
            int c2,
            int c3,
            int c4,
            int c5,
            int c6,
            int c7,
            int start,
            int shift,
            int[] out,
            int to,
            int step) {
        int both = (c2 + c6) * F_0_541;
        int even2 = both - c6 * F_1_847;
        int even3 = both + c2 * F_0_765;
        int even0 = (c0 + c4 << BITS) + start;
        int even1 = (c0 - c4 << BITS) + start;
        int e0 = even0 + even3;
        int e3 = even0 - even3;
        int e1 = even1 + even2;
        int e2 = even1 - even2;
        int z5 = (c7 + c3 + c5 + c1) * F_1_175;
        int z1 = (c7 + c1) * -F_0_899;
        int z2 = (c5 + c3) * -F_2_562;
        int z3 = (c7 + c3) * -F_1_961 + z5;
        int z4 = (c5 + c1) * -F_0_390 + z5;
        int o0 = c7 * F_0_298 + z1 + z3;
        int o1 = c5 * F_2_053 + z2 + z4;
        int o2 = c3 * F_3_072 + z2 + z3;
        int o3 = c1 * F_1_501 + z1 + z4;
        out[to] = e0 + o3 >> shift;
        out[to + step] = e1 + o2 >> shift;
        out[to + 2 * step] = e2 + o1 >> shift;
        out[to + 3 * step] = e3 + o0 >> shift;
        out[to + 4 * step] = e3 - o0 >> shift;
        out[to + 5 * step] = e2 - o1 >> shift;
        out[to + 6 * step] = e1 - o2 >> shift;
        out[to + 7 * step] = e0 - o3 >> shift;
    }

    @Override
    void mix(byte[] plane, int a, int near, int b, int count, int[] out) {
        for (int i = 0; i < count; i++) {
            out[1 + i] = (plane[a + i] & 0xFF) * near + (plane[b + i] & 0xFF);
        }
        out[0] = out[1];
        out[count + 1] = out[count];
    }

    @Override
    void doubled(
            byte[] plane,
            int luma,
            int[] cb,
            int[] cr,
            int count,
            int even,
            int odd,
            int shift,
            int[] evens,
            int[] odds) {
        for (int i = 0; i < count; i++) {
            evens[i] = pixel(
                    plane[luma + 2 * i] & 0xFF,
                    3 * cb[i + 1] + cb[i] + even >> shift,
                    3 * cr[i + 1] + cr[i] + even >> shift);
            odds[i] = pixel(
                    plane[luma + 2 * i + 1] & 0xFF,
                    3 * cb[i + 1] + cb[i + 2] + odd >> shift,
                    3 * cr[i + 1] + cr[i + 2] + odd >> shift);
        }
    }

    @Override
    void single(byte[] plane, int luma, int[] cb, int[] cr, int count, int bias, int shift, int[] pixels) {
        for (int i = 0; i < count; i++) {
            pixels[i] = pixel(plane[luma + i] & 0xFF, cb[i + 1] + bias >> shift, cr[i + 1] + bias >> shift);
        }
    }

    private static int pixel(int y, int cb, int cr) {
        int red = clip(y + (RED_CR * cr + RED_START >> 16));
        int green = clip(y + (GREEN_START - GREEN_CB * cb - GREEN_CR * cr >> 16));
        int blue = clip(y + (BLUE_CB * cb + BLUE_START >> 16));
        return red | green << 8 | blue << 16;
    }

    private static int clip(int value) {
        return Math.max(0, Math.min(255, value));
    }
}
