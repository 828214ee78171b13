package io.saccade.vision;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * JPEG (ITU T.81) in Java, for what nearly all files are: Huffman-coded, baseline or progressive, grey or YCbCr with whole
 * or half chroma. Equal to libjpeg-turbo to the bit, several times as fast as the JDK's libjpeg for it uses the lanes of
 * the processor, and a progressive picture is painted once.
 *
 * <p>It reads clean files only. At the first thing that is odd, be it damage or a way of coding it does not know, it gives
 * up, and {@link JpegDecoder} decides: so no refusal and no pixel of a damaged file depends on this class.
 *
 * <p>Thread-safe; buffers are kept for the next picture.
 */
final class JpegPixels {
    /** Coefficients of a progressive picture, all of which are held at once, two bytes each; beyond, the JDK decodes. */
    private static final int MOST_COEFFICIENTS = 1 << 24;

    /** A picture narrower than this is upsampled by other rules. */
    private static final int LEAST_WIDTH = 16;

    /** Sets of buffers kept while nobody decodes, and the largest buffer that is kept. */
    private static final int MOST_IDLE = 16;

    private static final int KEPT = 1 << 22;

    /** Zeros behind the data, so that the last numbers can be read as all others are. */
    private static final int AFTER = 16;

    private static final int[] ZIGZAG = {
        0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5, 12, 19, 26, 33, 40, 48, 41, 34, 27, 20, 13, 6, 7, 14,
        21, 28, 35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51, 58, 59, 52, 45, 38, 31, 39, 46, 53, 60,
        61, 54, 47, 55, 62, 63
    };

