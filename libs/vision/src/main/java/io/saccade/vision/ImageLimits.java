package io.saccade.vision;

import static java.util.Objects.requireNonNull;

import java.time.Duration;
import java.util.Optional;

/**
 * What a picture may cost. Sizes are read from the header, before any memory for pixels is asked for. Frames after the
 * first, colour profiles, texts and thumbnails are never unpacked, whatever their size, so they need no limit.
 *
 * @param maxBytes  most bytes of the encoded picture, at least 1
 * @param maxPixels most pixels, at least 1; a pixel takes up to 4 bytes of heap while it is decoded
 * @param maxSide   longest edge in pixels, 1 to 65535
 * @param maxRatio  how many times longer than the short edge the long one may be, at least 1: a line of pixels shows
 *     nothing, and shortest-edge resizing would blow it up
 * @param maxTime   longest work at one picture in the JVM, above 0; a native library cannot be interrupted, and is bounded
 *     by pixels and scans alone
 */
public record ImageLimits(long maxBytes, long maxPixels, int maxSide, int maxRatio, Duration maxTime) {
    private static final int USUAL_RATIO = 1_000;
    private static final Duration USUAL_TIME = Duration.ofSeconds(10);

    /** 20 MiB, 50 million pixels, no edge above 16384 or 1000 times the other, 10 seconds. */
    public static final ImageLimits DEFAULT = new ImageLimits(20L << 20, 50_000_000, 16_384);

    private static final int LONGEST_SIDE = 65_535;
    private static final long MOST_PIXELS = Integer.MAX_VALUE / 4 - 16;

    /** The usual ratio and time. */
    public ImageLimits(long maxBytes, long maxPixels, int maxSide) {
        this(maxBytes, maxPixels, maxSide, USUAL_RATIO, USUAL_TIME);
    }

    public ImageLimits {
        requireNonNull(maxTime, "maxTime");
        if (maxBytes < 1) {
            throw new IllegalArgumentException("maxBytes must be at least 1, got " + maxBytes);
        }
        if (maxPixels < 1 || maxPixels > MOST_PIXELS) {
            throw new IllegalArgumentException("maxPixels must be between 1 and " + MOST_PIXELS + ", got " + maxPixels);
        }
        if (maxSide < 1 || maxSide > LONGEST_SIDE) {
            throw new IllegalArgumentException("maxSide must be between 1 and " + LONGEST_SIDE + ", got " + maxSide);
        }
        if (maxRatio < 1) {
            throw new IllegalArgumentException("maxRatio must be at least 1, got " + maxRatio);
        }
        if (!maxTime.isPositive()) {
            throw new IllegalArgumentException("maxTime must be above 0, got " + maxTime);
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
        if (width * height > maxPixels) {
            return Optional.of(new Refusal(
                    RefusalCode.TOO_MANY_PIXELS,
                    "at most " + maxPixels + " pixels are allowed, the header says " + width + "x" + height));
        }
        return Math.max(width, height) / Math.min(width, height) <= maxRatio
                ? Optional.empty()
                : Optional.of(new Refusal(
                        RefusalCode.TOO_NARROW,
                        "no edge may be more than " + maxRatio + " times as long as the other, the header says " + width
                                + "x" + height));
    }
}
