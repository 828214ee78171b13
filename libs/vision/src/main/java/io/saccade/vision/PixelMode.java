package io.saccade.vision;

/** What the samples of a decoded picture mean, as Pillow's modes do. All samples are unsigned bytes, interleaved. */
public enum PixelMode {
    /** One bit, held as 0 or 255; Pillow's {@code 1}. */
    BILEVEL(1),
    /** Grey; Pillow's {@code L}. */
    GREY(1),
    /** Grey and alpha; Pillow's {@code LA}. */
    GREY_ALPHA(2),
    /** An index into a palette of RGB; Pillow's {@code P}. */
    PALETTE(1),
    /** Red, green, blue; Pillow's {@code RGB}. */
    RGB(3),
    /** Red, green, blue, alpha; Pillow's {@code RGBA}. */
    RGBA(4),
    /** Cyan, magenta, yellow, black, 255 being full ink; Pillow's {@code CMYK}. */
    CMYK(4);

    private final int bands;

    PixelMode(int bands) {
        this.bands = bands;
    }

    int bands() {
        return bands;
    }

    /** Samples that are names, not amounts, cannot be averaged: Pillow resizes them by nearest neighbour. */
    boolean averages() {
        return this != BILEVEL && this != PALETTE;
    }

    boolean hasAlpha() {
        return this == GREY_ALPHA || this == RGBA;
    }
}
