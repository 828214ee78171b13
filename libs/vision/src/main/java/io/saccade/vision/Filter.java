package io.saccade.vision;

/**
 * A resampling filter of Pillow ({@code src/libImaging/Resample.c}), widened when shrinking, which is the antialias.
 */
public enum Filter {
    /** Keys' cubic with a = -0.5. */
    BICUBIC(2.0) {
        @Override
        double weight(double x) {
            double d = Math.abs(x);
            if (d < 1.0) {
                return ((A + 2.0) * d - (A + 3.0)) * d * d + 1;
            }
            if (d < 2.0) {
                return (((d - 5) * d + 8) * d - 4) * A;
            }
            return 0.0;
        }
    };

    private static final double A = -0.5;

    private final double support;

    Filter(double support) {
        this.support = support;
    }

    /** Half the width of the filter, in source pixels at scale 1. */
    double support() {
        return support;
    }

    /** The filter's height at {@code x}, in the order of operations Pillow uses: the last bit depends on it. */
    abstract double weight(double x);
}
