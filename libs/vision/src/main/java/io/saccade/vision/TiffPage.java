package io.saccade.vision;

import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The first page of a TIFF file (TIFF 6.0, adopted Adobe and Aldus technical notes): where its pixels lie and what they
 * mean. Other pages, sub-directories and metadata are never followed, so a loop of directories is never entered.
 *
 * @param file         the whole file
 * @param little       whether numbers begin with their low byte
 * @param width        pixels
 * @param height       pixels
 * @param depth        bits a sample: 1, 2, 4, 8 or 16
 * @param samples      samples a pixel, extra ones included
 * @param photometric  0 white is zero, 1 black is zero, 2 RGB, 3 palette, 5 CMYK, 6 YCbCr
 * @param extra        meaning of the first extra sample: -1 none, 0 unspecified, 1 premultiplied alpha, 2 alpha
 * @param compression  1 none, 2 to 4 CCITT, 5 LZW, 7 JPEG, 8 deflate, 32773 PackBits
 * @param predictor    1 none, 2 differences between neighbours
 * @param planar       whether each sample has a plane of its own
 * @param lowBitFirst  whether the bits of each byte are to be turned round
 * @param tileWidth    pixels of a tile or strip; the last may reach beyond the picture
 * @param tileHeight   pixels of a tile or strip
 * @param offsets      where each tile begins
 * @param counts       how many bytes each has, or null where the file does not say
 * @param palette      256 RGB triples, or null
 * @param orientation  how the picture is to be turned
 */
