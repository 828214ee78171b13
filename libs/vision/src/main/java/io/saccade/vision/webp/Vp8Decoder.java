package io.saccade.vision.webp;

import java.util.Arrays;
import java.util.zip.DataFormatException;

/**
 * A key frame of VP8 (RFC 6386), the lossy kind of WebP, becomes RGB, equal to libwebp with its usual settings: loop filter
 * and interpolation of chroma on, no dithering. One row of macroblocks at a time: modes, coefficients, prediction, transform,
 * loop filter, colours. For one picture and one thread.
 */
final class Vp8Decoder {
    private static final int BLOCKS = 16;

    private final FrameHeader header;
    private final Window window;
    private final Prediction prediction;
    private final Transform transform = new Transform();
    private final Residuals residuals;

    /** The 4x4 modes along the lower edge of the row above, which make those below likely (section 11.3). */
    private final byte[] modesAbove;

    private final byte[] modesLeft = new byte[4];
    private final byte[] modes = new byte[BLOCKS];

    /** Of each macroblock of the row: what smooths it, and whether its inner edges are smoothed too. */
    private final FrameHeader.Smoothing[] smoothings;

    private final boolean[] within;

    private Vp8Decoder(FrameHeader header, byte[] out, int bands) {
        this.header = header;
        this.window = new Window(header.width, header.height, out, bands);
        this.prediction = new Prediction(window.columns());
        this.residuals = new Residuals(header.tokenProbabilities, window.columns(), transform);
        this.modesAbove = new byte[4 * window.columns()];
        this.smoothings = new FrameHeader.Smoothing[window.columns()];
        this.within = new boolean[window.columns()];
    }

    /**
     * Decodes a frame.
     *
     * @param data  holds it from {@code from} to before {@code end}
     * @param out   {@code [height][width][bands]} of the size the frame's header says; the first three bands are written
     * @param bands 3 or 4
     * @param pause called for each row of macroblocks; what it throws ends the work
     * @throws DataFormatException if the data is damaged or ends too soon
     */
    static void decode(byte[] data, int from, int end, byte[] out, int bands, Runnable pause)
            throws DataFormatException {
        if (end - from < FrameHeader.START) {
            throw new DataFormatException("the frame ends inside its header");
        }
        var header = new FrameHeader(data, from, end);
        if (out.length != header.width * header.height * bands) {
            throw new DataFormatException("the frame has not the size that was announced");
        }
        new Vp8Decoder(header, out, bands).decode(pause);
    }

    private void decode(Runnable pause) throws DataFormatException {
        for (int row = 0; row < window.rows(); row++) {
            pause.run();
            BoolDecoder tokens = header.tokens(row);
            prediction.startRow();
            residuals.startRow();
            Arrays.fill(modesLeft, (byte) Prediction.DC);
            for (int column = 0; column < window.columns(); column++) {
                macroblock(column, tokens);
                if (tokens.isExhausted()) {
                    throw new DataFormatException("the frame ends before its last coefficient");
                }
            }
            if (header.modes.isExhausted()) {
                throw new DataFormatException("the frame ends before its last mode");
            }
            for (int column = 0; column < window.columns(); column++) {
                if (smoothings[column].limit() > 0) {
                    window.smooth(column, row, header.filter, smoothings[column], within[column]);
                }
            }
            window.finish(row);
        }
    }

