package io.saccade.vision.webp;

import java.util.zip.DataFormatException;
import org.jspecify.annotations.Nullable;

/**
 * A canonical prefix code (RFC 9649, section 3.7.2) as a table: the next eight bits tell the symbol, or where a further table
 * begins. A code of one symbol takes no bits. Immutable.
 */
final class PrefixCode {
    static final int LONGEST = 15;
    private static final int ROOT = 8;

    /** {@code value << 8 | bits}: a symbol and its length, or a table's place and the length of the longest code in it. */
    private final int[] table;

    private final int rootBits;

    private PrefixCode(int[] table, int rootBits) {
        this.table = table;
        this.rootBits = rootBits;
    }

    /**
     * From the lengths of the codes of all symbols.
     *
     * @param lengths of each symbol's code, 0 to {@value #LONGEST}; 0 for one that does not occur
     * @param symbols how many of them count
     * @throws DataFormatException if they do not make a code in which all sequences of bits mean something
     */
    static PrefixCode of(byte[] lengths, int symbols) throws DataFormatException {
        int[] counts = new int[LONGEST + 1];
        int last = 0;
        for (int symbol = 0; symbol < symbols; symbol++) {
            if (lengths[symbol] != 0) {
                counts[lengths[symbol]]++;
                last = symbol;
            }
        }
        int used = 0;
        int room = 1 << LONGEST;
        int longest = 0;
        int[] next = new int[LONGEST + 1];
        for (int length = 1, code = 0; length <= LONGEST; length++) {
            code = (code + counts[length - 1]) << 1;
            next[length] = code;
            used += counts[length];
            room -= counts[length] << (LONGEST - length);
            if (counts[length] > 0) {
                longest = length;
            }
        }
        if (used == 1) {
            return new PrefixCode(new int[] {last << 8}, 0);
        }
        if (room != 0) {
            throw new DataFormatException("the lengths of a prefix code do not fit together");
        }
        int rootBits = Math.min(longest, ROOT);
        int[] codes = codes(lengths, symbols, next);
        int[] table = new int[place(lengths, symbols, codes, rootBits, null)];
        place(lengths, symbols, codes, rootBits, table);
        for (int symbol = 0; symbol < symbols; symbol++) {
            int length = lengths[symbol];
            if (length == 0) {
                continue;
            }
            int from = 0;
            int size = 1 << rootBits;
            int key = codes[symbol];
            int bits = length;
            if (length > rootBits) {
                int further = table[key & size - 1];
                from = further >>> 8;
                size = 1 << ((further & 0xFF) - rootBits);
                key >>= rootBits;
                bits = length - rootBits;
            }
            for (int i = key; i < size; i += 1 << bits) {
                table[from + i] = symbol << 8 | bits;
            }
        }
        return new PrefixCode(table, rootBits);
    }

    /** The code of each symbol as it lies in the data: its first bit is the lowest. */
    private static int[] codes(byte[] lengths, int symbols, int[] next) {
        int[] codes = new int[symbols];
        for (int symbol = 0; symbol < symbols; symbol++) {
            int length = lengths[symbol];
            if (length > 0) {
                codes[symbol] = Integer.reverse(next[length]++) >>> (Integer.SIZE - length);
            }
        }
        return codes;
    }

    /** Finds a place for the further tables, writes it down where there is a table yet, and says how much they take. */
    private static int place(byte[] lengths, int symbols, int[] codes, int rootBits, int @Nullable [] table) {
        byte[] deepest = new byte[1 << rootBits];
        for (int symbol = 0; symbol < symbols; symbol++) {
            int key = codes[symbol] & deepest.length - 1;
            deepest[key] = (byte) Math.max(deepest[key], lengths[symbol]);
        }
        int end = deepest.length;
        for (int key = 0; key < deepest.length; key++) {
            if (deepest[key] > rootBits) {
                if (table != null) {
                    table[key] = end << 8 | deepest[key];
                }
                end += 1 << (deepest[key] - rootBits);
            }
        }
        return end;
    }

    /** How much memory it takes, in numbers. */
    int size() {
        return table.length;
    }

    /** Whether it has one symbol only. */
    boolean isTrivial() {
        return rootBits == 0;
    }

    /** The next symbol. */
    int read(BitReader in) {
        int bits = in.peek();
        int entry = table[bits & (1 << rootBits) - 1];
        int length = entry & 0xFF;
        if (length > rootBits) {
            in.skip(rootBits);
            bits = in.peek();
            entry = table[(entry >>> 8) + (bits & (1 << (length - rootBits)) - 1)];
            length = entry & 0xFF;
        }
        in.skip(length);
        return entry >>> 8;
    }
}
