package io.saccade.vision;

import static jdk.incubator.vector.VectorOperators.ASHR;
import static jdk.incubator.vector.VectorOperators.LSHL;
import static jdk.incubator.vector.VectorOperators.ZERO_EXTEND_B2I;
import static jdk.incubator.vector.VectorOperators.ZERO_EXTEND_S2I;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Optional;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;

/**
 * {@link Blocks} on the lanes of the processor, by the JDK's Vector API. The integers are those of {@link PlainBlocks}.
 *
 * <p>What repeats here is written out: a method of ours that is called in the middle of this is not always inlined, and each
 * vector that crosses such a call becomes an object.
 */
final class VectorBlocks extends Blocks {
    private static final int LEAST_LANES = 8;

    private static final VectorSpecies<Integer> INTS = IntVector.SPECIES_PREFERRED;
    private static final int LANES = INTS.length();
    private static final VectorSpecies<Byte> BYTES =
            VectorSpecies.of(byte.class, VectorShape.forBitSize(Math.max(64, LANES * Byte.SIZE)));
    /** Two bytes a lane. */
    private static final VectorSpecies<Byte> PAIRS =
            VectorSpecies.of(byte.class, VectorShape.forBitSize(Math.max(64, LANES * Short.SIZE)));

    private static final VarHandle INT = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN)
            .withInvokeExactBehavior();

    private final int[] between = new int[64 * LANES];
    private final int[] low = new int[8 * LANES];
    private final int[] high = new int[8 * LANES];

    private VectorBlocks() {}

    static Optional<Blocks> ifWideEnough() {
        return LANES >= LEAST_LANES ? Optional.of(new VectorBlocks()) : Optional.empty();
    }

    @Override
    int lanes() {
        return LANES;
    }

    @Override
    void samples(int[] coefficients, int at, byte[] plane, int to, int stride) {
        columns(coefficients, at, between);
        rows(between, low, high);
        for (int row = 0; row < 8; row++) {
            put(low, high, row * LANES, plane, to + row * stride);
        }
    }

    private static void put(int[] low, int[] high, int from, byte[] plane, int to) {
        for (int lane = 0; lane < LANES; lane++) {
            INT.set(plane, to + 8 * lane, low[from + lane]);
            INT.set(plane, to + 8 * lane + 4, high[from + lane]);
        }
    }

    private static void columns(int[] in, int at, int[] out) {
        for (int column = 0; column < 8; column++) {
            int from = at + column * LANES;
            IntVector c0 = IntVector.fromArray(INTS, in, from);
            IntVector c1 = IntVector.fromArray(INTS, in, from + 8 * LANES);
            IntVector c2 = IntVector.fromArray(INTS, in, from + 16 * LANES);
            IntVector c3 = IntVector.fromArray(INTS, in, from + 24 * LANES);
            IntVector c4 = IntVector.fromArray(INTS, in, from + 32 * LANES);
            IntVector c5 = IntVector.fromArray(INTS, in, from + 40 * LANES);
            IntVector c6 = IntVector.fromArray(INTS, in, from + 48 * LANES);
            IntVector c7 = IntVector.fromArray(INTS, in, from + 56 * LANES);
            IntVector both = c2.add(c6).mul(F_0_541);
            IntVector even2 = both.sub(c6.mul(F_1_847));
            IntVector even3 = both.add(c2.mul(F_0_765));
            IntVector even0 = c0.add(c4).lanewise(LSHL, BITS).add(1 << FIRST_SHIFT - 1);
            IntVector even1 = c0.sub(c4).lanewise(LSHL, BITS).add(1 << FIRST_SHIFT - 1);
            IntVector e0 = even0.add(even3);
            IntVector e3 = even0.sub(even3);
            IntVector e1 = even1.add(even2);
            IntVector e2 = even1.sub(even2);
            IntVector a = c7.add(c3);
            IntVector b = c5.add(c1);
            IntVector z5 = a.add(b).mul(F_1_175);
            IntVector z1 = c7.add(c1).mul(-F_0_899);
            IntVector z2 = c5.add(c3).mul(-F_2_562);
            IntVector z3 = a.mul(-F_1_961).add(z5);
            IntVector z4 = b.mul(-F_0_390).add(z5);
            IntVector o0 = c7.mul(F_0_298).add(z1).add(z3);
            IntVector o1 = c5.mul(F_2_053).add(z2).add(z4);
            IntVector o2 = c3.mul(F_3_072).add(z2).add(z3);
            IntVector o3 = c1.mul(F_1_501).add(z1).add(z4);
            int to = column * LANES;
            e0.add(o3).lanewise(ASHR, FIRST_SHIFT).intoArray(out, to);
            e1.add(o2).lanewise(ASHR, FIRST_SHIFT).intoArray(out, to + 8 * LANES);
            e2.add(o1).lanewise(ASHR, FIRST_SHIFT).intoArray(out, to + 16 * LANES);
            e3.add(o0).lanewise(ASHR, FIRST_SHIFT).intoArray(out, to + 24 * LANES);
            e3.sub(o0).lanewise(ASHR, FIRST_SHIFT).intoArray(out, to + 32 * LANES);
            e2.sub(o1).lanewise(ASHR, FIRST_SHIFT).intoArray(out, to + 40 * LANES);
            e1.sub(o2).lanewise(ASHR, FIRST_SHIFT).intoArray(out, to + 48 * LANES);
            e0.sub(o3).lanewise(ASHR, FIRST_SHIFT).intoArray(out, to + 56 * LANES);
        }
    }

    private static void rows(int[] in, int[] low, int[] high) {
        int start = (1 << SECOND_SHIFT - 1) + (128 << SECOND_SHIFT);
        for (int row = 0; row < 8; row++) {
            int from = row * 8 * LANES;
            IntVector c0 = IntVector.fromArray(INTS, in, from);
            IntVector c1 = IntVector.fromArray(INTS, in, from + LANES);
            IntVector c2 = IntVector.fromArray(INTS, in, from + 2 * LANES);
            IntVector c3 = IntVector.fromArray(INTS, in, from + 3 * LANES);
            IntVector c4 = IntVector.fromArray(INTS, in, from + 4 * LANES);
            IntVector c5 = IntVector.fromArray(INTS, in, from + 5 * LANES);
            IntVector c6 = IntVector.fromArray(INTS, in, from + 6 * LANES);
            IntVector c7 = IntVector.fromArray(INTS, in, from + 7 * LANES);
            IntVector both = c2.add(c6).mul(F_0_541);
            IntVector even2 = both.sub(c6.mul(F_1_847));
            IntVector even3 = both.add(c2.mul(F_0_765));
            IntVector even0 = c0.add(c4).lanewise(LSHL, BITS).add(start);
            IntVector even1 = c0.sub(c4).lanewise(LSHL, BITS).add(start);
            IntVector e0 = even0.add(even3);
            IntVector e3 = even0.sub(even3);
            IntVector e1 = even1.add(even2);
            IntVector e2 = even1.sub(even2);
            IntVector a = c7.add(c3);
            IntVector b = c5.add(c1);
            IntVector z5 = a.add(b).mul(F_1_175);
            IntVector z1 = c7.add(c1).mul(-F_0_899);
            IntVector z2 = c5.add(c3).mul(-F_2_562);
            IntVector z3 = a.mul(-F_1_961).add(z5);
            IntVector z4 = b.mul(-F_0_390).add(z5);
            IntVector o0 = c7.mul(F_0_298).add(z1).add(z3);
            IntVector o1 = c5.mul(F_2_053).add(z2).add(z4);
            IntVector o2 = c3.mul(F_3_072).add(z2).add(z3);
            IntVector o3 = c1.mul(F_1_501).add(z1).add(z4);
            e0.add(o3)
                    .lanewise(ASHR, SECOND_SHIFT)
                    .max(0)
                    .min(255)
                    .or(e1.add(o2).lanewise(ASHR, SECOND_SHIFT).max(0).min(255).lanewise(LSHL, 8))
                    .or(e2.add(o1).lanewise(ASHR, SECOND_SHIFT).max(0).min(255).lanewise(LSHL, 16))
                    .or(e3.add(o0).lanewise(ASHR, SECOND_SHIFT).max(0).min(255).lanewise(LSHL, 24))
                    .intoArray(low, row * LANES);
            e3.sub(o0)
                    .lanewise(ASHR, SECOND_SHIFT)
                    .max(0)
                    .min(255)
                    .or(e2.sub(o1).lanewise(ASHR, SECOND_SHIFT).max(0).min(255).lanewise(LSHL, 8))
                    .or(e1.sub(o2).lanewise(ASHR, SECOND_SHIFT).max(0).min(255).lanewise(LSHL, 16))
                    .or(e0.sub(o3).lanewise(ASHR, SECOND_SHIFT).max(0).min(255).lanewise(LSHL, 24))
                    .intoArray(high, row * LANES);
        }
    }

    @Override
    void mix(byte[] plane, int a, int near, int b, int count, int[] out) {
        for (int i = 0; i < count; i += LANES) {
            load(plane, a + i).mul(near).add(load(plane, b + i)).intoArray(out, 1 + i);
        }
        out[0] = out[1];
        out[count + 1] = out[count];
    }

    private static IntVector load(byte[] in, int from) {
        return (IntVector) ByteVector.fromArray(BYTES, in, from).convertShape(ZERO_EXTEND_B2I, INTS, 0);
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
        half(plane, luma, 0, cb, cr, 0, count, even, shift, evens);
        half(plane, luma, 8, cb, cr, 2, count, odd, shift, odds);
    }

    /** Pixels 0, 2, ... or 1, 3, ...: which byte of a pair of luma, and which neighbour of a chroma sample. */
    private static void half(
            byte[] plane, int luma, int which, int[] cb, int[] cr, int near, int count, int add, int shift, int[] out) {
        for (int i = 0; i < count; i += LANES) {
            IntVector y = ((IntVector) ByteVector.fromArray(PAIRS, plane, luma + 2 * i)
                            .reinterpretAsShorts()
                            .convertShape(ZERO_EXTEND_S2I, INTS, 0))
                    .lanewise(ASHR, which)
                    .and(0xFF);
            IntVector b = IntVector.fromArray(INTS, cb, i + 1)
                    .mul(3)
                    .add(IntVector.fromArray(INTS, cb, i + near))
                    .add(add)
                    .lanewise(ASHR, shift);
            IntVector r = IntVector.fromArray(INTS, cr, i + 1)
                    .mul(3)
                    .add(IntVector.fromArray(INTS, cr, i + near))
                    .add(add)
                    .lanewise(ASHR, shift);
            y.add(r.mul(RED_CR).add(RED_START).lanewise(ASHR, 16))
                    .max(0)
                    .min(255)
                    .or(y.add(b.mul(-GREEN_CB)
                                    .add(r.mul(-GREEN_CR))
                                    .add(GREEN_START)
                                    .lanewise(ASHR, 16))
                            .max(0)
                            .min(255)
                            .lanewise(LSHL, 8))
                    .or(y.add(b.mul(BLUE_CB).add(BLUE_START).lanewise(ASHR, 16))
                            .max(0)
                            .min(255)
                            .lanewise(LSHL, 16))
                    .intoArray(out, i);
        }
    }

    @Override
    void single(byte[] plane, int luma, int[] cb, int[] cr, int count, int bias, int shift, int[] pixels) {
        for (int i = 0; i < count; i += LANES) {
            IntVector y = load(plane, luma + i);
            IntVector b = IntVector.fromArray(INTS, cb, i + 1).add(bias).lanewise(ASHR, shift);
            IntVector r = IntVector.fromArray(INTS, cr, i + 1).add(bias).lanewise(ASHR, shift);
            y.add(r.mul(RED_CR).add(RED_START).lanewise(ASHR, 16))
                    .max(0)
                    .min(255)
                    .or(y.add(b.mul(-GREEN_CB)
                                    .add(r.mul(-GREEN_CR))
                                    .add(GREEN_START)
                                    .lanewise(ASHR, 16))
                            .max(0)
                            .min(255)
                            .lanewise(LSHL, 8))
                    .or(y.add(b.mul(BLUE_CB).add(BLUE_START).lanewise(ASHR, 16))
                            .max(0)
                            .min(255)
                            .lanewise(LSHL, 16))
                    .intoArray(pixels, i);
        }
    }
}
