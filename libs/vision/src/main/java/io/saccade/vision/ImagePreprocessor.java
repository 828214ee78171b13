package io.saccade.vision;

import static java.util.Objects.requireNonNull;

import java.time.Duration;

/**
 * Makes the tensor of one model out of the bytes of a picture, equal to Pillow, torchvision and numpy to the bit: what the
 * model's {@link Preprocessing} says, and nothing else.
 *
 * <p>Not done, as in the reference: ICC profiles, blending of alpha; orientation only where the model asks for it. Thread-safe; buffers are kept for the
 * next picture, as many sets as there were callers at once. The bytes may be hostile: a call ends with a value, whatever
 * they hold.
 */
public final class ImagePreprocessor {
    private final TensorMaker tensors;
    private final PictureDecoder decoder;
    private final boolean turns;

    /** With the JVM's decoders. */
    public ImagePreprocessor(Preprocessing preprocessing, ImageLimits limits) {
        this(preprocessing, PictureDecoder.java(limits));
    }

    /** With a decoder that others may use too; whoever made it closes it. */
    public ImagePreprocessor(Preprocessing preprocessing, PictureDecoder decoder) {
        this.tensors = new TensorMaker(requireNonNull(preprocessing, "preprocessing"));
        this.decoder = requireNonNull(decoder, "decoder");
        this.turns = preprocessing.orientation() == OrientationRule.APPLY;
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

    /**
     * Prepares pixels that are decoded already, such as a frame of a video.
     *
     * @param rgb    {@code uint8[height][width][3]}, row-major, red first; only read
     * @param width  pixels, positive
     * @param height pixels, positive
     * @return the tensor, as in {@link Prepared.Tensor#rgb()}
     * @throws IllegalArgumentException if there are not as many bytes as the size says
     */
    public byte[] tensor(byte[] rgb, int width, int height) {
        if (width < 1 || height < 1) {
            throw new IllegalArgumentException("width and height must be positive, got " + width + "x" + height);
        }
        return tensors.tensor(new Bitmap(PixelMode.RGB, width, height, rgb));
    }

    private Prepared prepare(Decoded decoded, long start) {
        long pixels = System.nanoTime();
        return switch (decoded) {
            case Decoded.Refused(Refusal refusal) -> new Prepared.Refused(refusal);
            case Decoded.Picture(Bitmap bitmap, ImageFormat format, Orientation orientation, DecoderKind kind) -> {
                byte[] rgb = tensors.tensor(turns ? orientation.apply(bitmap) : bitmap);
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
}
