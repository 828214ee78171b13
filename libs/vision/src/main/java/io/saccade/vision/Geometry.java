package io.saccade.vision;

/**
 * Where the pixels of a picture of one size end up: pure arithmetic of the references.
 *
 * @param margin around the picture before it is resized
 * @param target the resized picture, and which part of it is kept
 * @param left   column of the square where that part begins
 * @param top    row of the square where that part begins
 */
record Geometry(Rows.Margin margin, Resampler.Target target, int left, int top) {

    static Geometry of(Preprocessing preprocessing, int width, int height) {
        int size = preprocessing.size();
        var none = new Rows.Margin(0, 0, width, height, Colour.BLACK);
        return switch (preprocessing.resize()) {
            case Resize.Squash() -> new Geometry(none, whole(size, size), 0, 0);
            case Resize.ShortestEdge(int edge, Resize.Crop crop) -> {
                int fullWidth = width <= height ? edge : longEdge(edge, width, height);
                int fullHeight = width <= height ? longEdge(edge, height, width) : edge;
                var target = new Resampler.Target(
                        fullWidth,
                        fullHeight,
                        start(fullWidth - size, crop),
                        start(fullHeight - size, crop),
                        size,
                        size);
                yield new Geometry(none, target, 0, 0);
            }
            case Resize.LongestEdge _ -> {
                double ratio = Math.max((double) height / size, (double) width / size);
                int fullWidth = keptEdge(width, ratio, size);
                int fullHeight = keptEdge(height, ratio, size);
                yield new Geometry(none, whole(fullWidth, fullHeight), (size - fullWidth) / 2, (size - fullHeight) / 2);
            }
            case Resize.PadSquare(Colour fill) -> {
                int edge = Math.max(width, height);
                var margin = new Rows.Margin((edge - width) / 2, (edge - height) / 2, edge, edge, fill);
                yield new Geometry(margin, whole(size, size), 0, 0);
            }
        };
    }

    private static Resampler.Target whole(int width, int height) {
        return new Resampler.Target(width, height, 0, 0, width, height);
    }

    /** torchvision's and transformers' {@code int(size * long / short)}. */
    private static int longEdge(int edge, int longer, int shorter) {
        return (int) ((double) ((long) edge * longer) / shorter);
    }

    /** open_clip's {@code round(length / ratio)}, half to even; where that is 0 the reference fails, and we keep a row. */
    private static int keptEdge(int length, double ratio, int size) {
        return Math.clamp((long) Math.rint(length / ratio), 1, size);
    }

    private static int start(int margin, Resize.Crop crop) {
        return switch (crop) {
            case HALF_TO_EVEN -> (int) Math.rint(margin / 2.0);
            case DOWN -> margin / 2;
        };
    }
}