    private void macroblock(int column, BoolDecoder tokens) {
        BoolDecoder in = header.modes;
        int segment = header.readSegment();
        boolean skipped = header.skipProbability >= 0 && in.bit(header.skipProbability) != 0;
        boolean blocks = in.bit(145) == 0;
        int mode = Prediction.DC;
        if (blocks) {
            readBlockModes(in, 4 * column);
        } else {
            mode = in.bit(156) != 0
                    ? in.bit(128) != 0 ? Prediction.TRUE_MOTION : Prediction.HORIZONTAL
                    : in.bit(163) != 0 ? Prediction.VERTICAL : Prediction.DC;
            Arrays.fill(modesAbove, 4 * column, 4 * column + 4, (byte) mode);
            Arrays.fill(modesLeft, (byte) mode);
        }
        int chromaMode = in.bit(142) == 0
                ? Prediction.DC
                : in.bit(114) == 0
                        ? Prediction.VERTICAL
                        : in.bit(183) != 0 ? Prediction.TRUE_MOTION : Prediction.HORIZONTAL;

        boolean coefficients = false;
        if (skipped) {
            residuals.skip(column, blocks);
        } else {
            coefficients = residuals.read(tokens, column, blocks, header.steps(segment));
        }
        smoothings[column] = header.smoothing(segment, blocks);
        within[column] = blocks || coefficients;

        prediction.start(column);
        if (blocks) {
            prediction.startBlocks(column);
            for (int block = 0; block < BLOCKS; block++) {
                int at = Prediction.Y + (block >> 2) * 4 * Prediction.STRIDE + (block & 3) * 4;
                prediction.block(modes[block], at);
                add(block, at);
            }
        } else {
            prediction.luma(mode, column);
            for (int block = 0; block < BLOCKS; block++) {
                add(block, Prediction.Y + (block >> 2) * 4 * Prediction.STRIDE + (block & 3) * 4);
            }
        }
        prediction.chroma(chromaMode, column);
        for (int block = 0; block < 4; block++) {
            int at = (block >> 1) * 4 * Prediction.STRIDE + (block & 1) * 4;
            add(Residuals.FIRST_U + block, Prediction.U + at);
            add(Residuals.FIRST_V + block, Prediction.V + at);
        }
        prediction.finish(column, window);
    }

    private void add(int block, int at) {
        byte kind = residuals.kind(block);
        if (kind != Residuals.NONE) {
            transform.add(
                    residuals.coefficients(), block * Residuals.SIZE, kind, prediction.frame(), at, Prediction.STRIDE);
        }
    }

    /** Section 11.2 to 11.4: each of the sixteen modes is read in the light of those above and to the left. */
    private void readBlockModes(BoolDecoder in, int above) {
        for (int y = 0; y < 4; y++) {
            int left = modesLeft[y];
            for (int x = 0; x < 4; x++) {
                left = readBlockMode(in, modesAbove[above + x], left);
                modesAbove[above + x] = (byte) left;
                modes[4 * y + x] = (byte) left;
            }
            modesLeft[y] = (byte) left;
        }
    }

    private static int readBlockMode(BoolDecoder in, int above, int left) {
        if (in.bit(Vp8Tables.blockMode(above, left, 0)) == 0) {
            return Prediction.DC;
        }
        if (in.bit(Vp8Tables.blockMode(above, left, 1)) == 0) {
            return Prediction.TRUE_MOTION;
        }
        if (in.bit(Vp8Tables.blockMode(above, left, 2)) == 0) {
            return Prediction.VERTICAL;
        }
        if (in.bit(Vp8Tables.blockMode(above, left, 3)) == 0) {
            if (in.bit(Vp8Tables.blockMode(above, left, 4)) == 0) {
                return Prediction.HORIZONTAL;
            }
            return in.bit(Vp8Tables.blockMode(above, left, 5)) == 0 ? Prediction.RIGHT_DOWN : Prediction.VERTICAL_RIGHT;
        }
        if (in.bit(Vp8Tables.blockMode(above, left, 6)) == 0) {
            return Prediction.LEFT_DOWN;
        }
        if (in.bit(Vp8Tables.blockMode(above, left, 7)) == 0) {
            return Prediction.VERTICAL_LEFT;
        }
        return in.bit(Vp8Tables.blockMode(above, left, 8)) == 0 ? Prediction.HORIZONTAL_DOWN : Prediction.HORIZONTAL_UP;
    }
}
