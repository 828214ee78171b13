package io.saccade.vision.webp;

import java.util.zip.DataFormatException;

/**
 * What stands before the macroblocks of a key frame (RFC 6386, sections 9 and 19.2), worked out as far as possible: steps and
 * filters for each segment. Where the RFC leaves open what a strange header means, it means what libwebp makes of it.
 */
final class FrameHeader {
    static final int SEGMENTS = 4;
    static final int FRAME_TAG = 3;
    static final int START = 10;
    private static final int MOST_PARTITIONS = 8;

    /** The steps of one segment. */
    record Steps(int lumaDc, int lumaAc, int secondDc, int secondAc, int chromaDc, int chromaAc) {}

    /**
     * How the edges of a macroblock are smoothed (section 15.2).
     *
     * @param limit    greatest difference across an edge within; 0 for no filter at all
     * @param interior greatest difference between neighbours on one side
     * @param variance difference beyond which an edge is taken to be one
     */
    record Smoothing(int limit, int interior, int variance) {}

    /** The loop filter of a picture. */
    enum Filter {
        NONE,
        SIMPLE,
        NORMAL
    }

    final int width;
    final int height;
    final Filter filter;
    final BoolDecoder modes;
    private final BoolDecoder[] tokens;
    private final int[] segmentProbabilities = {255, 255, 255};
    private final boolean segmentsMapped;
    private final Steps[] steps = new Steps[SEGMENTS];
    private final Smoothing[] smoothings = new Smoothing[2 * SEGMENTS];

    /** {@code [kind][band][context][node]}, see {@link Vp8Tables}. */
    final int[] tokenProbabilities = new int[Vp8Tables.KINDS * Vp8Tables.KIND];

    /** Probability that a macroblock has coefficients, or -1 where all have. */
    final int skipProbability;

    /**
     * Reads the header of the frame in {@code data[from..end)}, which has at least {@value #START} bytes.
     *
     * @throws DataFormatException if the frame cannot be shown or is cut off
     */
    FrameHeader(byte[] data, int from, int end) throws DataFormatException {
        int tag = triple(data, from);
        int partition = tag >> 5;
        if ((tag & 1) != 0 || (tag >> 1 & 7) > 3 || (tag >> 4 & 1) == 0) {
            throw new DataFormatException("the frame is no key frame to be shown");
        }
        width = triple(data, from + 6) & 0x3FFF;
        height = triple(data, from + 7) >> 8 & 0x3FFF;
        if (partition > end - from - START) {
            throw new DataFormatException("the frame ends inside its first partition");
        }
        int second = from + START + partition;
        modes = new BoolDecoder(data, from + START, second);
        // Colour space and clamping are not told apart, as in the reference.
        modes.number(2);

        boolean segmented = modes.flag();
        segmentsMapped = segmented && modes.flag();
        boolean absolute = true;
        int[] segmentSteps = new int[SEGMENTS];
        int[] segmentLevels = new int[SEGMENTS];
        if (segmented) {
            if (modes.flag()) {
                absolute = modes.flag();
                for (int i = 0; i < SEGMENTS; i++) {
                    segmentSteps[i] = modes.optionalSigned(7);
                }
                for (int i = 0; i < SEGMENTS; i++) {
                    segmentLevels[i] = modes.optionalSigned(6);
                }
            }
            for (int i = 0; segmentsMapped && i < segmentProbabilities.length; i++) {
                segmentProbabilities[i] = modes.flag() ? modes.number(8) : 255;
            }
        }

        boolean simple = modes.flag();
        int level = modes.number(6);
        int sharpness = modes.number(3);
        int intraDelta = 0;
        int blocksDelta = 0;
        boolean adjusted = modes.flag();
        if (adjusted && modes.flag()) {
            // Of four deltas for references and four for modes only the first ones concern key frames.
            intraDelta = modes.optionalSigned(6);
            for (int i = 1; i < 4; i++) {
                modes.optionalSigned(6);
            }
            blocksDelta = modes.optionalSigned(6);
            for (int i = 1; i < 4; i++) {
                modes.optionalSigned(6);
            }
        }
        if (modes.isExhausted()) {
            throw new DataFormatException("the frame ends inside its header");
        }
        filter = level == 0 ? Filter.NONE : simple ? Filter.SIMPLE : Filter.NORMAL;
        for (int i = 0; i < SEGMENTS; i++) {
            int own = !segmented ? level : absolute ? segmentLevels[i] : level + segmentLevels[i];
            smoothings[2 * i] = smoothing(own + intraDelta, sharpness);
            smoothings[2 * i + 1] = smoothing(own + intraDelta + blocksDelta, sharpness);
        }

        tokens = partitions(data, second, end, 1 << modes.number(2));

        int index = modes.number(7);
        int lumaDc = modes.optionalSigned(4);
        int secondDc = modes.optionalSigned(4);
        int secondAc = modes.optionalSigned(4);
        int chromaDc = modes.optionalSigned(4);
        int chromaAc = modes.optionalSigned(4);
        for (int i = 0; i < SEGMENTS; i++) {
            int own = !segmented ? index : absolute ? segmentSteps[i] : index + segmentSteps[i];
            steps[i] = new Steps(
                    Vp8Tables.dcStep(own + lumaDc, 127),
                    Vp8Tables.acStep(own),
                    2 * Vp8Tables.dcStep(own + secondDc, 127),
                    Math.max(8, Vp8Tables.acStep(own + secondAc) * 155 / 100),
                    Vp8Tables.dcStep(own + chromaDc, 117),
                    Vp8Tables.acStep(own + chromaAc));
        }

        // Whether probabilities last beyond this frame.
        modes.flag();
        for (int i = 0; i < tokenProbabilities.length; i++) {
            boolean changed = modes.bit(Vp8Tables.tokenChange(i)) != 0;
            tokenProbabilities[i] = changed ? modes.number(8) : Vp8Tables.token(i);
        }
        skipProbability = modes.flag() ? modes.number(8) : -1;
    }

