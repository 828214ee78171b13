package io.saccade.vision;

import java.awt.color.ColorSpace;
import java.awt.image.BufferedImage;
import java.awt.image.ComponentColorModel;
import java.awt.image.DataBuffer;
import java.awt.image.DataBufferByte;
import java.awt.image.Raster;
import java.awt.image.WritableRaster;
import java.io.IOException;
import javax.imageio.ImageReadParam;
import javax.imageio.ImageReader;

/**
 * JPEG in the JVM: by {@link JpegPixels} where it can, else by the JDK's libjpeg, made equal to Pillow's libjpeg-turbo where
 * the two differ.
 *
 * <p>Not done: asking the JDK for the last pass of a progressive picture only, which would spare the painting of the others.
 * Its libjpeg then smooths blocks that are already exact, and goes round in circles on a damaged file, out of reach.
 */
final class JpegDecoder {
    private static final ComponentColorModel SRGB = new ComponentColorModel(
            ColorSpace.getInstance(ColorSpace.CS_sRGB), false, false, BufferedImage.OPAQUE, DataBuffer.TYPE_BYTE);

    private JpegDecoder() {}

    static Decoded decode(JpegStream stream, Patience patience) {
        Bitmap own = JpegPixels.decode(stream, patience);
        return own == null ? byTheJdk(stream, patience) : Decoded.picture(own, ImageFormat.JPEG, stream.orientation());
    }

    /** The JDK's libjpeg alone, for whatever is left to it. */
    static Decoded byTheJdk(JpegStream stream, Patience patience) {
        ImageReader reader;
        try {
            reader = JdkReaders.JPEG.createReaderInstance(null);
        } catch (IOException e) {
            throw new IllegalStateException("the JDK's JPEG reader does not start", e);
        }
        try (var input = new PiecesImageInput(stream.file(), patience)) {
            reader.setInput(input, true, true);
            return Decoded.picture(bitmap(reader, stream), ImageFormat.JPEG, stream.orientation());
        } catch (Patience.Exhausted e) {
            throw e;
        } catch (IOException | RuntimeException e) {
            return Decoded.refused(RefusalCode.BROKEN, "the JPEG data cannot be decoded: " + e.getMessage());
        } finally {
            reader.dispose();
        }
    }

    private static Bitmap bitmap(ImageReader reader, JpegStream stream) throws IOException {
        int width = stream.width();
        int height = stream.height();
        ImageReadParam param = reader.getDefaultReadParam();
        return switch (stream.colours()) {
            case GREY -> new Bitmap(PixelMode.GREY, width, height, raw(reader, param, width * height));
            case RGB -> new Bitmap(PixelMode.RGB, width, height, raw(reader, param, width * height * 3));
            case YCBCR -> {
                byte[] samples;
                if (stream.tallChroma()) {
                    samples = raw(reader, param, width * height * 3);
                    Chroma.smoothRows(samples, width, height);
                    Chroma.toRgb(samples);
                } else {
                    samples = rgb(reader, param, width, height);
                }
                yield new Bitmap(PixelMode.RGB, width, height, samples);
            }
            case CMYK -> {
                byte[] samples = raw(reader, param, width * height * 4);
                Chroma.invert(samples);
                yield new Bitmap(PixelMode.CMYK, width, height, samples);
            }
            case YCCK -> {
                byte[] samples = raw(reader, param, width * height * 4);
                Chroma.ycckToCmyk(samples);
                yield new Bitmap(PixelMode.CMYK, width, height, samples);
            }
        };
    }

    /** Red first in memory, so that the reader copies whole rows. */
    private static byte[] rgb(ImageReader reader, ImageReadParam param, int width, int height) throws IOException {
        byte[] samples = new byte[width * height * 3];
        WritableRaster raster = Raster.createInterleavedRaster(
                new DataBufferByte(samples, samples.length), width, height, width * 3, 3, new int[] {0, 1, 2}, null);
        param.setDestination(new BufferedImage(SRGB, raster, false, null));
        reader.read(0, param);
        return samples;
    }

    private static byte[] raw(ImageReader reader, ImageReadParam param, int length) throws IOException {
        Raster raster = reader.readRaster(0, param);
        if (raster.getDataBuffer() instanceof DataBufferByte buffer && buffer.getData().length == length) {
            return buffer.getData();
        }
        throw new IOException(
                "expected " + length + " samples, got " + raster.getDataBuffer().getSize());
    }
}
