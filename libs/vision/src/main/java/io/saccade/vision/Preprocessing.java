package io.saccade.vision;

import static java.util.Objects.requireNonNull;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * What a model does to a picture before it looks at it.
 *
 * @param size   edge of the square the model reads, in pixels, 1 to 4096
 * @param resize how the picture becomes that square
 * @param filter the resampling filter
 * @param rgb    when the picture becomes RGB
 * @param output the numbers the model reads
 * @param orientation whether the picture is turned first, as its file says
 */
public record Preprocessing(
        int size, Resize resize, Filter filter, RgbOrder rgb, Output output, OrientationRule orientation) {
    private static final int LARGEST_SIZE = 4096;

    public Preprocessing {
        requireNonNull(resize, "resize");
        requireNonNull(filter, "filter");
        requireNonNull(rgb, "rgb");
        requireNonNull(output, "output");
        requireNonNull(orientation, "orientation");
        if (size < 1 || size > LARGEST_SIZE) {
            throw new IllegalArgumentException("size must be between 1 and " + LARGEST_SIZE + ", got " + size);
        }
        switch (resize) {
            case Resize.ShortestEdge(int edge, Resize.Crop _) -> {
                if (edge < size || edge > LARGEST_SIZE) {
                    throw new IllegalArgumentException("the shortest edge must be between the size " + size + " and "
                            + LARGEST_SIZE + ", got " + edge);
                }
            }
            case Resize.LongestEdge(Colour fill) -> {
                if (rgb == RgbOrder.AFTER_RESIZE && !fill.equals(Colour.BLACK)) {
                    throw new IllegalArgumentException(
                            "a picture that is not RGB yet can only be filled with 0,0,0, got " + fill);
                }
            }
            case Resize.PadSquare _ -> {
                if (rgb == RgbOrder.AFTER_RESIZE) {
                    throw new IllegalArgumentException(
                            "a picture is padded as RGB, so it must be RGB before the resize");
                }
            }
            case Resize.Squash() -> {
                // nothing can contradict it
            }
        }
    }

    /** Orientation ignored. */
    public Preprocessing(int size, Resize resize, Filter filter, RgbOrder rgb, Output output) {
        this(size, resize, filter, rgb, output, OrientationRule.IGNORE);
    }

    /** Bytes in the order of memory, normalised by the graph. Orientation ignored. */
    public Preprocessing(int size, Resize resize, Filter filter, RgbOrder rgb) {
        this(size, resize, filter, rgb, Output.BYTES);
    }

    /**
     * Reads the parameters of a model's {@code config.pbtxt}:
     *
     * <ul>
     *   <li>{@code image.size};
     *   <li>{@code image.resize}: {@code shortest-edge} with {@code image.crop} ({@code center} or {@code center-down}) and,
     *       if it is not the size, {@code image.edge}; {@code squash}; {@code longest-edge} or {@code pad-square} with
     *       {@code image.fill} ({@code red,green,blue});
     *   <li>{@code image.filter}: {@code bicubic}, {@code bilinear}, {@code lanczos}, {@code box} or {@code hamming};
     *   <li>{@code image.rgb}: {@code after-resize} or {@code before-resize};
     *   <li>{@code image.type}, {@code uint8} if absent, or {@code fp32} or {@code fp16} with {@code image.mean} and
     *       {@code image.std} (three numbers each); {@code image.layout}, {@code nhwc} if absent, or {@code nchw}. What is
     *       absent here cannot change an answer unseen: the model's own input has a type and a shape to compare with;
     *   <li>{@code image.orientation}: {@code apply} or {@code ignore}, which is what an absent key means, for it is what the
     *       reference libraries do.
     * </ul>
     *
     * All else is required: a default that does not fit the model changes its answers silently.
     *
     * @throws IllegalArgumentException naming the key, what it may be and what it was
     */
    public static Preprocessing fromManifest(Map<String, String> parameters) {
        var manifest = new Manifest(parameters);
        int size = manifest.integer("image.size", 1, LARGEST_SIZE);
        RgbOrder rgb = manifest.choice(
                "image.rgb", Map.of("after-resize", RgbOrder.AFTER_RESIZE, "before-resize", RgbOrder.BEFORE_RESIZE));
        return new Preprocessing(
                size,
                resize(manifest, size, rgb),
                manifest.choice(
                        "image.filter",
                        Map.of(
                                "bicubic", Filter.BICUBIC,
                                "bilinear", Filter.BILINEAR,
                                "lanczos", Filter.LANCZOS,
                                "box", Filter.BOX,
                                "hamming", Filter.HAMMING)),
                rgb,
                output(manifest),
                manifest.text("image.orientation").isEmpty()
                        ? OrientationRule.IGNORE
                        : manifest.choice(
                                "image.orientation",
                                Map.of("apply", OrientationRule.APPLY, "ignore", OrientationRule.IGNORE)));
    }

    /**
     * What is done to a picture of this size, one sentence a step, for people who wonder what a model sees.
     *
     * @param storedWidth  pixels, positive, as stored
     * @param storedHeight pixels, positive, as stored
     * @param turn         how the file says that the picture is to be turned
     */
    public List<String> steps(int storedWidth, int storedHeight, Orientation turn) {
        if (storedWidth < 1 || storedHeight < 1) {
            throw new IllegalArgumentException(
                    "width and height must be positive, got " + storedWidth + "x" + storedHeight);
        }
        Orientation applied = orientation == OrientationRule.APPLY ? turn : Orientation.NORMAL;
        int width = applied.swapsSides() ? storedHeight : storedWidth;
        int height = applied.swapsSides() ? storedWidth : storedHeight;
        var geometry = Geometry.of(this, width, height);
        var margin = geometry.margin();
        var target = geometry.target();
        var steps = new ArrayList<String>();
        if (applied != Orientation.NORMAL) {
            steps.add(applied.deed());
        }
        if (rgb == RgbOrder.BEFORE_RESIZE) {
            steps.add("convert to RGB");
        }
        if (margin.width() != width || margin.height() != height) {
            steps.add("fill up with " + text(margin.fill()) + " to " + margin.width() + "x" + margin.height()
                    + ", the picture at " + margin.left() + "," + margin.top());
        }
        if (margin.width() != target.fullWidth() || margin.height() != target.fullHeight()) {
            steps.add("resize to " + target.fullWidth() + "x" + target.fullHeight() + ", "
                    + filter.name().toLowerCase(Locale.ROOT));
        }
        if (target.width() != target.fullWidth() || target.height() != target.fullHeight()) {
            steps.add(
                    "cut out " + target.width() + "x" + target.height() + " at " + target.left() + "," + target.top());
        }
        if (resize instanceof Resize.LongestEdge(Colour fill) && (target.width() < size || target.height() < size)) {
            steps.add("fill up with " + text(fill) + " to " + size + "x" + size + ", the picture at " + geometry.left()
                    + "," + geometry.top());
        }
        if (rgb == RgbOrder.AFTER_RESIZE) {
            steps.add("convert to RGB");
        }
        if (output.normalisation() != null) {
            steps.add("normalise to " + output.type().name().toLowerCase(Locale.ROOT));
        }
        return List.copyOf(steps);
    }

    private static String text(Colour colour) {
        return colour.red() + "," + colour.green() + "," + colour.blue();
    }

    private enum Way {
        SHORTEST_EDGE,
        SQUASH,
        LONGEST_EDGE,
        PAD_SQUARE
    }

    private static Resize resize(Manifest manifest, int size, RgbOrder rgb) {
        Way way = manifest.choice(
                "image.resize",
                Map.of(
                        "shortest-edge", Way.SHORTEST_EDGE,
                        "squash", Way.SQUASH,
                        "longest-edge", Way.LONGEST_EDGE,
                        "pad-square", Way.PAD_SQUARE));
        if (way != Way.SHORTEST_EDGE) {
            String reason = "image.resize is '" + manifest.text("image.resize").orElse("") + "', which crops nothing";
            manifest.absent("image.crop", reason);
            manifest.absent("image.edge", reason);
        }
        if (way == Way.SHORTEST_EDGE || way == Way.SQUASH) {
            manifest.absent(
                    "image.fill",
                    "image.resize is '" + manifest.text("image.resize").orElse("") + "', which leaves nothing to fill");
        }
        return switch (way) {
            case SQUASH -> Resize.SQUASH;
            case SHORTEST_EDGE ->
                new Resize.ShortestEdge(
                        Math.toIntExact(manifest.number("image.edge", size, LARGEST_SIZE)
                                .orElse((long) size)),
                        manifest.choice(
                                "image.crop",
                                Map.of("center", Resize.Crop.HALF_TO_EVEN, "center-down", Resize.Crop.DOWN)));
            case LONGEST_EDGE -> {
                Colour fill = colour(manifest);
                if (rgb == RgbOrder.AFTER_RESIZE && !fill.equals(Colour.BLACK)) {
                    throw Manifest.wrong(
                            "image.fill",
                            "'0,0,0' where image.rgb is 'after-resize'",
                            manifest.text("image.fill").orElse(""));
                }
                yield new Resize.LongestEdge(fill);
            }
            case PAD_SQUARE -> {
                if (rgb == RgbOrder.AFTER_RESIZE) {
                    throw Manifest.wrong(
                            "image.rgb", "'before-resize' where image.resize is 'pad-square'", "after-resize");
                }
                yield new Resize.PadSquare(colour(manifest));
            }
        };
    }

    private static Colour colour(Manifest manifest) {
        var parts = manifest.numbers("image.fill", 0, 255);
        if (parts.size() != 3) {
            throw Manifest.wrong(
                    "image.fill",
                    "three whole numbers from 0 to 255",
                    manifest.text("image.fill").orElse(""));
        }
        return new Colour(
                parts.get(0).intValue(), parts.get(1).intValue(), parts.get(2).intValue());
    }

    private static Output output(Manifest manifest) {
        Output.Type type = manifest.text("image.type").isEmpty()
                ? Output.Type.UINT8
                : manifest.choice(
                        "image.type",
                        Map.of("uint8", Output.Type.UINT8, "fp16", Output.Type.FP16, "fp32", Output.Type.FP32));
        Output.Layout layout = manifest.text("image.layout").isEmpty()
                ? Output.Layout.NHWC
                : manifest.choice("image.layout", Map.of("nhwc", Output.Layout.NHWC, "nchw", Output.Layout.NCHW));
        if (type == Output.Type.UINT8) {
            manifest.absent("image.mean", "image.type is 'uint8', which the graph normalises");
            manifest.absent("image.std", "image.type is 'uint8', which the graph normalises");
            return new Output(type, layout, null);
        }
        return new Output(
                type,
                layout,
                new Output.Normalisation(rgb(manifest, "image.mean", false), rgb(manifest, "image.std", true)));
    }

    private static Output.Rgb rgb(Manifest manifest, String key, boolean positive) {
        var numbers = manifest.decimals(key, 3, positive);
        return new Output.Rgb(numbers.get(0), numbers.get(1), numbers.get(2));
    }
}
