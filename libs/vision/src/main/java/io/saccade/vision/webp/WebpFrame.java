package io.saccade.vision.webp;

import java.util.zip.DataFormatException;

/** One frame of a WebP file: the chunks ALPH and VP8, or VP8L, become pixels. Thread-safe; nothing is kept between calls. */
public final class WebpFrame {
    private static final int ALPH = 0x48504C41;
    private static final int VP8 = 0x20385056;
    private static final int VP8L = 0x4C385056;
    private static final int CHUNK_HEADER = 8;
    private static final int RGBA = 4;

    private WebpFrame() {}

    /**
     * Decodes a frame.
     *
     * @param data   its chunks, the last of which holds the colours; what follows that one's beginning belongs to it
     * @param from   where the first chunk begins
     * @param end    where the last one ends, padding included
     * @param width  in pixels, as the colours' header says
     * @param height in pixels
     * @param bands  3 for RGB, 4 for RGBA, not premultiplied and opaque where nothing else is said
     * @param pause  called now and then; what it throws ends the work
     * @return {@code [height][width][bands]}, row-major
     * @throws DataFormatException if the data is damaged or ends too soon; the message says where
     */
    public static byte[] decode(byte[] data, int from, int end, int width, int height, int bands, Runnable pause)
            throws DataFormatException {
        int alpha = -1;
        int alphaEnd = -1;
        int at = from;
        while (end - at >= CHUNK_HEADER) {
            int name = number(data, at);
            int length = number(data, at + 4);
            int body = at + CHUNK_HEADER;
            if (name == VP8L) {
                return lossless(data, body, end, width, height, bands, pause);
            }
            if (name == VP8) {
                byte[] out = new byte[width * height * bands];
                Vp8Decoder.decode(data, body, end, out, bands, pause);
                if (alpha >= 0) {
                    // Where nobody asks for it, it must be sound all the same, as in the reference.
                    byte[] to = bands == RGBA ? out : new byte[width * height];
                    AlphaPlane.decode(data, alpha, alphaEnd, width, height, to, bands == RGBA ? RGBA : 1, pause);
                } else if (bands == RGBA) {
                    for (int i = RGBA - 1; i < out.length; i += RGBA) {
                        out[i] = (byte) 255;
                    }
                }
                return out;
            }
            if (length < 0 || length > end - body) {
                break;
            }
            if (name == ALPH) {
                alpha = body;
                alphaEnd = body + length;
            }
            at = (int) Math.min(end, (long) body + length + (length & 1));
        }
        throw new DataFormatException("the frame holds no colours");
    }

    private static byte[] lossless(byte[] data, int from, int end, int width, int height, int bands, Runnable pause)
            throws DataFormatException {
        int[] argb = Vp8lDecoder.decode(data, from, end, width, height, pause);
        byte[] out = new byte[width * height * bands];
        for (int i = 0, to = 0; i < argb.length; i++, to += bands) {
            int pixel = argb[i];
            out[to] = (byte) (pixel >> 16);
            out[to + 1] = (byte) (pixel >> 8);
            out[to + 2] = (byte) pixel;
            if (bands == RGBA) {
                out[to + 3] = (byte) (pixel >> 24);
            }
        }
        return out;
    }

    private static int number(byte[] data, int at) {
        return (data[at] & 0xFF) | (data[at + 1] & 0xFF) << 8 | (data[at + 2] & 0xFF) << 16 | data[at + 3] << 24;
    }
}
