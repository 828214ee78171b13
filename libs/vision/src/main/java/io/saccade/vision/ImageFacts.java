package io.saccade.vision;

import static java.util.Objects.requireNonNull;

import java.time.Duration;

/**
 * What a picture was before it was prepared, and what preparing it took.
 *
 * @param format     the file format, by its content
 * @param width      pixels, as stored: EXIF orientation is not applied
 * @param height     pixels, as stored
 * @param mode       what the file's samples mean
 * @param orientation how the picture is to be turned, by its EXIF tag
 * @param decoder    what read it
 * @param decode     time from bytes to pixels
 * @param preprocess time from pixels to the tensor
 */
public record ImageFacts(
        ImageFormat format,
        int width,
        int height,
        PixelMode mode,
        Orientation orientation,
        DecoderKind decoder,
        Duration decode,
        Duration preprocess) {

    public ImageFacts {
        requireNonNull(format, "format");
        requireNonNull(mode, "mode");
        requireNonNull(orientation, "orientation");
        requireNonNull(decoder, "decoder");
        requireNonNull(decode, "decode");
        requireNonNull(preprocess, "preprocess");
        if (width < 1 || height < 1) {
            throw new IllegalArgumentException("width and height must be positive, got " + width + "x" + height);
        }
    }
}
