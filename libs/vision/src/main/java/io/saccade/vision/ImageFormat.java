package io.saccade.vision;

/** A file format that can be read. */
public enum ImageFormat {
    /** JPEG: baseline, extended and progressive, Huffman coded, 8 bits. */
    JPEG,
    /** PNG: all colour types up to 8 bits, interlaced or not. */
    PNG
}
