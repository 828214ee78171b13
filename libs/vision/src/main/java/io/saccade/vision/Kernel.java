package io.saccade.vision;

import org.jspecify.annotations.Nullable;

/**
 * Which source pixels make a row or column of output pixels, and with what weights: {@code precompute_coeffs} and
 * {@code normalize_coeffs_8bpc} of Pillow's {@code Resample.c}. For output i of n, with {@code scale = in / n} and
 * {@code wide = max(scale, 1)}: centre {@code c = (i + 0.5) * scale}, sources {@code x} in {@code c ± support * wide},
 * weight {@code f((x - c + 0.5) / wide)}, divided by their sum, then fixed point with {@value #PRECISION} bits. Only the
 * outputs inside the crop are computed.
 *
 * <p>One thread at a time; its arrays are used again by the next {@link #prepare}, which does nothing when the question is
 * the same: pictures of one camera have one size.
 */
final class Kernel {
    /** 32 bits less 8 for the result and 2 for the overshoot of negative lobes. */
    static final int PRECISION = 22;

    /**
     * What a kernel is made for.
     *
     * @param filter  the filter
     * @param in      source pixels
     * @param full    pixels of the whole result
     * @param from    first output that is wanted
     * @param outputs how many are wanted
     */
    record Question(Filter filter, int in, int full, int from, int outputs) {}

    private @Nullable Question answered;
    private int taps;
    private int outputs;
    private int longest;
    private int[] first = new int[0];
    private int[] count = new int[0];
    private int[] weights = new int[0];
    private double[] raw = new double[0];

    void prepare(Question question) {
        if (question.equals(answered)) {
            return;
        }
        answered = null;
        Filter filter = question.filter;
        double scale = (double) (float) question.in / question.full;
        double wide = Math.max(scale, 1.0);
        double support = filter.support() * wide;
        double narrow = 1.0 / wide;
        taps = (int) Math.ceil(support) * 2 + 1;
        outputs = question.outputs;
        longest = 0;
        if (first.length < outputs) {
            first = new int[outputs];
            count = new int[outputs];
        }
        if (raw.length < taps) {
            raw = new double[taps];
        }
        int length = Math.multiplyExact(taps, outputs);
        if (weights.length < length) {
            weights = new int[length];
        }
        for (int i = 0; i < outputs; i++) {
            double centre = (question.from + i + 0.5) * scale;
            int low = Math.max(0, (int) (centre - support + 0.5));
            int high = Math.min(question.in, (int) (centre + support + 0.5));
            double sum = 0.0;
            for (int x = 0; x < high - low; x++) {
                raw[x] = filter.weight((x + low - centre + 0.5) * narrow);
                sum += raw[x];
            }
            first[i] = low;
            count[i] = high - low;
            longest = Math.max(longest, high - low);
            for (int x = 0; x < high - low; x++) {
                double weight = (sum == 0.0 ? raw[x] : raw[x] / sum) * (1 << PRECISION);
                weights[i * taps + x] = (int) (weight < 0 ? weight - 0.5 : weight + 0.5);
            }
        }
        answered = question;
    }

    int outputs() {
        return outputs;
    }

    /** First source pixel of output {@code i}. */
    int first(int i) {
        return first[i];
    }

    /** How many source pixels output {@code i} has. */
    int count(int i) {
        return count[i];
    }

    /** The most source pixels an output has. */
    int longest() {
        return longest;
    }

    /** Where in {@link #weights()} the weights of output {@code i} begin. */
    int offset(int i) {
        return i * taps;
    }

    /** Not shortened to what is in use. */
    int[] weights() {
        return weights;
    }

    /** One source pixel after the last that any output reads. */
    int end() {
        return first[outputs - 1] + count[outputs - 1];
    }
}
