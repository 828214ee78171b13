package io.saccade.vision;

/** A file format that can be read. */
public enum ImageFormat {
    /** JPEG: baseline, extended and progressive, Huffman coded, 8 bits. */
    JPEG,
    /** PNG: all colour types and depths, interlaced or not; the default image of an animation. */
    PNG,
    /** GIF: the first frame on its screen. */
    GIF,
    /** Windows bitmap: 1 to 32 bits, plain or run-length coded. */
    BMP,
    /** TIFF: the first page, up to 16 bits a sample. */
    TIFF,
    /** WebP: lossy, lossless, with alpha; the first frame of an animation. */
    WEBP
}
