package io.saccade.vision.webp;

/**
 * Two rows of macroblocks: the one being decoded, and the one above it, whose lower pixels its loop filter still changes. What
 * no filter will touch again goes out as RGB, eight rows behind. So a picture takes little memory beyond its own pixels. For
 * one picture and one thread.
 */
final class Window {
    private static final int LUMA = 16;
    private static final int CHROMA = 8;

    /** Rows of luma that wait for the next row of macroblocks: it changes three rows of chroma, and one more is looked at. */
    private static final int BEHIND = 8;

    private final int width;
    private final int height;
    private final int columns;
    private final int rows;
    private final int lumaStride;
    private final int chromaStride;
    private final byte[] y;
    private final byte[] u;
    private final byte[] v;
    private final byte[] out;
    private final int bands;

    /**
     * @param width  of the picture in pixels
     * @param height of the picture
     * @param out    {@code [height][width][bands]}, of which the first three bands become R, G and B
     * @param bands  3 or 4
     */
    Window(int width, int height, byte[] out, int bands) {
        this.width = width;
        this.height = height;
        this.columns = (width + LUMA - 1) >> 4;
        this.rows = (height + LUMA - 1) >> 4;
        this.lumaStride = columns * LUMA;
        this.chromaStride = columns * CHROMA;
        this.y = new byte[2 * LUMA * lumaStride];
        this.u = new byte[2 * CHROMA * chromaStride];
        this.v = new byte[2 * CHROMA * chromaStride];
        this.out = out;
        this.bands = bands;
    }

    int columns() {
        return columns;
    }

    int rows() {
        return rows;
    }

    /** Puts a macroblock into the lower row. */
    void put(int column, byte[] frame, int yAt, int uAt, int vAt, int stride) {
        int to = LUMA * lumaStride + column * LUMA;
        for (int row = 0; row < LUMA; row++) {
            System.arraycopy(frame, yAt + row * stride, y, to + row * lumaStride, LUMA);
        }
        to = CHROMA * chromaStride + column * CHROMA;
        for (int row = 0; row < CHROMA; row++) {
            System.arraycopy(frame, uAt + row * stride, u, to + row * chromaStride, CHROMA);
            System.arraycopy(frame, vAt + row * stride, v, to + row * chromaStride, CHROMA);
        }
    }

    /** Smooths the edges of one macroblock of the lower row (RFC 6386, section 15.1), after those before it. */
    void smooth(int column, int row, FrameHeader.Filter filter, FrameHeader.Smoothing smoothing, boolean within) {
        int luma = LUMA * lumaStride + column * LUMA;
        switch (filter) {
            case NONE -> {}
            case SIMPLE -> {
                int limit = smoothing.limit();
                if (column > 0) {
                    LoopFilter.simple(y, luma, 1, lumaStride, LUMA, limit + 4);
                }
                for (int x = 4; within && x < LUMA; x += 4) {
                    LoopFilter.simple(y, luma + x, 1, lumaStride, LUMA, limit);
                }
                if (row > 0) {
                    LoopFilter.simple(y, luma, lumaStride, 1, LUMA, limit + 4);
                }
                for (int line = 4; within && line < LUMA; line += 4) {
                    LoopFilter.simple(y, luma + line * lumaStride, lumaStride, 1, LUMA, limit);
                }
            }
            case NORMAL -> {
                normal(y, luma, lumaStride, LUMA, column > 0, row > 0, smoothing, within);
                int chroma = CHROMA * chromaStride + column * CHROMA;
                normal(u, chroma, chromaStride, CHROMA, column > 0, row > 0, smoothing, within);
                normal(v, chroma, chromaStride, CHROMA, column > 0, row > 0, smoothing, within);
            }
        }
    }

    private static void normal(
            byte[] plane,
            int at,
            int stride,
            int size,
            boolean left,
            boolean above,
            FrameHeader.Smoothing smoothing,
            boolean within) {
        if (left) {
            LoopFilter.macroblock(plane, at, 1, stride, size, smoothing);
        }
        for (int x = 4; within && x < size; x += 4) {
            LoopFilter.block(plane, at + x, 1, stride, size, smoothing);
        }
        if (above) {
            LoopFilter.macroblock(plane, at, stride, 1, size, smoothing);
        }
        for (int line = 4; within && line < size; line += 4) {
            LoopFilter.block(plane, at + line * stride, stride, 1, size, smoothing);
        }
    }

    /** Puts out what is final once row {@code row} is smoothed, and makes room for the next one. */
    void finish(int row) {
        int first = Math.max(0, LUMA * row - BEHIND);
        int end = row == rows - 1 ? height : LUMA * row + BEHIND;
        int lastChroma = ((height + 1) >> 1) - 1;
        for (int line = first; line < end; line++) {
            int own = line >> 1;
            int other = Math.clamp((line & 1) == 0 ? own - 1 : own + 1, 0, lastChroma);
            Yuv.toRgb(
                    y,
                    (line - LUMA * (row - 1)) * lumaStride,
                    u,
                    v,
                    (own - CHROMA * (row - 1)) * chromaStride,
                    (other - CHROMA * (row - 1)) * chromaStride,
                    out,
                    line * width * bands,
                    bands,
                    width);
        }
        System.arraycopy(y, LUMA * lumaStride, y, 0, LUMA * lumaStride);
        System.arraycopy(u, CHROMA * chromaStride, u, 0, CHROMA * chromaStride);
        System.arraycopy(v, CHROMA * chromaStride, v, 0, CHROMA * chromaStride);
    }
}
