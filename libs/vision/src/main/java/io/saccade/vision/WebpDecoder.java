package io.saccade.vision;

import io.saccade.vision.webp.WebpFrame;
import java.util.zip.DataFormatException;

/** WebP in the JVM, equal to libwebp. The pixels of a frame are {@link WebpFrame}'s; here they come onto their canvas. */
final class WebpDecoder {
    private WebpDecoder() {}

    static Decoded decode(WebpStream stream, Patience patience) {
        Pieces frame = stream.frame();
        boolean whole = frame.count() == 1;
        byte[] data = whole ? frame.array(0) : frame.toByteArray();
        int from = whole ? frame.offset(0) : 0;
        try {
            byte[] samples = WebpFrame.decode(
                    data,
                    from,
                    from + frame.size(),
                    stream.frameWidth(),
                    stream.frameHeight(),
                    mode(stream).bands(),
                    patience::check);
            return picture(stream, samples, DecoderKind.JAVA);
        } catch (DataFormatException e) {
            return Decoded.refused(RefusalCode.BROKEN, "the WebP data cannot be decoded: " + e.getMessage());
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

    /** Bytes a pixel beside the samples while it is decoded here: lossless data, of alpha too, is worked at in whole pixels. */
    static int bytesMore(WebpStream stream) {
        return stream.lossy() && !stream.separate() ? 0 : Integer.BYTES;
    }

    static PixelMode mode(WebpStream stream) {
        return stream.alpha() ? PixelMode.RGBA : PixelMode.RGB;
    }
}
