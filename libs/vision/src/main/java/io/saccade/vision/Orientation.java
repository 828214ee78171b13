package io.saccade.vision;

/**
 * How a picture is to be turned before it is looked at: the EXIF tag {@code Orientation}, by what has to be done to the
 * stored picture. The one fact that leaves a decoder besides the pixels.
 */
public enum Orientation {
    /** 1: as stored. */
    NORMAL("leave it as stored"),
    /** 2: left and right exchanged. */
    MIRRORED("exchange left and right"),
    /** 3: turned by half. */
    HALF_TURN("turn by half"),
    /** 4: top and bottom exchanged. */
    FLIPPED("exchange top and bottom"),
    /** 5: rows become columns. */
    TRANSPOSED("make rows columns"),
    /** 6: turned clockwise by a quarter. */
    CLOCKWISE("turn clockwise by a quarter"),
    /** 7: rows become columns, along the other diagonal. */
    TRANSVERSED("make rows columns along the other diagonal"),
    /** 8: turned anticlockwise by a quarter. */
    ANTICLOCKWISE("turn anticlockwise by a quarter");

    private static final Orientation[] ALL = values();

    private final String deed;

    Orientation(String deed) {
        this.deed = deed;
    }

    /** What is done to the stored picture, in words. */
    public String deed() {
        return deed;
    }

    /** The meaning of a tag; {@link #NORMAL} for values that mean nothing. */
    static Orientation ofTag(int tag) {
        return tag >= 1 && tag <= ALL.length ? ALL[tag - 1] : NORMAL;
    }

    /** Whether width and height change places. */
    public boolean swapsSides() {
        return ordinal() >= TRANSPOSED.ordinal();
    }

    /** The picture as it is to be looked at, as Pillow's {@code ImageOps.exif_transpose} makes it. */
    Bitmap apply(Bitmap stored) {
        if (this == NORMAL) {
            return stored;
        }
        int bands = stored.mode().bands();
        int width = swapsSides() ? stored.height() : stored.width();
        int height = swapsSides() ? stored.width() : stored.height();
        byte[] from = stored.samples();
        byte[] to = new byte[from.length];
        // The place of the first pixel, and the steps that one column and one row to the right and down take.
        int row = stored.width() * bands;
        int lastColumn = row - bands;
        int lastRow = (stored.height() - 1) * row;
        int first =
                switch (this) {
                    case NORMAL, TRANSPOSED -> 0;
                    case MIRRORED, ANTICLOCKWISE -> lastColumn;
                    case HALF_TURN, TRANSVERSED -> lastRow + lastColumn;
                    case FLIPPED, CLOCKWISE -> lastRow;
                };
        int right =
                switch (this) {
                    case NORMAL, FLIPPED -> bands;
                    case MIRRORED, HALF_TURN -> -bands;
                    case TRANSPOSED, ANTICLOCKWISE -> row;
                    case CLOCKWISE, TRANSVERSED -> -row;
                };
        int down =
                switch (this) {
                    case NORMAL, MIRRORED -> row;
                    case FLIPPED, HALF_TURN -> -row;
                    case TRANSPOSED, CLOCKWISE -> bands;
                    case ANTICLOCKWISE, TRANSVERSED -> -bands;
                };
        int out = 0;
        for (int y = 0; y < height; y++) {
            int in = first + y * down;
            for (int x = 0; x < width; x++, in += right) {
                for (int band = 0; band < bands; band++) {
                    to[out++] = from[in + band];
                }
            }
        }
        return new Bitmap(stored.mode(), width, height, to, stored.palette());
    }
}
