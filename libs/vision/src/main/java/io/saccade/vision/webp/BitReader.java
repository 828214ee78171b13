package io.saccade.vision.webp;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * The bits of VP8L data, the lowest of each byte first. Behind the last byte it reads zeros, and remembers that it did. For
 * one thread.
 */
final class BitReader {
    private static final VarHandle LONGS = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

    /** Most bits of one {@link #peek}. */
    private static final int PEEKED = 32;

    private final byte[] data;
    private final int from;
    private final int end;
    private final long length;

    /** The next byte, also beyond the end. */
    private int at;

    private long value;
    private int count;

    /** Reads {@code data[from..end)}. */
    BitReader(byte[] data, int from, int end) {
        this.data = data;
        this.from = from;
        this.end = end;
        this.at = from;
        // As libwebp has it: of less than a machine word the zeros behind the end count as there.
        this.length = Math.max(Long.SIZE, 8L * (end - from));
    }

    /** Whether more was read than there is. */
    boolean isExhausted() {
        return at > end && 8L * (at - from) - count > length;
    }

    private void refill() {
        if (end - at >= Long.BYTES) {
            value |= (long) LONGS.get(data, at) << count;
            at += (63 - count) >> 3;
            count |= 56;
        } else {
            while (count <= 56) {
                value |= (at < end ? data[at] & 0xFFL : 0) << count;
                at++;
                count += 8;
            }
        }
    }

    /** At least {@value #PEEKED} bits, which stay. */
    int peek() {
        if (count < PEEKED) {
            refill();
        }
        return (int) value;
    }

    /** Goes over some of the bits that were peeked at. */
    void skip(int bits) {
        value >>>= bits;
        count -= bits;
    }

    /** A number of at most 24 bits. */
    int read(int bits) {
        int number = peek() & (1 << bits) - 1;
        skip(bits);
        return number;
    }

    boolean flag() {
        return read(1) != 0;
    }
}
