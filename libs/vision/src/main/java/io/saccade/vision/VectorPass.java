package io.saccade.vision;

import java.util.Optional;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;

/**
 * The horizontal pass on the lanes of the processor, by the JDK's Vector API: as many rows at once as a register has lanes,
 * so that each lane sums up the output of its own row and no lane ever needs another. The integers are the same as without
 * it, and so is every bit.
 *
 * <p>{@link VectorSupport} says whether it pays; this class cannot even be loaded where the API is missing.
 */
final class VectorPass {
    /** Fewer lanes gain nothing over two rows in a {@code long}. */
    private static final int LEAST_LANES = 8;

    private static final VectorSpecies<Integer> INTS = IntVector.SPECIES_PREFERRED;
    private static final VectorSpecies<Byte> BYTES =
            VectorSpecies.of(byte.class, VectorShape.forBitSize(Math.max(64, INTS.length() * Byte.SIZE)));

    private final int lanes = INTS.length();
    private byte[] columns = new byte[0];
    private byte[] results = new byte[0];

    private VectorPass() {}

    /** A pass for one thread at a time, unless the processor's registers are too narrow for it. */
    static Optional<VectorPass> ifWideEnough() {
        return INTS.length() >= LEAST_LANES ? Optional.of(new VectorPass()) : Optional.empty();
    }

    /** Rows that are taken at once. */
    int rows() {
        return lanes;
    }

    /** Makes room for rows of so many samples. */
    void prepare(int samples) {
        if (columns.length < samples * lanes) {
            columns = new byte[samples * lanes];
        }
    }

    /** Puts two rows, {@code length} samples each, into the lanes {@code row} and {@code row + 1}. */
    void put(byte[] a, int fromA, byte[] b, int fromB, int row, int length) {
        byte[] to = columns;
        int step = lanes;
        for (int i = 0, at = row; i < length; i++, at += step) {
            to[at] = a[fromA + i];
            to[at + 1] = b[fromB + i];
        }
    }

    /**
     * The rows that were put, each made as wide as the kernel.
     *
     * @param base the source pixel the rows begin with
     */
    void run(Kernel kernel, int base, int bands) {
        int length = kernel.outputs() * bands * lanes;
        if (results.length < length) {
            results = new byte[length];
        }
        if (bands == 3) {
            three(columns, results, kernel, base);
        } else {
            any(columns, results, kernel, base, bands);
        }
    }

    private static void three(byte[] in, byte[] out, Kernel kernel, int base) {
        int lanes = INTS.length();
        int step = 3 * lanes;
        int[] weights = kernel.weights();
        for (int x = 0; x < kernel.outputs(); x++) {
            int w = kernel.offset(x);
            int end = w + kernel.count(x);
            IntVector red = IntVector.broadcast(INTS, Resampler.HALF);
            IntVector green = red;
            IntVector blue = red;
            for (int from = (kernel.first(x) - base) * step; w < end; w++, from += step) {
                int weight = weights[w];
                red = red.add(load(in, from).mul(weight));
                green = green.add(load(in, from + lanes).mul(weight));
                blue = blue.add(load(in, from + 2 * lanes).mul(weight));
            }
            store(red, out, x * step);
            store(green, out, x * step + lanes);
            store(blue, out, x * step + 2 * lanes);
        }
    }

    private static void any(byte[] in, byte[] out, Kernel kernel, int base, int bands) {
        int lanes = INTS.length();
        int step = bands * lanes;
        int[] weights = kernel.weights();
        for (int x = 0; x < kernel.outputs(); x++) {
            for (int band = 0; band < bands; band++) {
                int w = kernel.offset(x);
                int end = w + kernel.count(x);
                IntVector sum = IntVector.broadcast(INTS, Resampler.HALF);
                for (int from = (kernel.first(x) - base) * step + band * lanes; w < end; w++, from += step) {
                    sum = sum.add(load(in, from).mul(weights[w]));
                }
                store(sum, out, x * step + band * lanes);
            }
        }
    }

    private static IntVector load(byte[] in, int from) {
        return (IntVector) ByteVector.fromArray(BYTES, in, from).convertShape(VectorOperators.ZERO_EXTEND_B2I, INTS, 0);
    }

    private static void store(IntVector sum, byte[] out, int to) {
        IntVector clipped =
                sum.lanewise(VectorOperators.ASHR, Kernel.PRECISION).max(0).min(255);
        ((ByteVector) clipped.convertShape(VectorOperators.I2B, BYTES, 0)).intoArray(out, to);
    }

    /** Takes row {@code row} of the results out of its lane. */
    void take(int row, int[] out, int to, int samples) {
        byte[] from = results;
        int step = lanes;
        for (int i = 0, at = row; i < samples; i++, at += step) {
            out[to + i] = from[at] & 0xFF;
        }
    }
}
