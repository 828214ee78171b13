package io.saccade.vision;

import java.awt.image.DataBufferByte;
import java.awt.image.PixelInterleavedSampleModel;
import java.awt.image.Raster;
import java.io.EOFException;
import java.io.IOException;
import javax.imageio.ImageReader;

/** PNG by the JDK, from its raster: the colour models of ImageIO would convert grey and blend alpha. */
final class PngDecoder {
    private PngDecoder() {}

    static Decoded decode(byte[] file, ImageLimits limits) {
        return switch (PngStream.parse(file, limits)) {
            case PngStream.Parsed.Refused(Refusal refusal) -> new Decoded.Refused(refusal);
            case PngStream.Parsed.Readable(PngStream stream) -> decode(stream);
        };
    }

    private static Decoded decode(PngStream stream) {
        ImageReader reader;
        try {
            reader = JdkReaders.PNG.createReaderInstance(null);
        } catch (IOException e) {
            throw new IllegalStateException("the JDK's PNG reader does not start", e);
        }
        try (var input = new ByteArrayImageInput(stream.bytes(), stream.bytes().length)) {
            reader.setInput(input, false, true);
            byte[] samples = samples(reader.read(0).getRaster(), stream);
            return new Decoded.Picture(
                    new Bitmap(stream.mode(), stream.width(), stream.height(), samples, stream.palette()));
        } catch (IOException | RuntimeException e) {
            return e.getCause() instanceof EOFException
                    ? Decoded.refused(RefusalCode.TRUNCATED, "the PNG file ends before its last row")
                    : Decoded.refused(RefusalCode.BROKEN, "the PNG data cannot be decoded: " + e.getMessage());
        } finally {
            reader.dispose();
        }
    }

    private static byte[] samples(Raster raster, PngStream stream) {
        int bands = stream.mode().bands();
        int length = stream.width() * stream.height() * bands;
        if (stream.depth() == 8
                && raster.getDataBuffer() instanceof DataBufferByte buffer
                && buffer.getData().length == length
                && raster.getSampleModel() instanceof PixelInterleavedSampleModel model
                && inOrder(model.getBandOffsets())) {
            return buffer.getData();
        }
        return unpacked(raster, stream, length);
    }

    private static boolean inOrder(int[] offsets) {
        for (int band = 0; band < offsets.length; band++) {
            if (offsets[band] != band) {
                return false;
            }
        }
        return true;
    }

    private static byte[] unpacked(Raster raster, PngStream stream, int length) {
        int row = stream.width() * stream.mode().bands();
        int scale = stream.mode() == PixelMode.PALETTE ? 1 : 255 / ((1 << stream.depth()) - 1);
        byte[] samples = new byte[length];
        int[] pixels = new int[row];
        for (int y = 0; y < stream.height(); y++) {
            pixels = raster.getPixels(0, y, stream.width(), 1, pixels);
            for (int i = 0; i < row; i++) {
                samples[y * row + i] = (byte) (pixels[i] * scale);
            }
        }
        return samples;
    }
}