@SuppressWarnings("ArrayRecordComponent") // lives within one decode, never compared
record TiffPage(
        byte[] file,
        boolean little,
        int width,
        int height,
        int depth,
        int samples,
        int photometric,
        int extra,
        int compression,
        int predictor,
        boolean planar,
        boolean lowBitFirst,
        int tileWidth,
        int tileHeight,
        Values offsets,
        @Nullable Values counts,
        byte @Nullable [] palette,
        Orientation orientation) {

    /** The page, or why there is none. */
    sealed interface Parsed {

        record Readable(TiffPage page) implements Parsed {}

        record Refused(Refusal refusal) implements Parsed {}
    }

    /**
     * The values of a tag, read where they lie.
     *
     * @param type  1 BYTE, 3 SHORT, 4 LONG, 7 UNDEFINED
     * @param count how many
     * @param at    where the first lies
     */
    record Values(int type, int count, int at) {
        private int size() {
            return type == 3 ? 2 : type == 4 ? 4 : 1;
        }
    }

    private static final int MOST_ENTRIES = 4_096;
    private static final int WIDEST_TILE = 1 << 16;
    private static final int MOST_TILES = 1 << 16;

    private static final int BITS = 258;
    private static final int COMPRESSION = 259;
    private static final int MOST_SAMPLES = 6;

    /** One value of a tag. */
    long value(Values values, int index) {
        return value(file, little, values, index);
    }

    /** Tiles in a row. */
    int across() {
        return (width + tileWidth - 1) / tileWidth;
    }

    /** Rows of tiles. */
    int down() {
        return (height + tileHeight - 1) / tileHeight;
    }

    private static long value(byte[] file, boolean little, Values values, int index) {
        if (index >= values.count()) {
            throw new IndexOutOfBoundsException("a TIFF tag has too few values");
        }
        int at = values.at() + index * values.size();
        return switch (values.size()) {
            case 1 -> file[at] & 0xFF;
            case 2 -> word(file, little, at);
            default -> number(file, little, at);
        };
    }

    private static int word(byte[] file, boolean little, int at) {
        int first = file[at] & 0xFF;
        int second = file[at + 1] & 0xFF;
        return little ? second << 8 | first : first << 8 | second;
    }

    private static long number(byte[] file, boolean little, int at) {
        long first = word(file, little, at);
        long second = word(file, little, at + 2);
        return little ? second << 16 | first : first << 16 | second;
    }

    /**
     * Reads the first directory.
     *
     * @throws IndexOutOfBoundsException if the file ends too early
     */
    static Parsed parse(byte[] file, ImageLimits limits) {
        return new Parser(file, limits).parse();
    }

    private static final class Parser {
        private final byte[] file;
        private final ImageLimits limits;
        private final boolean little;
        private int directory;
        private int entries;

        Parser(byte[] file, ImageLimits limits) {
            this.file = file;
            this.limits = limits;
            this.little = file[0] == 'I';
        }

        Parsed parse() {
            long start = number(file, little, 4);
            if (start > file.length - 2L) {
                return refused(RefusalCode.TRUNCATED, "the TIFF file ends before its directory");
            }
            directory = (int) start + 2;
            entries = word(file, little, (int) start);
            if (entries > MOST_ENTRIES) {
                return refused(RefusalCode.TOO_COMPLEX, "a TIFF directory may have " + MOST_ENTRIES + " entries");
            }
            if (find(256) == null || find(257) == null) {
                return refused(RefusalCode.BROKEN, "the TIFF directory says no size");
            }
            long width = first(256, 0);
            long height = first(257, 0);
            Optional<Refusal> size = limits.refuseSize(width, height);
            if (size.isPresent()) {
                return new Parsed.Refused(size.get());
            }
            int compression = (int) first(COMPRESSION, 1);
            int photometric = (int) first(262, 0);
            int samples = (int) Math.min(first(277, compression == 7 && photometric != 1 ? 3 : 1), MOST_SAMPLES + 1);
            int depth = (int) Math.min(first(BITS, 1), 1024);
            Values depths = find(BITS);
            for (int i = 1; depths != null && i < Math.min(depths.count(), samples); i++) {
                if (value(file, little, depths, i) != depth) {
                    return refused(RefusalCode.UNSUPPORTED_DEPTH, "the samples of the TIFF file differ in depth");
                }
            }
            long form = first(339, 1);
            if ((depth != 1 && depth != 2 && depth != 4 && depth != 8 && depth != 16)
                    || (form != 1 && (form != 2 || depth != 8))) {
                return refused(
                        RefusalCode.UNSUPPORTED_DEPTH,
                        "expected up to 16 bits a sample, unsigned, the TIFF picture has " + depth + " of format "
                                + form);
            }
            int colours =
                    switch (photometric) {
                        case 0, 1, 3 -> 1;
                        case 2, 6 -> 3;
                        case 5 -> 4;
                        default -> 0;
                    };
            if (colours == 0 || samples < colours || samples > MOST_SAMPLES || (depth < 8 && samples != 1)) {
                return refused(
                        RefusalCode.UNSUPPORTED_FORMAT,
                        "the TIFF picture has photometric interpretation " + photometric + " with " + samples
                                + " samples of " + depth + " bits, which is not read");
            }
            Values extras = find(338);
            int extra = samples == colours ? -1 : extras == null ? photometric == 2 ? 2 : 0 : (int) first(338, 0);
            boolean tiled = find(324) != null;
            long tileWidth = tiled ? first(322, 0) : width;
            long tileHeight = tiled ? first(323, 0) : Math.min(first(278, height), height);
            Values offsets = find(tiled ? 324 : 273);
            Values counts = find(tiled ? 325 : 279);
            if (offsets == null
                    || tileWidth < 1
                    || tileHeight < 1
                    || tileWidth > WIDEST_TILE
                    || tileHeight > Integer.MAX_VALUE) {
                return refused(RefusalCode.BROKEN, "the TIFF directory does not say where the pixels are");
            }
            long tiles = ((width + tileWidth - 1) / tileWidth) * ((height + tileHeight - 1) / tileHeight);
            if (tiles > MOST_TILES) {
                return refused(
                        RefusalCode.TOO_COMPLEX, "a TIFF picture may have " + MOST_TILES + " tiles, got " + tiles);
            }
            byte[] palette = null;
            if (photometric == 3) {
                palette = palette(1 << depth);
                if (palette == null || depth == 16) {
                    return refused(RefusalCode.BROKEN, "the TIFF picture has no palette of its depth");
                }
            }
            return new Parsed.Readable(new TiffPage(
                    file,
                    little,
                    (int) width,
                    (int) height,
                    depth,
                    samples,
                    photometric,
                    extra,
                    compression == 32946 ? 8 : compression,
                    (int) first(317, 1),
                    first(284, 1) == 2 && samples > 1,
                    first(266, 1) == 2,
                    (int) tileWidth,
                    (int) Math.min(tileHeight, height),
                    offsets,
                    counts,
                    palette,
                    Orientation.ofTag((int) Math.min(first(274, 1), 9))));
        }

        /** TIFF has 16 bits a colour, all reds first. */
        private byte @Nullable [] palette(int colours) {
            Values map = find(320);
            if (map == null || map.count() < 3 * colours || colours > 256) {
                return null;
            }
            byte[] palette = new byte[3 * 256];
            for (int band = 0; band < 3; band++) {
                for (int i = 0; i < colours; i++) {
                    palette[3 * i + band] = (byte) (value(file, little, map, band * colours + i) >> 8);
                }
            }
            return palette;
        }

        private long first(int tag, long otherwise) {
            Values values = find(tag);
            return values == null || values.count() == 0 ? otherwise : value(file, little, values, 0);
        }

        private @Nullable Values find(int tag) {
            for (int entry = 0; entry < entries; entry++) {
                int at = directory + 12 * entry;
                if (word(file, little, at) == tag) {
                    int type = word(file, little, at + 2);
                    long count = number(file, little, at + 4);
                    int size = type == 3 ? 2 : type == 4 ? 4 : type == 1 || type == 7 ? 1 : 0;
                    if (size == 0) {
                        return null;
                    }
                    long place = count * size <= 4 ? at + 8 : number(file, little, at + 8);
                    if (place + count * size > file.length) {
                        throw new IndexOutOfBoundsException("a TIFF tag lies beyond the end of the file");
                    }
                    return new Values(type, (int) count, (int) place);
                }
            }
            return null;
        }

        private static Parsed refused(RefusalCode code, String message) {
            return new Parsed.Refused(new Refusal(code, message));
        }
    }
}