    private static Smoothing smoothing(int level, int sharpness) {
        int clipped = Math.clamp(level, 0, 63);
        if (clipped == 0) {
            return new Smoothing(0, 0, 0);
        }
        int interior = clipped;
        if (sharpness > 0) {
            interior = Math.min(interior >> (sharpness > 4 ? 2 : 1), 9 - sharpness);
        }
        interior = Math.max(interior, 1);
        return new Smoothing(2 * clipped + interior, interior, clipped >= 40 ? 2 : clipped >= 15 ? 1 : 0);
    }

    /** The partitions of tokens (section 9.5): all sizes but the last one's first; the last one takes what is left. */
    private static BoolDecoder[] partitions(byte[] data, int from, int end, int count) throws DataFormatException {
        assert count <= MOST_PARTITIONS;
        int sizes = 3 * (count - 1);
        if (sizes >= end - from) {
            throw new DataFormatException("the frame ends before its last partition");
        }
        var partitions = new BoolDecoder[count];
        int start = from + sizes;
        for (int i = 0; i < count; i++) {
            int left = end - start;
            int size = i == count - 1 ? left : Math.min(triple(data, from + 3 * i), left);
            if (i == count - 1 && left == 0) {
                throw new DataFormatException("the frame ends before its last partition");
            }
            partitions[i] = new BoolDecoder(data, start, start + size);
            start += size;
        }
        return partitions;
    }

    private static int triple(byte[] data, int at) {
        return (data[at] & 0xFF) | (data[at + 1] & 0xFF) << 8 | (data[at + 2] & 0xFF) << 16;
    }

    /** The segment of the next macroblock (section 10). */
    int readSegment() {
        if (!segmentsMapped) {
            return 0;
        }
        return modes.bit(segmentProbabilities[0]) == 0
                ? modes.bit(segmentProbabilities[1])
                : 2 + modes.bit(segmentProbabilities[2]);
    }

    /** The partition with the tokens of a row of macroblocks. */
    BoolDecoder tokens(int row) {
        return tokens[row & tokens.length - 1];
    }

    Steps steps(int segment) {
        return steps[segment];
    }

    /** By segment, and whether the macroblock is predicted in 4x4 blocks. */
    Smoothing smoothing(int segment, boolean blocks) {
        return smoothings[2 * segment + (blocks ? 1 : 0)];
    }
}
