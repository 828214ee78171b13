package io.saccade.vision;

import static java.util.Objects.requireNonNull;

import java.time.Duration;

/**
 * Makes the tensor of one model out of the bytes of a picture, equal to Pillow and torchvision to the bit: resize,
 * centre crop, RGB. Normalising is the model's own business, so that a quarter of the bytes travels.
 *
 * <p>Not done, as in the reference: EXIF orientation, ICC profiles, blending of alpha. Thread-safe; every call allocates
 * what it needs and keeps nothing. The bytes may be hostile: a call ends with a value, whatever they hold.
 */
public final class ImagePreprocessor {
    private final Preprocessing preprocessing;
    private final PictureDecoder decoder;

    /** With the JVM's decoders. */
    public ImagePreprocessor(Preprocessing preprocessing, ImageLimits limits) {
        this(preprocessing, PictureDecoder.java(limits));
    }

    /** With a decoder that others may use too; whoever made it closes it. */
    public ImagePreprocessor(Preprocessing preprocessing, PictureDecoder decoder) {
        this.preprocessing = requireNonNull(preprocessing, "preprocessing");
        this.decoder = requireNonNull(decoder, "decoder");
    }

    /**
     * Decodes and prepares one picture. Runs on the calling thread and burns it: milliseconds of CPU for each megapixel.
     *
     * @param encoded the file, of any {@link ImageFormat}; it is only read
     */
    public Prepared prepare(byte[] encoded) {
        long start = System.nanoTime();
        return decoder.decode(encoded, decoded -> prepare(decoded, start));
    }

    private Prepared prepare(Decoded decoded, long start) {
        long pixels = System.nanoTime();
        return switch (decoded) {
            case Decoded.Refused(Refusal refusal) -> new Prepared.Refused(refusal);
            case Decoded.Picture(Bitmap bitmap, ImageFormat format, Orientation orientation, DecoderKind kind) -> {
                byte[] rgb = square(bitmap).samples();
                long end = System.nanoTime();
                yield new Prepared.Tensor(
                        rgb,
                        new ImageFacts(
                                format,
                                bitmap.width(),
                                bitmap.height(),
                                bitmap.mode(),
                                orientation,
                                kind,
                                Duration.ofNanos(pixels - start),
                                Duration.ofNanos(end - pixels)));
            }
        };
    }

    private Bitmap square(Bitmap bitmap) {
        Resampler.Target target = target(bitmap.width(), bitmap.height());
        return switch (preprocessing.rgb()) {
            case AFTER_RESIZE ->
                Resampler.resize(bitmap, target, preprocessing.filter()).toRgb();
            case BEFORE_RESIZE -> Resampler.resize(bitmap.toRgb(), target, preprocessing.filter());
        };
    }

    /** torchvision's {@code Resize(size)} and {@code CenterCrop(size)}, or a plain resize to {@code size} x {@code size}. */
    private Resampler.Target target(int width, int height) {
        int size = preprocessing.size();
        return switch (preprocessing.resize()) {
            case SQUASH -> new Resampler.Target(size, size, 0, 0, size, size);
            case SHORTEST_EDGE_CENTER_CROP -> {
                int fullWidth = width <= height ? size : longEdge(width, height);
                int fullHeight = width <= height ? longEdge(height, width) : size;
                yield new Resampler.Target(fullWidth, fullHeight, margin(fullWidth), margin(fullHeight), size, size);
            }
        };
    }

    private int longEdge(int longer, int shorter) {
        return (int) ((double) ((long) preprocessing.size() * longer) / shorter);
    }

    /** Python's {@code int(round((edge - size) / 2.0))}: half to even. */
    private int margin(int edge) {
        return (int) Math.rint((edge - preprocessing.size()) / 2.0);
    }
}
