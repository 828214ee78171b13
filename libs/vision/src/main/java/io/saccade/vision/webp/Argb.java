package io.saccade.vision.webp;

/** Arithmetic on pixels of four bytes, each part for itself (RFC 9649, section 3.5.1). */
final class Argb {
    static final int BLACK = 0xFF000000;

    private Argb() {}

    /** The sum, each part modulo 256. */
    static int add(int a, int b) {
        int alphaGreen = (a & 0xFF00FF00) + (b & 0xFF00FF00);
        int redBlue = (a & 0x00FF00FF) + (b & 0x00FF00FF);
        return (alphaGreen & 0xFF00FF00) | (redBlue & 0x00FF00FF);
    }

    /** The mean, rounded down. */
    static int average(int a, int b) {
        return ((a ^ b) >>> 1 & 0x7F7F7F7F) + (a & b);
    }

    /** Whichever of {@code left} and {@code above} is nearer to {@code left + above - corner}. */
    static int select(int left, int above, int corner) {
        int nearer = 0;
        for (int shift = 0; shift < Integer.SIZE; shift += 8) {
            int c = corner >>> shift & 0xFF;
            nearer += Math.abs((above >>> shift & 0xFF) - c) - Math.abs((left >>> shift & 0xFF) - c);
        }
        return nearer < 0 ? left : above;
    }

    /** {@code left + above - corner}, clipped. */
    static int gradient(int left, int above, int corner) {
        int result = 0;
        for (int shift = 0; shift < Integer.SIZE; shift += 8) {
            int value = (left >>> shift & 0xFF) + (above >>> shift & 0xFF) - (corner >>> shift & 0xFF);
            result |= clip(value) << shift;
        }
        return result;
    }

    /** The mean of two and half of what it is more than {@code corner}, clipped. */
    static int halfGradient(int left, int above, int corner) {
        int mean = average(left, above);
        int result = 0;
        for (int shift = 0; shift < Integer.SIZE; shift += 8) {
            int value = mean >>> shift & 0xFF;
            result |= clip(value + (value - (corner >>> shift & 0xFF)) / 2) << shift;
        }
        return result;
    }

    private static int clip(int value) {
        return (value & ~0xFF) == 0 ? value : value < 0 ? 0 : 255;
    }
}
