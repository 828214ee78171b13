package io.saccade.vision;

import static java.util.Objects.requireNonNull;

import org.jspecify.annotations.Nullable;

/**
 * The numbers a model reads.
 *
 * @param type          of each number
 * @param layout        their order
 * @param normalisation how a byte becomes a float; null exactly for {@link Type#UINT8}, where the graph does it
 */
public record Output(Type type, Layout layout, @Nullable Normalisation normalisation) {
    /** Bytes, a quarter of what floats weigh on the wire, in the order they have in memory. */
    public static final Output BYTES = new Output(Type.UINT8, Layout.NHWC, null);

    /** The type of a number. */
    public enum Type {
        /** A byte, 0 to 255. */
        UINT8(1),
        /** IEEE half precision, little-endian. */
        FP16(2),
        /** IEEE single precision, little-endian. */
        FP32(4);

        private final int bytes;

        Type(int bytes) {
            this.bytes = bytes;
        }

        /** Bytes of one number. */
        public int bytes() {
            return bytes;
        }
    }

    /** The order of the numbers of a picture, slowest first. */
    public enum Layout {
        /** Rows, columns, colours: {@code [size][size][3]}. */
        NHWC,
        /** Colours, rows, columns: {@code [3][size][size]}. */
        NCHW
    }

    public Output {
        requireNonNull(type, "type");
        requireNonNull(layout, "layout");
        if ((type == Type.UINT8) != (normalisation == null)) {
            throw new IllegalArgumentException("floats are normalised and bytes are not, got " + type + " and "
                    + (normalisation == null ? "no normalisation" : normalisation));
        }
    }

    /**
     * A byte v becomes {@code (v / 255 - mean) / std}, each step rounded to float32, as torchvision's {@code ToTensor} and
     * {@code Normalize} and numpy do; transformers' {@code v * (1 / 255)} in float64 gives the same 256 numbers. Half
     * precision is that number rounded once more, to even.
     *
     * @param mean subtracted, of values between 0 and 1
     * @param std  divided by, positive
     */
    public record Normalisation(Rgb mean, Rgb std) {
        public Normalisation {
            requireNonNull(mean, "mean");
            requireNonNull(std, "std");
            if (!(std.red > 0 && std.green > 0 && std.blue > 0)) {
                throw new IllegalArgumentException("std must be positive, got " + std);
            }
        }

        float of(int value, int colour) {
            return (value / 255f - mean.of(colour)) / std.of(colour);
        }
    }

    /**
     * A number for each colour.
     *
     * @param red   finite
     * @param green finite
     * @param blue  finite
     */
    public record Rgb(float red, float green, float blue) {
        public Rgb {
            if (!Float.isFinite(red) || !Float.isFinite(green) || !Float.isFinite(blue)) {
                throw new IllegalArgumentException(
                        "three finite numbers are needed, got " + red + "," + green + "," + blue);
            }
        }

        private float of(int colour) {
            return switch (colour) {
                case 0 -> red;
                case 1 -> green;
                default -> blue;
            };
        }
    }
}
