package io.saccade.vision;

import java.util.Arrays;

/**
 * A Huffman table of a JPEG file (ITU T.81, annex C), made for reading from the upper end of a {@code long}: the next
 * {@value #LOOK} bits say what is there, wherever a code is not longer. One thread at a time; a table is read again and again.
 */
final class HuffmanTable {
    /** Bits that are looked up at once. */
    static final int LOOK = 10;

    private static final int LONGEST = 16;

    /** By the next bits: the symbol, eight bits up, and the length of its code; 0 where the code is longer. */
    final int[] symbols = new int[1 << LOOK];

    /**
     * By the next bits, where a code and the number behind it lie in them: the number 16 bits up, the zeros before it 8 bits
     * up, and how many bits both have; else 0.
     */
    final int[] numbers = new int[1 << LOOK];

    /** By length: one more than the greatest code, moved up to 16 bits; codes at or above it are longer. */
    private final int[] ends = new int[LONGEST + 2];

    /** By length: what to add to a code for its place among the values. */
    private final int[] shifts = new int[LONGEST + 1];

    private final byte[] values = new byte[256];
    private int count;

    /**
     * Reads a table in place of what was here.
     *
     * @param at where its 16 counts begin
     * @return the bytes it has, or -1 where no such code can exist or a value is missing
     */
    int read(byte[] data, int at, int end) {
        count = 0;
        for (int length = 1; length <= LONGEST && at + LONGEST <= end; length++) {
            count += data[at + length - 1] & 0xFF;
        }
        if (at + LONGEST + count > end || count < 1 || count > values.length) {
            count = 0;
            return -1;
        }
        System.arraycopy(data, at + LONGEST, values, 0, count);
        Arrays.fill(symbols, 0);
        Arrays.fill(numbers, 0);
        return fill(data, at) ? LONGEST + count : -1;
    }

    /** Whether nothing was read since {@link #clear}. */
    boolean isEmpty() {
        return count == 0;
    }

    void clear() {
        count = 0;
    }

    private boolean fill(byte[] data, int at) {
        int code = 0;
        int value = 0;
        for (int length = 1; length <= LONGEST; length++) {
            int codes = data[at + length - 1] & 0xFF;
            shifts[length] = value - code;
            for (int i = 0; i < codes; i++, code++, value++) {
                if (length <= LOOK) {
                    look(code, length, values[value] & 0xFF);
                }
            }
            if (code > 1 << length) {
                return false;
            }
            ends[length] = code << LONGEST - length;
            code <<= 1;
        }
        ends[LONGEST + 1] = Integer.MAX_VALUE;
        return true;
    }

    private void look(int code, int length, int symbol) {
        int free = LOOK - length;
        int first = code << free;
        int size = symbol & 15;
        for (int i = 0; i < 1 << free && first + i < symbols.length; i++) {
            symbols[first + i] = symbol << 8 | length;
            if (size > 0 && size <= free) {
                int bits = i >> free - size;
                int number = extend(bits, size);
                numbers[first + i] = number << 16 | (symbol >> 4) << 8 | length + size;
            }
        }
    }

    /** The number that {@code size} bits stand for (T.81, F.12). */
    static int extend(int bits, int size) {
        return bits < 1 << size - 1 ? bits - (1 << size) + 1 : bits;
    }

    /** For codes longer than {@link #LOOK}: as in {@link #symbols}, or -1 where there is no such code. */
    int slow(long bits) {
        int next = (int) (bits >>> 64 - LONGEST);
        int length = LOOK + 1;
        while (next >= ends[length]) {
            length++;
        }
        if (length > LONGEST) {
            return -1;
        }
        int place = (next >> LONGEST - length) + shifts[length];
        return place < 0 || place >= count ? -1 : (values[place] & 0xFF) << 8 | length;
    }
}
