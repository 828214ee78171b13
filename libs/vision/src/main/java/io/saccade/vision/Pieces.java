package io.saccade.vision;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.zip.DataFormatException;

/**
 * Stretches of byte arrays in a row, read as one file without copying them: what remains of a file once its metadata is
 * left out. For one thread; the arrays are only read.
 */
final class Pieces {
    /** Encoders cut data into pieces of a few kilobytes, GIF into pieces of 255 bytes: enough for 60 MB of it. */
    static final int MOST = 250_000;

    private byte[][] arrays = new byte[8][];
    private int[] offsets = new int[8];
    private int[] starts = new int[9];
    private int count;

    Pieces add(byte[] whole) {
        return add(whole, 0, whole.length);
    }

    /**
     * Adds a stretch at the end.
     *
     * @throws ArithmeticException if all of them have more than 2 GiB
     */
    Pieces add(byte[] array, int offset, int length) {
        if (length == 0) {
            return this;
        }
        if (count > 0 && arrays[count - 1] == array && offsets[count - 1] + length(count - 1) == offset) {
            starts[count] = Math.addExact(starts[count], length);
            return this;
        }
        if (count == arrays.length) {
            arrays = Arrays.copyOf(arrays, 2 * count);
            offsets = Arrays.copyOf(offsets, 2 * count);
            starts = Arrays.copyOf(starts, 2 * count + 1);
        }
        arrays[count] = array;
        offsets[count] = offset;
        starts[count + 1] = Math.addExact(starts[count], length);
        count++;
        return this;
    }

    /**
     * As {@link #add}, but for stretches whose number a stranger chooses.
     *
     * @throws DataFormatException if there would be more than {@value #MOST}
     */
    Pieces addBounded(byte[] array, int offset, int length) throws DataFormatException {
        if (count == MOST) {
            throw new DataFormatException("the data is cut into more than " + MOST + " pieces");
        }
        return add(array, offset, length);
    }

    /** Bytes in all. */
    int size() {
        return starts[count];
    }

    /** Stretches: as few as there are gaps. */
    int count() {
        return count;
    }

    byte[] array(int piece) {
        return arrays[piece];
    }

    int offset(int piece) {
        return offsets[piece];
    }

    int length(int piece) {
        return starts[piece + 1] - starts[piece];
    }

    /** The piece that holds the byte at {@code position}, looked for from {@code guess} on. */
    int pieceAt(int position, int guess) {
        int piece = guess < count && starts[guess] <= position ? guess : 0;
        while (starts[piece + 1] <= position) {
            piece++;
        }
        return piece;
    }

    /** Copies bytes from {@code position} on, all from one piece, and says how many: at least 1 where there are any. */
    int read(int position, int piece, byte[] into, int at, int most) {
        int within = position - starts[piece];
        int length = Math.min(most, length(piece) - within);
        System.arraycopy(arrays[piece], offsets[piece] + within, into, at, length);
        return length;
    }

    /** Everything, to the beginning of some memory that is at least as large. */
    void copyTo(MemorySegment memory) {
        for (int piece = 0; piece < count; piece++) {
            MemorySegment.copy(
                    arrays[piece], offsets[piece], memory, ValueLayout.JAVA_BYTE, starts[piece], length(piece));
        }
    }

    byte[] toByteArray() {
        byte[] all = new byte[size()];
        copyTo(MemorySegment.ofArray(all));
        return all;
    }
}
