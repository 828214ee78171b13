package io.saccade.vision.webp;

import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.zip.DataFormatException;
import org.jspecify.annotations.Nullable;

/**
 * VP8L, the lossless kind of WebP (RFC 9649, section 3), becomes ARGB. For one picture and one thread.
 *
 * <p>A picture takes four bytes a pixel, and its prefix codes as much at most, beyond 8 MiB and never above 40 MiB: a file that
 * wants more of them, as no encoder writes it, is refused.
 */
final class Vp8lDecoder {
    /** Of a frame: one byte to know it by, 14 bits for each edge, one for alpha, three for the version. */
    static final int HEADER = 5;

    private static final int LITERALS = 256;
    private static final int LENGTHS = 24;
    private static final int DISTANCES = 40;
    private static final int LONGEST_CACHE = 11;
    private static final int MOST_SYMBOLS = LITERALS + LENGTHS + (1 << LONGEST_CACHE);
    private static final int CODES = 5;
    private static final int GREEN = 0;
    private static final int RED = 1;
    private static final int BLUE = 2;
    private static final int ALPHA = 3;
    private static final int DISTANCE = 4;

    private static final int PREDICT = 0;
    private static final int CROSS_COLOUR = 1;
    private static final int ADD_GREEN = 2;

    private static final int[] LENGTH_ORDER = {17, 18, 0, 1, 2, 3, 4, 5, 16, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
    private static final int REPEAT = 16;
    private static final int[] REPEAT_BITS = {2, 3, 7};
    private static final int[] REPEAT_LEAST = {3, 3, 11};

    /** The nearest pixels, each as {@code rows up << 4 | 8 - columns right} (section 3.6.2.2). */
    private static final int[] NEAR = {
        0x18, 0x07, 0x17, 0x19, 0x28, 0x06, 0x27, 0x29, 0x16, 0x1A, 0x26, 0x2A, 0x38, 0x05, 0x37, 0x39, 0x15, 0x1B,
                0x36,
        0x3A, 0x25, 0x2B, 0x48, 0x04, 0x47, 0x49, 0x14, 0x1C, 0x35, 0x3B, 0x46, 0x4A, 0x24, 0x2C, 0x58, 0x45, 0x4B,
                0x34,
        0x3C, 0x03, 0x57, 0x59, 0x13, 0x1D, 0x56, 0x5A, 0x23, 0x2D, 0x44, 0x4C, 0x55, 0x5B, 0x33, 0x3D, 0x68, 0x02,
                0x67,
        0x69, 0x12, 0x1E, 0x66, 0x6A, 0x22, 0x2E, 0x54, 0x5C, 0x43, 0x4D, 0x65, 0x6B, 0x32, 0x3E, 0x78, 0x01, 0x77,
                0x79,
        0x53, 0x5D, 0x11, 0x1F, 0x64, 0x6C, 0x42, 0x4E, 0x76, 0x7A, 0x21, 0x2F, 0x75, 0x7B, 0x31, 0x3F, 0x63, 0x6D,
                0x52,
        0x5E, 0x00, 0x74, 0x7C, 0x41, 0x4F, 0x10, 0x20, 0x62, 0x6E, 0x30, 0x73, 0x7D, 0x51, 0x5F, 0x40, 0x72, 0x7E,
                0x61,
        0x6F, 0x50, 0x71, 0x7F, 0x60, 0x70
    };

    /** Numbers in the tables of all prefix codes that any picture may have: encoders stay far below. */
    private static final int LEAST_TABLES = 2 << 20;

    /** How many more a large one may have, one for each pixel. */
    private static final int MORE_TABLES = 8 << 20;

    private static final int PIXELS_BETWEEN_PAUSES = 1 << 14;
    private static final int CACHE_FACTOR = 0x1E35A7BD;

    private final BitReader in;
    private final int width;
    private final int height;
    private final Runnable pause;
    private final byte[] lengths = new byte[MOST_SYMBOLS];
    private final Deque<Vp8lTransform> transforms = new ArrayDeque<>();
    private int tablesLeft;

    private Vp8lDecoder(BitReader in, int width, int height, Runnable pause) {
        this.in = in;
        this.width = width;
        this.height = height;
        this.pause = pause;
        this.tablesLeft = LEAST_TABLES + Math.min(MORE_TABLES, width * height);
    }

    /**
     * Decodes a frame with its header.
     *
     * @param data   holds it from {@code from} to before {@code end}
     * @param width  in pixels, as announced
     * @param height in pixels
     * @param pause  called now and then; what it throws ends the work
     * @return {@code [height][width]} ARGB
     * @throws DataFormatException if the data is damaged or ends too soon
     */
    static int[] decode(byte[] data, int from, int end, int width, int height, Runnable pause)
            throws DataFormatException {
        var in = new BitReader(data, from, end);
        if (end - from < HEADER
                || in.read(8) != 0x2F
                || in.read(14) != width - 1
                || in.read(14) != height - 1
                || in.read(4) > 1) {
            throw new DataFormatException("the frame has not the header that was announced");
        }
        return new Vp8lDecoder(in, width, height, pause).decode(false);
    }

    /** As {@link #decode}, for alpha: the data has no header, and green is what matters. */
    static int[] decodeAlpha(byte[] data, int from, int end, int width, int height, Runnable pause)
            throws DataFormatException {
        return new Vp8lDecoder(new BitReader(data, from, end), width, height, pause).decode(true);
    }

    private int[] decode(boolean alpha) throws DataFormatException {
        int columns = width;
        int seen = 0;
        while (in.flag()) {
            int type = in.read(2);
            if ((seen & 1 << type) != 0) {
                throw new DataFormatException("a transform comes twice");
            }
            seen |= 1 << type;
            Vp8lTransform transform = transform(type, columns);
            transforms.push(transform);
            if (transform instanceof Vp8lTransform.Palette palette) {
                columns = tiles(columns, palette.bits());
            }
        }
        boolean onlyPalette = transforms.size() == 1 && transforms.peek() instanceof Vp8lTransform.Palette;
        int[] pixels = image(columns, height, width * height, true, alpha && onlyPalette);
        for (Vp8lTransform transform : transforms) {
            transform.undo(pixels, height, pause);
        }
        return pixels;
    }

    private static int tiles(int size, int bits) {
        return (size + (1 << bits) - 1) >> bits;
    }

    private Vp8lTransform transform(int type, int columns) throws DataFormatException {
        return switch (type) {
            case PREDICT -> {
                int bits = 2 + in.read(3);
                yield new Vp8lTransform.Predict(columns, bits, tileImage(columns, bits));
            }
            case CROSS_COLOUR -> {
                int bits = 2 + in.read(3);
                yield new Vp8lTransform.CrossColour(columns, bits, tileImage(columns, bits));
            }
            case ADD_GREEN -> new Vp8lTransform.AddGreen(columns);
            default -> {
                int colours = 1 + in.read(8);
                int bits = colours > 16 ? 0 : colours > 4 ? 1 : colours > 2 ? 2 : 3;
                int[] palette = Arrays.copyOf(image(colours, 1, colours, false, false), 1 << (8 >> bits));
                for (int i = 1; i < colours; i++) {
                    palette[i] = Argb.add(palette[i], palette[i - 1]);
                }
                yield new Vp8lTransform.Palette(columns, bits, palette);
            }
        };
    }

    private int[] tileImage(int columns, int bits) throws DataFormatException {
        int across = tiles(columns, bits);
        int down = tiles(height, bits);
        return image(across, down, across * down, false, false);
    }

    /**
     * One entropy-coded image (section 3.7): the picture, or numbers for tiles of it.
     *
     * @param capacity length of the array that is returned
     * @param whole    whether it is the picture, which may have several groups of codes
     * @param eightBit whether libwebp reads it as bytes if it can; then the last literal may lack bits
     */
    private int[] image(int columns, int rows, int capacity, boolean whole, boolean eightBit)
            throws DataFormatException {
        int cacheBits = in.flag() ? in.read(4) : -1;
        if (cacheBits == 0 || cacheBits > LONGEST_CACHE) {
            throw new DataFormatException("a colour cache must have 1 to " + LONGEST_CACHE + " bits");
        }
        int cacheSize = cacheBits < 0 ? 0 : 1 << cacheBits;
        int[] groupOfTile = null;
        int tileBits = 0;
        if (whole && in.flag()) {
            tileBits = 2 + in.read(3);
            groupOfTile = tileImage(columns, tileBits);
        }
        PrefixCode[][] groups = groups(groupOfTile, LITERALS + LENGTHS + cacheSize);
        boolean lenient = eightBit && cacheSize == 0 && areGreenOnly(groups);
        int[] pixels = new int[capacity];
        int[] cache = new int[cacheSize];
        int total = columns * rows;
        int tileMask = groupOfTile == null ? -1 : (1 << tileBits) - 1;
        int tilesAcross = tiles(columns, tileBits);
        PrefixCode[] codes = groups[0];
        int at = 0;
        int x = 0;
        int y = 0;
        int pauseAt = 0;
        boolean moved = true;
        while (at < total) {
            if (at >= pauseAt) {
                pause.run();
                pauseAt = at + PIXELS_BETWEEN_PAUSES;
            }
            if (groupOfTile != null && (moved || (x & tileMask) == 0)) {
                codes = groups[groupOfTile[(y >> tileBits) * tilesAcross + (x >> tileBits)]];
                moved = false;
            }
            int green = codes[GREEN].read(in);
            int length = 1;
            if (green < LITERALS) {
                int red = codes[RED].read(in);
                int blue = codes[BLUE].read(in);
                int alpha = codes[ALPHA].read(in);
                pixels[at] = alpha << 24 | red << 16 | green << 8 | blue;
            } else if (green < LITERALS + LENGTHS) {
                length = prefixed(green - LITERALS);
                int distance = distance(prefixed(codes[DISTANCE].read(in)), columns);
                if (distance > at || length > total - at) {
                    throw new DataFormatException("a repetition reaches beyond the picture");
                }
                for (int i = at; i < at + length; i++) {
                    pixels[i] = pixels[i - distance];
                }
                moved = true;
            } else {
                pixels[at] = cache[green - LITERALS - LENGTHS];
            }
            if (cacheSize > 0) {
                for (int i = at; i < at + length; i++) {
                    cache[(pixels[i] * CACHE_FACTOR) >>> (Integer.SIZE - cacheBits)] = pixels[i];
                }
            }
            at += length;
            x += length;
            while (x >= columns) {
                x -= columns;
                y++;
            }
            if (in.isExhausted() && !(lenient && at == total && green < LITERALS)) {
                throw new DataFormatException("the data ends before the last pixel");
            }
        }
        return pixels;
    }

    private static boolean areGreenOnly(PrefixCode[][] groups) {
        for (PrefixCode[] group : groups) {
            if (group.length > 0 && !(group[RED].isTrivial() && group[BLUE].isTrivial() && group[ALPHA].isTrivial())) {
                return false;
            }
        }
        return true;
    }

    /** A length or distance of which the symbol tells the magnitude (section 3.6.2.2). */
    private int prefixed(int symbol) {
        if (symbol < 4) {
            return symbol + 1;
        }
        int bits = (symbol - 2) >> 1;
        return ((2 + (symbol & 1)) << bits) + in.read(bits) + 1;
    }

    private static int distance(int code, int columns) {
        if (code > NEAR.length) {
            return code - NEAR.length;
        }
        int near = NEAR[code - 1];
        return Math.max(1, (near >> 4) * columns + 8 - (near & 0xF));
    }

    /**
     * The groups of codes (section 3.7.2), of which those that no tile names stay empty; the numbers of tiles become places in
     * what is returned.
     */
    private PrefixCode[][] groups(int @Nullable [] groupOfTile, int greens) throws DataFormatException {
        int count = 1;
        boolean[] used = {true};
        if (groupOfTile != null) {
            for (int i = 0; i < groupOfTile.length; i++) {
                groupOfTile[i] = groupOfTile[i] >>> 8 & 0xFFFF;
                count = Math.max(count, groupOfTile[i] + 1);
            }
            used = new boolean[count];
            for (int group : groupOfTile) {
                used[group] = true;
            }
        }
        var groups = new PrefixCode[count][];
        for (int i = 0; i < count; i++) {
            pause.run();
            var codes = new PrefixCode[CODES];
            for (int code = 0; code < CODES; code++) {
                codes[code] = code(code == GREEN ? greens : code == DISTANCE ? DISTANCES : LITERALS);
                if (used[i]) {
                    tablesLeft -= codes[code].size();
                }
            }
            if (tablesLeft < 0) {
                throw new DataFormatException("the prefix codes take more memory than the picture");
            }
            groups[i] = used[i] ? codes : new PrefixCode[0];
        }
        return groups;
    }

    /** One code: one or two symbols, or lengths that are coded themselves. */
    private PrefixCode code(int symbols) throws DataFormatException {
        Arrays.fill(lengths, (byte) 0);
        if (in.flag()) {
            boolean two = in.flag();
            lengths[in.read(in.flag() ? 8 : 1)] = 1;
            if (two) {
                lengths[in.read(8)] = 1;
            }
        } else {
            byte[] own = new byte[LENGTH_ORDER.length];
            int count = 4 + in.read(4);
            for (int i = 0; i < count; i++) {
                own[LENGTH_ORDER[i]] = (byte) in.read(3);
            }
            readLengths(PrefixCode.of(own, own.length), symbols);
        }
        if (in.isExhausted()) {
            throw new DataFormatException("the data ends inside its prefix codes");
        }
        return PrefixCode.of(lengths, symbols);
    }

    private void readLengths(PrefixCode code, int symbols) throws DataFormatException {
        int left = symbols;
        if (in.flag()) {
            left = 2 + in.read(2 + 2 * in.read(3));
            if (left > symbols) {
                throw new DataFormatException("a prefix code has more symbols than there are");
            }
        }
        byte previous = 8;
        int symbol = 0;
        while (symbol < symbols && left-- > 0) {
            int length = code.read(in);
            if (length < REPEAT) {
                lengths[symbol++] = (byte) length;
                previous = length == 0 ? previous : (byte) length;
            } else {
                int count = REPEAT_LEAST[length - REPEAT] + in.read(REPEAT_BITS[length - REPEAT]);
                if (count > symbols - symbol) {
                    throw new DataFormatException("a prefix code has more symbols than there are");
                }
                Arrays.fill(lengths, symbol, symbol + count, length == REPEAT ? previous : 0);
                symbol += count;
            }
        }
    }
}
