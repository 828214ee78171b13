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

    /** Another picture of the same mode and palette. */
    Bitmap like(int newWidth, int newHeight, byte[] newSamples) {
        return new Bitmap(mode, newWidth, newHeight, newSamples, palette);
    }

    /** As Pillow's {@code convert("RGB")}: alpha is dropped, not blended, and shows what lies beneath. */
    Bitmap toRgb() {
        return switch (mode) {
            case RGB -> this;
            case BILEVEL, GREY -> rgb(1, false);
            case GREY_ALPHA -> rgb(2, false);
            case RGBA -> rgb(4, true);
            case CMYK -> cmykToRgb();
            case PALETTE -> paletteToRgb();
        };
    }

    private Bitmap rgb(int bands, boolean coloured) {
        byte[] rgb = new byte[width * height * 3];
        int green = coloured ? 1 : 0;
        int blue = coloured ? 2 : 0;
        for (int from = 0, to = 0; to < rgb.length; from += bands, to += 3) {
            rgb[to] = samples[from];
            rgb[to + 1] = samples[from + green];
            rgb[to + 2] = samples[from + blue];
        }
        return new Bitmap(PixelMode.RGB, width, height, rgb);
    }

    private Bitmap cmykToRgb() {
        byte[] rgb = new byte[width * height * 3];
        for (int from = 0, to = 0; to < rgb.length; from += 4, to += 3) {
            int light = 255 - (samples[from + 3] & 0xFF);
            for (int band = 0; band < 3; band++) {
                rgb[to + band] =
                        (byte) Math.max(0, light - Alpha.multiplyDivide255(samples[from + band] & 0xFF, light));
            }
        }
        return new Bitmap(PixelMode.RGB, width, height, rgb);
    }

    private Bitmap paletteToRgb() {
        byte[] colours = palette;
        if (colours == null) {
            throw new IllegalStateException("mode PALETTE without a palette");
        }
        byte[] rgb = new byte[width * height * 3];
        for (int from = 0, to = 0; to < rgb.length; from++, to += 3) {
            int colour = (samples[from] & 0xFF) * 3;
            rgb[to] = colours[colour];
            rgb[to + 1] = colours[colour + 1];
            rgb[to + 2] = colours[colour + 2];
        }
        return new Bitmap(PixelMode.RGB, width, height, rgb);
    }
}
