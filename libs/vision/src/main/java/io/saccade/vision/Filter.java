package io.saccade.vision;

/**
 * A resampling filter of Pillow ({@code src/libImaging/Resample.c}), widened when shrinking, which is the antialias. Each
 * computes in the order of operations Pillow uses: the last bit depends on it.
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
    },
    /** A triangle. */
    BILINEAR(1.0) {
        @Override
        double weight(double x) {
            double d = Math.abs(x);
            return d < 1.0 ? 1.0 - d : 0.0;
        }
    },
    /** Sinc, cut off by a wider sinc; the sharpest of them. */
    LANCZOS(3.0) {
        @Override
        double weight(double x) {
            return -3.0 <= x && x < 3.0 ? sinc(x) * sinc(x / 3) : 0.0;
        }
    },
    /** The mean of the pixels below; when enlarging, the nearest one. */
    BOX(0.5) {
        @Override
        double weight(double x) {
            return x > -0.5 && x <= 0.5 ? 1.0 : 0.0;
        }
    },
    /** Sinc in a Hamming window: as sharp as bicubic when shrinking, at the cost of bilinear. */
    HAMMING(1.0) {
        @Override
        double weight(double x) {
            double d = Math.abs(x);
            if (d == 0.0) {
                return 1.0;
            }
            if (d >= 1.0) {
                return 0.0;
            }
            double angle = d * Math.PI;
            // Pillow writes these two as floats; 0.54 as a double is another number.
            return Math.sin(angle) / angle * (0.54f + 0.46f * Math.cos(angle));
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

    /** The filter's height at {@code x}. */
    abstract double weight(double x);

    private static double sinc(double x) {
        if (x == 0.0) {
            return 1.0;
        }
        double angle = x * Math.PI;
        return Math.sin(angle) / angle;
    }
}
