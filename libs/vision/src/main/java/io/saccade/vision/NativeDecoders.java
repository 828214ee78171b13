package io.saccade.vision;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The native decoders of this machine that may be used. A library is believed only after it has made of a few small
 * pictures, brought along, what the Java decoder makes of them: the choice must never change a pixel.
 *
 * @param jpeg  libjpeg-turbo, or null
 * @param webp  libwebp, or null
 * @param notes what was not found or not believed, each as a sentence
 */
record NativeDecoders(@Nullable TurboJpeg jpeg, @Nullable LibWebp webp, List<String> notes) {
    static final NativeDecoders NONE = new NativeDecoders(null, null, List.of());

    private static final List<String> JPEG_PROBES = List.of(
            "420.jpg",
            "422.jpg",
            "440.jpg",
            "444-progressive.jpg",
            "420-restart.jpg",
            "grey.jpg",
            "cmyk.jpg",
            "ycck.jpg");
    private static final List<String> WEBP_PROBES = List.of("lossless.webp", "lossy.webp", "lossy-alpha.webp");

    NativeDecoders {
        notes = List.copyOf(notes);
    }

    /** Looks for the libraries and checks them. */
    static NativeDecoders find() {
        var notes = new ArrayList<String>();
        TurboJpeg jpeg = TurboJpeg.find();
        if (jpeg == null) {
            notes.add("libjpeg-turbo (libturbojpeg.so.0, Debian package libturbojpeg0) was not found");
        } else if (!JPEG_PROBES.stream().allMatch(new JpegProbe(jpeg)::equal)) {
            notes.add(jpeg.file() + " makes other pixels than the Java decoder and is not used");
            jpeg = null;
        }
        LibWebp webp = LibWebp.find();
        if (webp == null) {
            notes.add("libwebp (libwebp.so.7, Debian package libwebp7) was not found");
        } else if (!WEBP_PROBES.stream().allMatch(new WebpProbe(webp)::equal)) {
            notes.add(webp.file() + " makes other pixels than the Java decoder and is not used");
            webp = null;
        }
        return new NativeDecoders(jpeg, webp, notes);
    }

    private record JpegProbe(TurboJpeg library) {

        boolean equal(String probe) {
            return JpegStream.parse(bytes(probe), ImageLimits.DEFAULT)
                            instanceof JpegStream.Parsed.Readable(JpegStream stream)
                    && JpegDecoder.decode(stream, patience()) instanceof Decoded.Picture expected
                    && library.decode(stream) instanceof Bitmap bitmap
                    && Arrays.equals(bitmap.samples(), expected.bitmap().samples());
        }
    }

    private record WebpProbe(LibWebp library) {

        boolean equal(String probe) {
            return WebpStream.parse(bytes(probe), ImageLimits.DEFAULT)
                            instanceof WebpStream.Parsed.Readable(WebpStream stream)
                    && WebpDecoder.decode(stream, patience()) instanceof Decoded.Picture expected
                    && library.decode(stream) instanceof Decoded.Picture actual
                    && Arrays.equals(
                            actual.bitmap().samples(), expected.bitmap().samples());
        }
    }

    private static Patience patience() {
        return new Patience(Duration.ofMinutes(1), System::nanoTime);
    }

    private static byte[] bytes(String probe) {
        try (InputStream in = NativeDecoders.class.getResourceAsStream("probes/" + probe)) {
            if (in == null) {
                throw new IllegalStateException("the jar lacks the picture probes/" + probe);
            }
            return in.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
