package io.saccade.vision;

import com.twelvemonkeys.imageio.plugins.webp.WebPImageReaderSpi;
import java.awt.image.Raster;
import java.io.IOException;
import javax.imageio.ImageReader;
import javax.imageio.spi.ImageReaderSpi;

/**
 * Lossless WebP in the JVM, by TwelveMonkeys, equal to libwebp. Lossy files are refused: of those that a fast encoder wrote
 * (libwebp's method 0, which animations use) its version 3.14.0 makes quite another picture, and of the others one that is
 * visibly off. A wrong picture that looks read is worse than a refusal.
 */
final class WebpDecoder {
    private static final ImageReaderSpi READERS = new WebPImageReaderSpi();

    private WebpDecoder() {}

    static Decoded decode(WebpStream stream, Patience patience) {
        if (stream.lossy()) {
            return Decoded.refused(
                    RefusalCode.UNSUPPORTED_FORMAT,
                    "lossy WebP is read by libwebp only, which is missing here, switched off, or died of this file");
        }
        ImageReader reader;
        try {
            reader = READERS.createReaderInstance(null);
        } catch (IOException e) {
            throw new IllegalStateException("the WebP reader does not start", e);
        }
        try (var input = new PiecesImageInput(stream.asFile(), patience)) {
            patience.check();
            reader.setInput(input, true, true);
            Raster raster = reader.read(0).getRaster();
            return picture(stream, interleaved(stream, raster), DecoderKind.JAVA);
        } catch (Patience.Exhausted e) {
            throw e;
        } catch (IOException | RuntimeException e) {
            return Decoded.refused(RefusalCode.BROKEN, "the WebP data cannot be decoded: " + e.getMessage());
        } finally {
            reader.dispose();
        }
    }

    /** The frame on its canvas, which is empty elsewhere. */
    static Decoded picture(WebpStream stream, byte[] frame, DecoderKind decoder) {
        PixelMode mode = mode(stream);
        int bands = mode.bands();
        byte[] samples = frame;
        if (stream.frameWidth() != stream.width() || stream.frameHeight() != stream.height()) {
            samples = new byte[stream.width() * stream.height() * bands];
            int row = stream.frameWidth() * bands;
            for (int y = 0; y < stream.frameHeight(); y++) {
                int to = ((stream.top() + y) * stream.width() + stream.left()) * bands;
                System.arraycopy(frame, y * row, samples, to, row);
            }
        }
        return new Decoded.Picture(
                new Bitmap(mode, stream.width(), stream.height(), samples),
                ImageFormat.WEBP,
                stream.orientation(),
                decoder);
    }

    static PixelMode mode(WebpStream stream) {
        return stream.alpha() ? PixelMode.RGBA : PixelMode.RGB;
    }

    private static byte[] interleaved(WebpStream stream, Raster raster) throws IOException {
        int width = stream.frameWidth();
        int height = stream.frameHeight();
        if (raster.getWidth() != width || raster.getHeight() != height || raster.getNumBands() < 3) {
            throw new IOException("the frame has not the size its header says");
        }
        int bands = mode(stream).bands();
        int there = raster.getNumBands();
        byte[] samples = new byte[width * height * bands];
        int[] row = new int[width * there];
        int to = 0;
        for (int y = 0; y < height; y++) {
            raster.getPixels(0, y, width, 1, row);
            for (int x = 0, from = 0; x < width; x++, from += there) {
                for (int band = 0; band < bands; band++) {
                    samples[to++] = (byte) (band < there ? row[from + band] : 255);
                }
            }
        }
        return samples;
    }
}
