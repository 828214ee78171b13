package io.saccade.vision;

/**
 * Files that promise more pixels than their bytes can hold, by what a format packs into a byte at most. They end before the
 * last row whatever their data say, so nothing is allocated for them.
 */
final class Hollow {
    /** Deflate: 258 bytes by two bits. */
    static final long DEFLATE = 1032;
    /** A run of 128 bytes by two. */
    static final long PACK_BITS = 64;
    /** One code of at least {@code bits} bits stands for less than 4096 samples. */
    static final long LZW = 4096;

    private Hollow() {}

    static String message(String format, long width, long height, long bytes) {
        return bytes + " bytes cannot hold a " + format + " picture of " + width + "x" + height;
    }
}