    private static final VarHandle LONG = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN)
            .withInvokeExactBehavior();
    private static final VarHandle INT = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN)
            .withInvokeExactBehavior();

    private static final ConcurrentLinkedQueue<JpegPixels> IDLE = new ConcurrentLinkedQueue<>();
    private static final AtomicInteger IDLE_COUNT = new AtomicInteger();

    /** One component and where it is. */
    private static final class Component {
        private int id;
        private int across;
        private int down;
        private int table;
        /** In samples of the component. */
        private int width;

        private int height;
        /** Blocks that hold any of them. */
        private int blocksWide;

        private int blocksHigh;
        /** Blocks there are, those of the last MCUs included. */
        private int paddedWide;

        private int[] quantisation = new int[0];
        private @Nullable HuffmanTable dc;
        private @Nullable HuffmanTable ac;
        private int last;
        /** Where its samples begin in the plane, and the length of a row of them. */
        private int plane;

        private int stride;
        /** Where its blocks begin among the coefficients: of the picture if progressive, else of a stretch of MCUs. */
        private int first;

        /** By place in the zigzag: how many low bits of a coefficient are still to come, or -1 for all. */
        private final int[] missing = new int[64];

        Component() {
            Arrays.fill(missing, -1);
        }
    }

    private final Blocks blocks;
    private final int lanes;
    private final HuffmanTable[] dcTables = new HuffmanTable[4];
    private final HuffmanTable[] acTables = new HuffmanTable[4];
    private final int[][] quantisations = new int[4][];
    private Component[] components = new Component[0];
    private boolean progressive;
    private int restart;
    private int mostAcross;
    private int mostDown;
    private int mcusWide;
    private int mcusHigh;

    /** The scan without its stuffing, and where its restart intervals end. */
    private byte[] data = new byte[0];

    private int[] ends = new int[8];
    private int intervals;

    private long bits;
    private int count;
    private int at;
    private int endOfBand;

    private int[] group = new int[0];
    private short[] coefficients = new short[0];
    private byte[] plane = new byte[0];
    private int[] cb = new int[0];
    private int[] cr = new int[0];
    private int[] evens = new int[0];
    private int[] odds = new int[0];

    private JpegPixels() {
        this.blocks = Blocks.create();
        this.lanes = blocks.lanes();
        for (int i = 0; i < dcTables.length; i++) {
            dcTables[i] = new HuffmanTable();
            acTables[i] = new HuffmanTable();
        }
    }

    /** The picture, or null where the file is not one that this class reads, or not clean. */
    static @Nullable Bitmap decode(JpegStream stream, Patience patience) {
        boolean ours = stream.colours() == JpegStream.Colours.GREY || stream.colours() == JpegStream.Colours.YCBCR;
        if (!ours || stream.width() < LEAST_WIDTH) {
            return null;
        }
        JpegPixels idle = IDLE.poll();
        if (idle != null) {
            IDLE_COUNT.decrementAndGet();
        }
        JpegPixels decoder = idle == null ? new JpegPixels() : idle;
        Bitmap bitmap;
        try {
            bitmap = decoder.run(stream, patience);
        } catch (IndexOutOfBoundsException e) {
            // A table or a scan that ends too early; nothing is checked twice.
            bitmap = null;
        }
        decoder.shrink();
        if (IDLE_COUNT.incrementAndGet() <= MOST_IDLE) {
            IDLE.add(decoder);
        } else {
            IDLE_COUNT.decrementAndGet();
        }
        return bitmap;
    }

    /** Bytes that decoding takes besides the picture, about. */
    static long memory(JpegStream stream) {
        return stream.scans() == 1 ? 0 : Math.min(2L * MOST_COEFFICIENTS, 2L * 3 * stream.width() * stream.height());
    }

    private void shrink() {
        data = data.length > KEPT ? new byte[0] : data;
        coefficients = coefficients.length > KEPT ? new short[0] : coefficients;
        plane = plane.length > KEPT ? new byte[0] : plane;
    }

    // --- Segments

    private @Nullable Bitmap run(JpegStream stream, Patience patience) {
        for (int i = 0; i < dcTables.length; i++) {
            dcTables[i].clear();
            acTables[i].clear();
        }
        Arrays.fill(quantisations, null);
        components = new Component[0];
        restart = 0;
        byte[] samples = null;
        Pieces file = stream.file();
        for (int piece = 0; piece < file.count(); piece++) {
            byte[] bytes = file.array(piece);
            int from = file.offset(piece);
            int end = from + file.length(piece);
            while (from < end) {
                if (from + 2 > end || bytes[from] != (byte) 0xFF) {
                    return null;
                }
                int marker = bytes[from + 1] & 0xFF;
                from += 2;
                if (marker == 0xD8 || marker == 0xD9) {
                    continue;
                }
                if (from + 2 > end) {
                    return null;
                }
                int stop = from + word(bytes, from);
                if (stop > end || stop < from + 2) {
                    return null;
                }
                if (marker == 0xDA) {
                    if (samples == null) {
                        if (components.length == 0) {
                            return null;
                        }
                        samples = new byte[stream.width() * stream.height() * (components.length == 1 ? 1 : 3)];
                    }
                    from = scan(bytes, from, stop, end, samples, stream, patience);
                    if (from < 0) {
                        return null;
                    }
                } else if (!table(marker, bytes, from + 2, stop, stream)) {
                    return null;
                } else {
                    from = stop;
                }
            }
        }
        if (samples == null || !complete()) {
            return null;
        }
        if (progressive && !paint(samples, stream, patience)) {
            return null;
        }
        return new Bitmap(
                components.length == 1 ? PixelMode.GREY : PixelMode.RGB, stream.width(), stream.height(), samples);
    }

    /** Of a picture that is not, the reference smooths the blocks. */
    private boolean complete() {
        for (Component component : components) {
            for (int bits : component.missing) {
                if (bits != 0) {
                    return false;
                }
            }
        }
        return true;
    }

    private boolean table(int marker, byte[] bytes, int from, int stop, JpegStream stream) {
        return switch (marker) {
            case 0xC0, 0xC1, 0xC2 -> frame(marker, bytes, from, stream);
            case 0xC4 -> huffman(bytes, from, stop);
            case 0xDB -> quantisation(bytes, from, stop);
            case 0xDD -> {
                restart = word(bytes, from);
                yield stop == from + 2;
            }
            default -> marker >= 0xE0 && marker <= 0xEF || marker == 0xFE;
        };
    }

    private boolean quantisation(byte[] bytes, int start, int stop) {
        int from = start;
        while (from < stop) {
            int which = bytes[from++] & 0xFF;
            if (which > 3 || from + 64 > stop) {
                return false; // 16 bits are for 12-bit pictures
            }
            int[] table = new int[64];
            for (int i = 0; i < 64; i++) {
                table[i] = bytes[from + i] & 0xFF;
            }
            quantisations[which] = table;
            from += 64;
        }
        return true;
    }

    private boolean huffman(byte[] bytes, int start, int stop) {
        int from = start;
        while (from < stop) {
            int which = bytes[from++] & 0xFF;
            if ((which & 0xEF) > 3) {
                return false;
            }
            int length = (which < 16 ? dcTables : acTables)[which & 15].read(bytes, from, stop);
            if (length < 0) {
                return false;
            }
            from += length;
        }
        return true;
    }

    private boolean frame(int marker, byte[] bytes, int from, JpegStream stream) {
        progressive = marker == 0xC2;
        int number = bytes[from + 5] & 0xFF;
        var all = new Component[number];
        mostAcross = 1;
        mostDown = 1;
        for (int i = 0; i < number; i++) {
            var component = new Component();
            component.id = bytes[from + 6 + 3 * i] & 0xFF;
            component.across = (bytes[from + 7 + 3 * i] & 0xFF) >> 4;
            component.down = bytes[from + 7 + 3 * i] & 15;
            component.table = bytes[from + 8 + 3 * i] & 0xFF;
            all[i] = component;
        }
        if (number == 1) {
            all[0].across = 1;
            all[0].down = 1;
        }
        int across = all[0].across;
        int down = all[0].down;
        if (across < 1 || across > 2 || down < 1 || down > 2) {
            return false;
        }
        for (int i = 1; i < number; i++) {
            if (all[i].across != 1 || all[i].down != 1) {
                return false;
            }
        }
        mostAcross = across;
        mostDown = down;
        mcusWide = up(stream.width(), 8 * across);
        mcusHigh = up(stream.height(), 8 * down);
        int stretches = up(mcusWide, lanes);
        int samples = 0;
        int places = 0;
        for (Component component : all) {
            if (component.table > 3) {
                return false;
            }
            component.width = up(stream.width() * component.across, across);
            component.height = up(stream.height() * component.down, down);
            component.blocksWide = up(component.width, 8);
            component.blocksHigh = up(component.height, 8);
            component.paddedWide = stretches * lanes * component.across;
            component.stride = component.paddedWide * 8;
            component.plane = samples;
            component.first = places;
            // Two rows of MCUs, one after the other and round again.
            samples += 2 * component.down * 8 * component.stride;
            if (progressive) {
                long there = places + 64L * component.paddedWide * mcusHigh * component.down;
                if (there > MOST_COEFFICIENTS) {
                    return false;
                }
                places = (int) there;
            } else {
                places += 64 * lanes * component.across * component.down;
            }
        }
        plane = plane.length < samples + 64 ? new byte[samples + 64] : plane;
        if (progressive) {
            if (coefficients.length < places) {
                coefficients = new short[places];
            } else {
                Arrays.fill(coefficients, 0, places, (short) 0);
            }
            group = group.length < 64 * lanes ? new int[64 * lanes] : group;
        } else {
            group = group.length < places ? new int[places] : group;
        }
        int line = all[0].stride + 2 * lanes + 2;
        if (evens.length < line) {
            evens = new int[line];
            odds = new int[line];
            cb = new int[line];
            cr = new int[line];
        }
        components = all;
        return true;
    }

    /** The entropy-coded data from {@code from} on; returns where it ends, or -1. */
    private int scan(
            byte[] bytes, int header, int from, int end, byte[] samples, JpegStream stream, Patience patience) {
        int number = bytes[header + 2] & 0xFF;
        if (number < 1 || number > components.length || from != header + 6 + 2 * number) {
            return -1;
        }
        var chosen = new Component[number];
        for (int i = 0; i < number; i++) {
            int id = bytes[header + 3 + 2 * i] & 0xFF;
            int tables = bytes[header + 4 + 2 * i] & 0xFF;
            for (Component component : components) {
                if (component.id == id) {
                    chosen[i] = component;
                }
            }
            if (chosen[i] == null || tables >> 4 > 3 || (tables & 15) > 3) {
                return -1;
            }
            chosen[i].dc = dcTables[tables >> 4];
            chosen[i].ac = acTables[tables & 15];
        }
        int low = bytes[from - 3] & 0xFF;
        int high = bytes[from - 2] & 0xFF;
        int shifts = bytes[from - 1] & 0xFF;
        int next = unstuff(bytes, from, end);
        if (next < 0) {
            return -1;
        }
        for (Component component : chosen) {
            int[] table = quantisations[component.table];
            if (table == null || (component.quantisation.length != 0 && component.quantisation != table)) {
                return -1; // a table that is changed between scans counts for the later ones only
            }
            component.quantisation = table;
        }
        boolean clean = progressive
                ? progressiveScan(chosen, low, high, shifts >> 4, shifts & 15, patience)
                : number == components.length
                        && Arrays.equals(chosen, components)
                        && components[0].missing[0] != 0
                        && low == 0
                        && high == 63
                        && shifts == 0
                        && baselineScan(samples, stream, patience);
        return clean ? next : -1;
    }

    /** Copies a scan without its stuffing and cuts it at its restart markers; returns where it ends, or -1. */
    private int unstuff(byte[] bytes, int start, int end) {
        if (data.length < end - start + AFTER) {
            data = new byte[end - start + AFTER];
        }
        intervals = 0;
        int to = 0;
        int from = start;
        while (true) {
            int marker = from;
            while (marker < end && bytes[marker] != (byte) 0xFF) {
                marker++;
            }
            System.arraycopy(bytes, from, data, to, marker - from);
            to += marker - from;
            if (marker + 1 >= end) {
                // The pieces of a file end with its scan; the end marker is a piece of its own.
                from = end;
                break;
            }
            int kind = bytes[marker + 1] & 0xFF;
            if (kind == 0) {
                data[to++] = (byte) 0xFF;
                from = marker + 2;
            } else if (kind >= 0xD0 && kind <= 0xD7) {
                if (restart == 0 || kind - 0xD0 != (intervals & 7)) {
                    return -1;
                }
                interval(to);
                from = marker + 2;
            } else if (kind == 0xFF) {
                return -1;
            } else {
                from = marker;
                break;
            }
        }
        interval(to);
        Arrays.fill(data, to, to + AFTER, (byte) 0);
        return from;
    }

    private void interval(int end) {
        if (intervals == ends.length) {
            ends = Arrays.copyOf(ends, 2 * intervals);
        }
        ends[intervals++] = end;
    }

    /** Begins with a restart interval. */
    private void begin(int interval) {
        at = interval == 0 ? 0 : ends[interval - 1];
        bits = 0;
        count = 0;
        endOfBand = 0;
        for (Component component : components) {
            component.last = 0;
        }
    }

    /** Whether an interval's data were all there, and all read but the bits that fill its last byte. */
    private boolean ended(int interval) {
        int read = at * 8 - count;
        int there = ends[interval] * 8;
        return read <= there && read > there - 8 && endOfBand == 0;
    }

    /** Whether there are as many intervals as there should be. */
    private boolean cut(int units) {
        return intervals == (restart == 0 ? 1 : up(units, restart));
    }

    private static boolean none(@Nullable HuffmanTable table) {
        return table == null || table.isEmpty();
    }

    // --- Baseline

    private boolean baselineScan(byte[] samples, JpegStream stream, Patience patience) {
        if (!cut(mcusWide * mcusHigh)) {
            return false;
        }
        for (Component component : components) {
            if (none(component.dc) || none(component.ac)) {
                return false;
            }
            Arrays.fill(component.missing, 0);
        }
        int interval = 0;
        int left = restart == 0 ? Integer.MAX_VALUE : restart;
        begin(0);
        int done = 0;
        for (int row = 0; row < mcusHigh; row++) {
            patience.check();
            for (int stretch = 0; stretch < mcusWide; stretch += lanes) {
                int mcus = Math.min(lanes, mcusWide - stretch);
                Arrays.fill(group, 0);
                for (int mcu = 0; mcu < mcus; mcu++) {
                    if (left == 0) {
                        if (!ended(interval)) {
                            return false;
                        }
                        begin(++interval);
                        left = restart;
                    }
                    left--;
                    for (Component component : components) {
                        for (int y = 0; y < component.down; y++) {
                            for (int x = 0; x < component.across; x++) {
                                int block = mcu * component.across + x;
                                int place = component.first
                                        + 64 * lanes * (y * component.across + block / lanes)
                                        + block % lanes;
                                if (!block(component, place)) {
                                    return false;
                                }
                            }
                        }
                    }
                }
                for (Component component : components) {
                    for (int y = 0; y < component.down; y++) {
                        for (int part = 0; part < component.across; part++) {
                            blocks.samples(
                                    group,
                                    component.first + 64 * lanes * (y * component.across + part),
                                    plane,
                                    sampleRow(component, row * component.down + y)
                                            + (stretch * component.across + part * lanes) * 8,
                                    component.stride);
                        }
                    }
                }
            }
            done = pixels(samples, stream, row, done);
        }
        return ended(interval);
    }

    /** Where the first row of samples of a row of blocks begins: the plane holds two rows of MCUs. */
    private static int sampleRow(Component component, int blockRow) {
        return component.plane + blockRow % (2 * component.down) * 8 * component.stride;
    }

    /** One block, multiplied by its quantisation, into the lanes from {@code place} on; false where it is not clean. */
    private boolean block(Component component, int place) {
        HuffmanTable dc = component.dc;
        HuffmanTable ac = component.ac;
        if (dc == null || ac == null) {
            return false;
        }
        int[] table = component.quantisation;
        int[] out = group;
        int step = lanes;
        byte[] in = data;
        int[] numbers = ac.numbers;
        int[] symbols = ac.symbols;
        long window = bits;
        int n = count;
        int next = at;

        if (n < 32) {
            window |= (long) LONG.get(in, next) >>> n;
            next += 63 - n >> 3;
            n |= 56;
        }
        int symbol = dc.symbols[(int) (window >>> 64 - HuffmanTable.LOOK)];
        if (symbol == 0) {
            symbol = dc.slow(window);
        }
        int size = symbol >> 8;
        if (symbol < 0 || size > 11) {
            return false;
        }
        window <<= symbol & 0xFF;
        n -= symbol & 0xFF;
        if (size > 0) {
            component.last += HuffmanTable.extend((int) (window >>> 64 - size), size);
            window <<= size;
            n -= size;
        }
        int value = component.last * table[0];
        if (wild(value)) {
            return false;
        }
        out[place] = value;
        for (int k = 1; k < 64; k++) {
            if (n < 32) {
                window |= (long) LONG.get(in, next) >>> n;
                next += 63 - n >> 3;
                n |= 56;
            }
            int look = (int) (window >>> 64 - HuffmanTable.LOOK);
            int number = numbers[look];
            if (number != 0) {
                int used = number & 0xFF;
                k += number >> 8 & 0xFF;
                if (k > 63) {
                    return false;
                }
                window <<= used;
                n -= used;
                value = (number >> 16) * table[k];
                if (wild(value)) {
                    return false;
                }
                out[place + ZIGZAG[k] * step] = value;
                continue;
            }
            symbol = symbols[look];
            if (symbol == 0) {
                symbol = ac.slow(window);
                if (symbol < 0) {
                    return false;
                }
            }
            window <<= symbol & 0xFF;
            n -= symbol & 0xFF;
            int run = symbol >> 12;
            size = symbol >> 8 & 15;
            if (size == 0) {
                if (run != 15) {
                    break;
                }
                k += 15;
                continue;
            }
            k += run;
            if (k > 63) {
                return false;
            }
            value = HuffmanTable.extend((int) (window >>> 64 - size), size) * table[k];
            if (wild(value)) {
                return false;
            }
            out[place + ZIGZAG[k] * step] = value;
            window <<= size;
            n -= size;
        }
        bits = window;
        count = n;
        at = next;
        return true;
    }

    // --- Progressive

    /** Whether no encoder writes such a number: those of 8-bit samples reach to 1024 and half a quantum. */
    private static boolean wild(int value) {
        return value + 2048 >>> 12 != 0;
    }

    private boolean progressiveScan(Component[] chosen, int low, int high, int before, int shift, Patience patience) {
        boolean dc = low == 0;
        if (shift > 13 || (before != 0 && before != shift + 1) || (dc ? high != 0 : high < low || high > 63)) {
            return false;
        }
        boolean single = chosen.length == 1;
        if (!dc && !single) {
            return false;
        }
        int wide = single ? chosen[0].blocksWide : mcusWide;
        int rows = single ? chosen[0].blocksHigh : mcusHigh;
        if (!cut(wide * rows)) {
            return false;
        }
        for (Component component : chosen) {
            if (dc ? before == 0 && none(component.dc) : none(component.ac)) {
                return false;
            }
            for (int k = low; k <= high; k++) {
                if (component.missing[k] != (before == 0 ? -1 : before)) {
                    return false;
                }
                component.missing[k] = shift;
            }
        }
        int interval = 0;
        int left = restart == 0 ? Integer.MAX_VALUE : restart;
        begin(0);
        for (int row = 0; row < rows; row++) {
            patience.check();
            for (int unit = 0; unit < wide; unit++) {
                if (left == 0) {
                    if (!ended(interval)) {
                        return false;
                    }
                    begin(++interval);
                    left = restart;
                }
                left--;
                if (single) {
                    if (!refine(chosen[0], row, unit, low, high, before, shift)) {
                        return false;
                    }
                    continue;
                }
                for (Component component : chosen) {
                    for (int y = 0; y < component.down; y++) {
                        for (int x = 0; x < component.across; x++) {
                            if (!refine(
                                    component,
                                    row * component.down + y,
                                    unit * component.across + x,
                                    low,
                                    high,
                                    before,
                                    shift)) {
                                return false;
                            }
                        }
                    }
                }
            }
        }
        return ended(interval);
    }

    /** One block's part in a scan. */
    private boolean refine(Component component, int row, int column, int low, int high, int before, int shift) {
        int place = component.first + 64 * (row * component.paddedWide + column);
        if (low == 0) {
            return before == 0 ? firstDc(component, place, shift) : nextDc(place, shift);
        }
        HuffmanTable ac = component.ac;
        if (ac == null) {
            return false;
        }
        return before == 0 ? firstAc(ac, place, low, high, shift) : nextAc(ac, place, low, high, shift);
    }

    private void fill() {
        if (count < 32) {
            bits |= (long) LONG.get(data, at) >>> count;
            at += 63 - count >> 3;
            count |= 56;
        }
    }

    /** The next {@code size} bits, 1 to 16. */
    private int take(int size) {
        fill();
        int value = (int) (bits >>> 64 - size);
        bits <<= size;
        count -= size;
        return value;
    }

    /** The next symbol, or -1. */
    private int symbol(HuffmanTable table) {
        fill();
        int symbol = table.symbols[(int) (bits >>> 64 - HuffmanTable.LOOK)];
        if (symbol == 0) {
            symbol = table.slow(bits);
            if (symbol < 0) {
                return -1;
            }
        }
        bits <<= symbol & 0xFF;
        count -= symbol & 0xFF;
        return symbol >> 8;
    }

    private boolean firstDc(Component component, int place, int shift) {
        HuffmanTable dc = component.dc;
        int size = dc == null ? -1 : symbol(dc);
        if (size < 0 || size > 11) {
            return false;
        }
        if (size > 0) {
            component.last += HuffmanTable.extend(take(size), size);
        }
        int value = component.last << shift;
        coefficients[place] = (short) value;
        return value == (short) value;
    }

    private boolean nextDc(int place, int shift) {
        if (take(1) != 0) {
            coefficients[place] |= (short) (1 << shift);
        }
        return true;
    }

    private boolean firstAc(HuffmanTable table, int place, int low, int high, int shift) {
        if (endOfBand > 0) {
            endOfBand--;
            return true;
        }
        for (int k = low; k <= high; k++) {
            int symbol = symbol(table);
            if (symbol < 0) {
                return false;
            }
            int run = symbol >> 4;
            int size = symbol & 15;
            if (size == 0) {
                if (run == 15) {
                    k += 15;
                    continue;
                }
                endOfBand = (1 << run) - 1 + (run > 0 ? take(run) : 0);
                return true;
            }
            k += run;
            if (k > high) {
                return false;
            }
            int value = HuffmanTable.extend(take(size), size) << shift;
            if (value != (short) value) {
                return false;
            }
            coefficients[place + ZIGZAG[k]] = (short) value;
        }
        return true;
    }

    /** T.81, G.1.2.3: a bit for each number that is there already, and new numbers of one bit between them. */
    private boolean nextAc(HuffmanTable table, int place, int low, int high, int shift) {
        int plus = 1 << shift;
        int k = low;
        if (endOfBand == 0) {
            while (k <= high) {
                int symbol = symbol(table);
                if (symbol < 0) {
                    return false;
                }
                int run = symbol >> 4;
                int size = symbol & 15;
                int value = 0;
                if (size == 1) {
                    value = take(1) != 0 ? plus : -plus;
                } else if (size != 0) {
                    return false;
                } else if (run != 15) {
                    endOfBand = (1 << run) + (run > 0 ? take(run) : 0);
                    break;
                }
                for (; k <= high; k++) {
                    int old = coefficients[place + ZIGZAG[k]];
                    if (old != 0) {
                        correct(place + ZIGZAG[k], old, plus);
                    } else if (run-- == 0) {
                        break;
                    }
                }
                if (value != 0) {
                    if (k > high) {
                        return false;
                    }
                    coefficients[place + ZIGZAG[k]] = (short) value;
                }
                k++;
            }
        }
        if (endOfBand > 0) {
            for (; k <= high; k++) {
                int old = coefficients[place + ZIGZAG[k]];
                if (old != 0) {
                    correct(place + ZIGZAG[k], old, plus);
                }
            }
            endOfBand--;
        }
        return true;
    }

    private void correct(int place, int old, int plus) {
        if (take(1) != 0 && (old & plus) == 0) {
            coefficients[place] = (short) (old >= 0 ? old + plus : old - plus);
        }
    }

    /** All coefficients to pixels; false where some are wild. */
    private boolean paint(byte[] samples, JpegStream stream, Patience patience) {
        int done = 0;
        for (int row = 0; row < mcusHigh; row++) {
            patience.check();
            for (Component component : components) {
                for (int y = 0; y < component.down; y++) {
                    int blockRow = row * component.down + y;
                    for (int column = 0; column < component.paddedWide; column += lanes) {
                        int place = component.first + 64 * (blockRow * component.paddedWide + column);
                        for (int lane = 0; lane < lanes; lane++, place += 64) {
                            if (!spread(component.quantisation, place, lane)) {
                                return false;
                            }
                        }
                        blocks.samples(group, 0, plane, sampleRow(component, blockRow) + column * 8, component.stride);
                    }
                }
            }
            done = pixels(samples, stream, row, done);
        }
        return true;
    }

    private boolean spread(int[] quantisation, int place, int lane) {
        int[] out = group;
        int step = lanes;
        int high = 0;
        for (int k = 0; k < 64; k++) {
            int natural = ZIGZAG[k];
            int value = coefficients[place + natural] * quantisation[k];
            high |= value + 2048;
            out[lane + natural * step] = value;
        }
        return high >>> 12 == 0;
    }

    // --- Pixels

    /** Writes the rows that rows of MCUs up to {@code row} suffice for, from {@code done} on; returns how many are written. */
    private int pixels(byte[] samples, JpegStream stream, int row, int done) {
        int height = stream.height();
        int width = stream.width();
        // With half the chroma rows the last row needs the first of the next MCUs.
        int end = row == mcusHigh - 1 ? height : (row + 1) * 8 * mostDown - (mostDown - 1);
        for (int y = done; y < end; y++) {
            Component luma = components[0];
            int from = line(luma, y);
            if (components.length == 1) {
                System.arraycopy(plane, from, samples, y * width, width);
            } else {
                colours(from, y, width, samples);
            }
        }
        return Math.max(done, end);
    }

    private static int line(Component component, int y) {
        return component.plane + y % (16 * component.down) * component.stride;
    }

    private void colours(int luma, int y, int width, byte[] samples) {
        Component blue = components[1];
        Component red = components[2];
        int chroma = y / mostDown;
        int near = chroma;
        if (mostDown == 2) {
            near = Math.clamp(chroma + (y % 2 == 0 ? -1 : 1), 0, blue.height - 1);
        }
        int weight = mostDown == 2 ? 3 : 0;
        blocks.mix(plane, line(blue, chroma), weight, line(blue, near), blue.width, cb);
        blocks.mix(plane, line(red, chroma), weight, line(red, near), red.width, cr);
        int to = y * width * 3;
        if (mostAcross == 2) {
            boolean both = mostDown == 2;
            blocks.doubled(plane, luma, cb, cr, blue.width, both ? 8 : 1, both ? 7 : 2, both ? 4 : 2, evens, odds);
            put(evens, odds, width, samples, to);
        } else {
            boolean half = mostDown == 2;
            blocks.single(plane, luma, cb, cr, width, half ? 1 + y % 2 : 0, half ? 2 : 0, evens);
            put(evens, width, samples, to);
        }
    }

    /** Pixels of four bytes to pixels of three: each but the last of a row is written over by its neighbour. */
    private static void put(int[] pixels, int width, byte[] samples, int to) {
        for (int x = 0; x < width - 1; x++) {
            INT.set(samples, to + 3 * x, pixels[x]);
        }
        last(pixels[width - 1], samples, to + 3 * (width - 1));
    }

    private static void put(int[] evens, int[] odds, int width, byte[] samples, int to) {
        int pairs = (width - 1) / 2;
        for (int x = 0; x < pairs; x++) {
            INT.set(samples, to + 6 * x, evens[x]);
            INT.set(samples, to + 6 * x + 3, odds[x]);
        }
        int at = to + 6 * pairs;
        if (width % 2 == 0) {
            INT.set(samples, at, evens[pairs]);
            last(odds[pairs], samples, at + 3);
        } else {
            last(evens[pairs], samples, at);
        }
    }

    private static void last(int pixel, byte[] samples, int to) {
        samples[to] = (byte) pixel;
        samples[to + 1] = (byte) (pixel >> 8);
        samples[to + 2] = (byte) (pixel >> 16);
    }

    private static int up(int number, int by) {
        return (number + by - 1) / by;
    }

    private static int word(byte[] bytes, int at) {
        return (bytes[at] & 0xFF) << 8 | (bytes[at + 1] & 0xFF);
    }
}
