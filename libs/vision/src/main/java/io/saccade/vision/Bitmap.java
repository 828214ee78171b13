package io.saccade.vision;

import org.jspecify.annotations.Nullable;

/**
 * A decoded picture: {@code samples[height][width][mode.bands()]}, row-major. It lives within one call on one thread, so
 * its array is neither copied nor guarded; whoever is given a bitmap may overwrite it.
 */
final class Bitmap {
    private final PixelMode mode;
    private final int width;
    private final int height;
    private final byte[] samples;
    private final byte @Nullable [] palette;

    Bitmap(PixelMode mode, int width, int height, byte[] samples) {
        this(mode, width, height, samples, null);
    }

    /** With a palette of 256 RGB triples where the mode is {@link PixelMode#PALETTE}, else null. */
    Bitmap(PixelMode mode, int width, int height, byte[] samples, byte @Nullable [] palette) {
        if (samples.length != Math.multiplyExact(Math.multiplyExact(width, height), mode.bands())) {
            throw new IllegalArgumentException(
                    "expected " + width + "x" + height + "x" + mode.bands() + " samples, got " + samples.length);
        }
        if ((mode == PixelMode.PALETTE) != (palette != null)) {
            throw new IllegalArgumentException("a palette belongs to mode PALETTE, got " + mode);
        }
        this.mode = mode;
        this.width = width;
        this.height = height;
        this.samples = samples;
        this.palette = palette;
    }

    PixelMode mode() {
        return mode;
    }

    int width() {
        return width;
    }

    int height() {
        return height;
    }

    byte[] samples() {
        return samples;
    }

    /** 256 RGB triples where the mode is {@link PixelMode#PALETTE}, else null. */
    byte @Nullable [] palette() {
        return palette;
    }
}
