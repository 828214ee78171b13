package io.saccade.vision;

/**
 * A picture as the resampler reads it, row by row: its own samples where they will do, else converted into a line of the
 * caller's, so that no second picture is ever made.
 */
final class Rows {
    private final Bitmap bitmap;
    private final PixelMode mode;
    private final Margin margin;

    /**
     * Colour around a picture, before it is resized.
     *
     * @param left   columns before the picture
     * @param top    rows above it
     * @param width  columns of picture and margin
     * @param height rows of picture and margin
     * @param fill   the margin's colour
     */
    record Margin(int left, int top, int width, int height, Colour fill) {
        static Margin none(Bitmap bitmap) {
            return new Margin(0, 0, bitmap.width(), bitmap.height(), Colour.BLACK);
        }

        boolean isNone(Bitmap bitmap) {
            return width == bitmap.width() && height == bitmap.height();
        }
    }

    private Rows(Bitmap bitmap, PixelMode mode, Margin margin) {
        this.bitmap = bitmap;
        this.mode = mode;
        this.margin = margin;
    }

    /** In the file's own mode. */
    static Rows own(Bitmap bitmap) {
        return new Rows(bitmap, bitmap.mode(), Margin.none(bitmap));
    }

    /** Converted to RGB first. What is grey stays one band, which becomes three equal ones later: no bit differs. */
    static Rows rgb(Bitmap bitmap, Margin margin) {
        boolean grey =
                switch (bitmap.mode()) {
                    case BILEVEL, GREY, GREY_ALPHA -> margin.isNone(bitmap);
                    case PALETTE, RGB, RGBA, CMYK -> false;
                };
        return new Rows(bitmap, grey ? PixelMode.GREY : PixelMode.RGB, margin);
    }

    /** What the samples of a row mean; with alpha, colours are premultiplied once they are averaged. */
    PixelMode mode() {
        return mode;
    }

    int width() {
        return margin.width;
    }

    int height() {
        return margin.height;
    }

    /** The picture, unconverted. */
    Bitmap bitmap() {
        return bitmap;
    }

    /** Whether a row's samples must be written to a line first. */
    boolean isConverted(boolean premultiplied) {
        return (premultiplied && mode.hasAlpha())
                || !margin.isNone(bitmap)
                || bitmap.mode().bands() != mode.bands()
                || (bitmap.mode() == PixelMode.PALETTE && mode != PixelMode.PALETTE);
    }

    /** Where row {@code y} begins in the picture's own samples. */
    int offset(int y) {
        return y * bitmap.width() * bitmap.mode().bands();
    }

    /** Writes row {@code y} to the beginning of {@code line}. */
    void convert(int y, byte[] line, boolean premultiplied) {
        int row = y - margin.top;
        if (row < 0 || row >= bitmap.height()) {
            margin.fill.write(line, 0, margin.width);
            return;
        }
        byte[] samples = bitmap.samples();
        int from = offset(row);
        if (mode.hasAlpha()) {
            if (premultiplied) {
                Alpha.premultiply(samples, from, mode.bands(), line, bitmap.width());
            } else {
                System.arraycopy(samples, from, line, 0, bitmap.width() * mode.bands());
            }
        } else if (mode == PixelMode.GREY) {
            Colours.firstBand(samples, from, bitmap.mode().bands(), line, 0, bitmap.width());
        } else if (mode == PixelMode.RGB) {
            int right = margin.width - margin.left - bitmap.width();
            margin.fill.write(line, 0, margin.left);
            Colours.toRgb(bitmap.mode(), bitmap.palette(), samples, from, line, margin.left * 3, bitmap.width());
            margin.fill.write(line, (margin.left + bitmap.width()) * 3, right);
        } else {
            System.arraycopy(samples, from, line, 0, bitmap.width() * mode.bands());
        }
    }
}
