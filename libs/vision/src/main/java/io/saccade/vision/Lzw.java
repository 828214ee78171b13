package io.saccade.vision;

import java.util.zip.DataFormatException;

/**
 * LZW as GIF and TIFF use it: codes of at most 12 bits, a code that clears the table and one that ends the data. GIF packs
 * codes from the low bit up; TIFF from the high bit down, and widens them one code early. Memory is fixed, and every code
 * gives at least one byte.
 */
final class Lzw {
    private static final int MOST_CODES = 4096;
    private static final int WIDEST = 12;

    private final Pieces input;
    private final boolean highBitFirst;
    private final int clear;
    private final int early;
    private final short[] prefix = new short[MOST_CODES];
    private final byte[] suffix = new byte[MOST_CODES];
    private final byte[] pending = new byte[MOST_CODES];
    private int waiting;
    private int width;
    private int next;
    private int previous = -1;
    private byte first;
    private int bits;
    private int count;
    private int piece;
    private int at;
    private boolean ended;

    private Lzw(Pieces input, int leastBits, boolean highBitFirst) {
        this.input = input;
        this.highBitFirst = highBitFirst;
        this.early = highBitFirst ? 1 : 0;
        this.clear = 1 << leastBits;
        for (int code = 0; code < clear; code++) {
            suffix[code] = (byte) code;
        }
        reset();
    }

    /**
     * The data of a GIF frame.
     *
     * @param leastBits bits of a sample, 1 to 8
     */
    static Lzw gif(Pieces input, int leastBits) {
        return new Lzw(input, leastBits, false);
    }

    /** The data of a TIFF strip or tile. */
    static Lzw tiff(Pieces input) {
        return new Lzw(input, 8, true);
    }

    private void reset() {
        next = clear + 2;
        width = Integer.SIZE - Integer.numberOfLeadingZeros(clear);
        previous = -1;
    }

    /**
     * Fills part of an array; less than asked for only at the end of the data.
     *
     * @return bytes written
     * @throws DataFormatException if a code names no entry
     */
    int read(byte[] into, int from, int length) throws DataFormatException {
        int done = 0;
        while (done < length) {
            if (waiting > 0) {
                into[from + done++] = pending[--waiting];
            } else if (!more()) {
                break;
            }
        }
        return done;
    }

    private boolean more() throws DataFormatException {
        int code = ended ? -1 : code();
        if (code < 0 || code == clear + 1) {
            ended = true;
            return false;
        }
        if (code == clear) {
            reset();
            return true;
        }
        if (code > next || (previous < 0 && code > clear) || (code == next && next == MOST_CODES)) {
            throw new DataFormatException("the code " + code + " names none of " + next + " entries");
        }
        int entry = code;
        if (code == next) {
            pending[waiting++] = first;
            entry = previous;
        }
        while (entry > clear) {
            pending[waiting++] = suffix[entry];
            entry = prefix[entry] & 0xFFFF;
        }
        first = suffix[entry];
        pending[waiting++] = first;
        if (previous >= 0 && next < MOST_CODES) {
            prefix[next] = (short) previous;
            suffix[next] = first;
            next++;
            if (next + early == 1 << width && width < WIDEST) {
                width++;
            }
        }
        previous = code;
        return true;
    }

    private int code() {
        while (count < width) {
            if (piece == input.count()) {
                return -1;
            }
            if (at == input.length(piece)) {
                piece++;
                at = 0;
                continue;
            }
            int value = input.array(piece)[input.offset(piece) + at++] & 0xFF;
            bits = highBitFirst ? bits << 8 | value : bits | value << count;
            count += 8;
        }
        int code;
        count -= width;
        if (highBitFirst) {
            code = bits >>> count & (1 << width) - 1;
            bits &= (1 << count) - 1;
        } else {
            code = bits & (1 << width) - 1;
            bits >>>= width;
        }
        return code;
    }
}
