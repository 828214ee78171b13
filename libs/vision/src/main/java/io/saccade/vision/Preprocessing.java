package io.saccade.vision;

import static java.util.Objects.requireNonNull;

import java.util.Map;

/**
 * What a model does to a picture before it looks at it.
 *
 * @param size   edge of the square the model reads, in pixels, 1 to 4096
 * @param resize how the picture becomes that square
 * @param filter the resampling filter
 * @param rgb    when the picture becomes RGB
 */
public record Preprocessing(int size, Resize resize, Filter filter, RgbOrder rgb) {
    private static final int LARGEST_SIZE = 4096;

    public Preprocessing {
        requireNonNull(resize, "resize");
        requireNonNull(filter, "filter");
        requireNonNull(rgb, "rgb");
        if (size < 1 || size > LARGEST_SIZE) {
            throw new IllegalArgumentException("size must be between 1 and " + LARGEST_SIZE + ", got " + size);
        }
    }

    /**
     * Reads the parameters of a model's {@code config.pbtxt}: {@code image.size}, {@code image.resize}
     * ({@code shortest-edge} or {@code squash}), {@code image.crop} ({@code center}; with {@code shortest-edge} only),
     * {@code image.filter} ({@code bicubic}) and {@code image.rgb} ({@code after-resize} or {@code before-resize}).
     * All are required: a default that does not fit the model changes its answers silently.
     *
     * @throws IllegalArgumentException naming the key, what it may be and what it was
     */
    public static Preprocessing fromManifest(Map<String, String> parameters) {
        var manifest = new Manifest(parameters);
        int size = manifest.integer("image.size", 1, LARGEST_SIZE);
        Resize resize = manifest.choice(
                "image.resize", Map.of("shortest-edge", Resize.SHORTEST_EDGE_CENTER_CROP, "squash", Resize.SQUASH));
        switch (resize) {
            case SHORTEST_EDGE_CENTER_CROP -> manifest.choice("image.crop", Map.of("center", true));
            case SQUASH -> manifest.absent("image.crop", "image.resize is 'squash', which leaves nothing to crop");
        }
        return new Preprocessing(
                size,
                resize,
                manifest.choice("image.filter", Map.of("bicubic", Filter.BICUBIC)),
                manifest.choice(
                        "image.rgb",
                        Map.of("after-resize", RgbOrder.AFTER_RESIZE, "before-resize", RgbOrder.BEFORE_RESIZE)));
    }
}
