package io.saccade.vision;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Pictures drawn from a seed, the same as {@code src/test/python/make_preprocessing_goldens.py} draws. */
final class DrawnPicture {
    static final Map<String, PixelMode> MODES = Map.of(
            "1", PixelMode.BILEVEL,
            "L", PixelMode.GREY,
            "LA", PixelMode.GREY_ALPHA,
            "P", PixelMode.PALETTE,
            "RGB", PixelMode.RGB,
            "RGBA", PixelMode.RGBA,
            "CMYK", PixelMode.CMYK);

    private DrawnPicture() {}

    static Bitmap draw(PixelMode mode, int width, int height, int seed) {
        int bands = mode.bands();
        byte[] samples = new byte[width * height * bands];
        int index = 0;
        for (int y = 0; y < height; y++) {
            for (int x = 0; x < width; x++) {
                for (int band = 0; band < bands; band++, index++) {
                    int value = value(x, y, band, width, height, seed, noise(seed, index));
                    if (mode.hasAlpha() && band == bands - 1) {
                        value = y >= height - height / 4 ? 255 : y < height / 4 ? 0 : value;
                    }
                    samples[index] = (byte) (mode != PixelMode.BILEVEL ? value : value > 127 ? 255 : 0);
                }
            }
        }
        return new Bitmap(mode, width, height, samples, mode == PixelMode.PALETTE ? palette(seed) : null);
    }

    private static int value(int x, int y, int band, int width, int height, int seed, long noise) {
        return switch (seed % 4) {
            case 0 -> (int) (noise >> 24);
            case 1 -> Math.min(255, x * 200 / width + y * 40 / height + 15 * band + (int) (noise & 15));
            case 2 -> {
                int edge = 1 + seed % 7;
                int low = (int) (noise & 31);
                yield (x / edge + y / edge + band) % 2 == 0 ? low : 255 - low;
            }
            default -> (x + band) % 3 == 0 ? 255 : y % 5 == 0 ? 0 : (int) (noise >> 24);
        };
    }

    private static byte @Nullable [] palette(int seed) {
        byte[] palette = new byte[768];
        for (int i = 0; i < palette.length; i++) {
            palette[i] = (byte) (noise(seed + 1, i) >> 24);
        }
        return palette;
    }

    /** 32 bits; all arithmetic modulo 2^32. */
    private static long noise(int seed, int index) {
        long h = (index * 0x9E3779B1L + seed * 0x85EBCA77L + 0x165667B1L) & 0xFFFFFFFFL;
        h = ((h ^ h >> 15) * 0x2C1B3C6DL) & 0xFFFFFFFFL;
        h = ((h ^ h >> 12) * 0x297A2D39L) & 0xFFFFFFFFL;
        return h ^ h >> 15;
    }
}
