package io.saccade.vision.webp;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * The boolean entropy decoder (RFC 6386, section 7). Behind the last byte it reads zeros, and remembers that it did: a
 * decision that needs more than there is makes the picture incomplete. For one thread.
 */
final class BoolDecoder {
    private static final VarHandle LONGS = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);
    private static final int LOADED_BYTES = 7;

    private final byte[] data;
    private final int end;
    private int at;

    /** What is read and not yet used up: {@code bits + 8} bits, of which the upper ones decide next. */
    private long value;

    private int bits = -8;
    private int range = 255;
    private boolean exhausted;

    /** Reads {@code data[from..end)}. */
    BoolDecoder(byte[] data, int from, int end) {
        this.data = data;
        this.at = from;
        this.end = end;
        load();
    }

    /** Whether a decision was asked for after the last bit. */
    boolean isExhausted() {
        return exhausted;
    }

    private void load() {
        if (end - at >= Long.BYTES) {
            value = value << (8 * LOADED_BYTES) | (long) LONGS.get(data, at) >>> 8;
            at += LOADED_BYTES;
            bits += 8 * LOADED_BYTES;
        } else if (at < end) {
            value = value << 8 | (data[at++] & 0xFF);
            bits += 8;
        } else {
            value <<= 8;
            bits += 8;
            exhausted = true;
        }
    }

    /** One decision: 0 with the given probability of 0 to 255 in 256, else 1. */
    int bit(int probability) {
        if (bits < 0) {
            load();
        }
        int split = 1 + (((range - 1) * probability) >> 8);
        long lower = (long) split << bits;
        int bit;
        if (value >= lower) {
            value -= lower;
            range -= split;
            bit = 1;
        } else {
            range = split;
            bit = 0;
        }
        int shift = Integer.numberOfLeadingZeros(range) - 24;
        range <<= shift;
        bits -= shift;
        return bit;
    }

    /** A decision as likely as not. */
    boolean flag() {
        return bit(128) != 0;
    }

    /** An unsigned number of some bits, the highest first. */
    int number(int length) {
        int number = 0;
        for (int i = 0; i < length; i++) {
            number = number << 1 | bit(128);
        }
        return number;
    }

    /** A number and behind it its sign. */
    int signed(int length) {
        int number = number(length);
        return flag() ? -number : number;
    }

    /** A flag, and behind it, where it is set, a number with its sign; else 0. */
    int optionalSigned(int length) {
        return flag() ? signed(length) : 0;
    }
}
