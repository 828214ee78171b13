package io.saccade.vision;

/**
 * Which source pixels make a row or column of output pixels, and with what weights: {@code precompute_coeffs} and
 * {@code normalize_coeffs_8bpc} of Pillow's {@code Resample.c}. For output i of n, with {@code scale = in / n} and
 * {@code wide = max(scale, 1)}: centre {@code c = (i + 0.5) * scale}, sources {@code x} in {@code c ± support * wide},
 * weight {@code f((x - c + 0.5) / wide)}, divided by their sum, then fixed point with {@value #PRECISION} bits. Only the
 * outputs inside the crop are computed.
 */
final class Kernel {
    /** 32 bits less 8 for the result and 2 for the overshoot of negative lobes. */
    static final int PRECISION = 22;

    private final int taps;
    private final int[] first;
    private final int[] count;
    private final int[] weights;

    private Kernel(int taps, int outputs) {
        this.taps = taps;
        this.first = new int[outputs];
        this.count = new int[outputs];
        this.weights = new int[Math.multiplyExact(taps, outputs)];
    }

    /** For outputs {@code from} up to {@code from + outputs} of {@code full}, out of {@code in} source pixels. */
    static Kernel of(Filter filter, int in, int full, int from, int outputs) {
        double scale = (double) (float) in / full;
        double wide = Math.max(scale, 1.0);
        double support = filter.support() * wide;
        double narrow = 1.0 / wide;
        var kernel = new Kernel((int) Math.ceil(support) * 2 + 1, outputs);
        double[] raw = new double[kernel.taps];
        for (int i = 0; i < outputs; i++) {
            double centre = (from + i + 0.5) * scale;
            int low = Math.max(0, (int) (centre - support + 0.5));
            int high = Math.min(in, (int) (centre + support + 0.5));
            double sum = 0.0;
            for (int x = 0; x < high - low; x++) {
                raw[x] = filter.weight((x + low - centre + 0.5) * narrow);
                sum += raw[x];
            }
            kernel.first[i] = low;
            kernel.count[i] = high - low;
            for (int x = 0; x < high - low; x++) {
                double weight = (sum == 0.0 ? raw[x] : raw[x] / sum) * (1 << PRECISION);
                kernel.weights[i * kernel.taps + x] = (int) (weight < 0 ? weight - 0.5 : weight + 0.5);
            }
        }
        return kernel;
    }

    int outputs() {
        return first.length;
    }

    /** First source pixel of output {@code i}. */
    int first(int i) {
        return first[i];
    }

    /** How many source pixels output {@code i} has. */
    int count(int i) {
        return count[i];
    }

    /** Where in {@link #weights()} the weights of output {@code i} begin. */
    int offset(int i) {
        return i * taps;
    }

    int[] weights() {
        return weights;
    }

    /** One source pixel after the last that any output reads. */
    int end() {
        int last = first.length - 1;
        return first[last] + count[last];
    }
}
