package io.saccade.vision;

import java.util.Optional;

/**
 * What a picture may cost. Sizes are read from the header, before any memory for pixels is asked for.
 *
 * @param maxBytes  most bytes of the encoded picture, at least 1
 * @param maxPixels most pixels, at least 1; a pixel takes up to 4 bytes of heap while it is decoded
 * @param maxSide   longest edge in pixels, 1 to 65535
 */
public record ImageLimits(long maxBytes, long maxPixels, int maxSide) {
    /** 20 MiB, 50 million pixels, no edge above 16384. */
    public static final ImageLimits DEFAULT = new ImageLimits(20L << 20, 50_000_000, 16_384);

    private static final int LONGEST_SIDE = 65_535;
    private static final long MOST_PIXELS = Integer.MAX_VALUE / 4 - 16;

    public ImageLimits {
        if (maxBytes < 1) {
            throw new IllegalArgumentException("maxBytes must be at least 1, got " + maxBytes);
        }
        if (maxPixels < 1 || maxPixels > MOST_PIXELS) {
            throw new IllegalArgumentException("maxPixels must be between 1 and " + MOST_PIXELS + ", got " + maxPixels);
        }
        if (maxSide < 1 || maxSide > LONGEST_SIDE) {
            throw new IllegalArgumentException("maxSide must be between 1 and " + LONGEST_SIDE + ", got " + maxSide);
        }
    }

    Optional<Refusal> refuseBytes(long bytes) {
        if (bytes == 0) {
            return Optional.of(new Refusal(RefusalCode.EMPTY, "expected a picture, got 0 bytes"));
        }
        return bytes <= maxBytes
                ? Optional.empty()
                : Optional.of(
                        new Refusal(RefusalCode.TOO_LARGE, "at most " + maxBytes + " bytes are allowed, got " + bytes));
    }

    Optional<Refusal> refuseSize(long width, long height) {
        if (width < 1 || height < 1) {
            return Optional.of(
                    new Refusal(RefusalCode.BROKEN, "the header says " + width + "x" + height + ": no pixels"));
        }
        if (Math.max(width, height) > maxSide) {
            return Optional.of(new Refusal(
                    RefusalCode.SIDE_TOO_LONG,
                    "no edge may be longer than " + maxSide + " pixels, the header says " + width + "x" + height));
        }
        return width * height <= maxPixels
                ? Optional.empty()
                : Optional.of(new Refusal(
                        RefusalCode.TOO_MANY_PIXELS,
                        "at most " + maxPixels + " pixels are allowed, the header says " + width + "x" + height));
    }
}
