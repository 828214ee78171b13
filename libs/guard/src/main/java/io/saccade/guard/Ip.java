package io.saccade.guard;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The bits of an address, without zone, name or opinion: {@link InetAddress} turns IPv4-mapped addresses into IPv4 by
 * itself, and would hide that they came that way.
 *
 * @param bits 32 or 128
 * @param high the first 64 bits of IPv6; 0 for IPv4
 * @param low  the last 64 bits of IPv6, or the 32 bits of IPv4
 */
record Ip(int bits, long high, long low) {

    private static final int GROUPS = 8;

    Ip {
        if (bits != 32 && bits != 128) {
            throw new IllegalArgumentException("an address has 32 or 128 bits, got " + bits);
        }
        if (bits == 32 && (high != 0 || low >>> 32 != 0)) {
            throw new IllegalArgumentException("an IPv4 address has no bits beyond 32");
        }
    }

    static Ip v4(long value) {
        return new Ip(32, 0, value & 0xffff_ffffL);
    }

    static Ip v6(long high, long low) {
        return new Ip(128, high, low);
    }

    static Ip of(InetAddress address) {
        var bytes = address.getAddress();
        return bytes.length == 4 ? v4(number(bytes, 0, 4)) : v6(number(bytes, 0, 8), number(bytes, 8, 8));
    }

    private static long number(byte[] bytes, int from, int count) {
        long value = 0;
        for (int i = from; i < from + count; i++) {
            value = (value << 8) | (bytes[i] & 0xff);
        }
        return value;
    }

    /**
     * Reads the one spelling of IPv4 (four decimal numbers without leading zeros) and the spellings of IPv6 of RFC 4291,
     * section 2.2.
     *
     * @return null for every other text, zones included
     */
    static @Nullable Ip parse(String text) {
        if (text.length() > 45) {
            return null;
        }
        if (text.indexOf(':') < 0) {
            long value = parseV4(text);
            return value < 0 ? null : v4(value);
        }
        return parseV6(text);
    }

    /** -1 if it is none. */
    private static long parseV4(String text) {
        var parts = text.split("\\.", -1);
        if (parts.length != 4) {
            return -1;
        }
        long value = 0;
        for (var part : parts) {
            if (part.isEmpty() || part.length() > 3 || (part.length() > 1 && part.charAt(0) == '0')) {
                return -1;
            }
            int number = 0;
            for (int i = 0; i < part.length(); i++) {
                char c = part.charAt(i);
                if (c < '0' || c > '9') {
                    return -1;
                }
                number = number * 10 + c - '0';
            }
            if (number > 255) {
                return -1;
            }
            value = value << 8 | number;
        }
        return value;
    }

    private static @Nullable Ip parseV6(String text) {
        int gap = text.indexOf("::");
        if (gap >= 0 && text.indexOf("::", gap + 1) >= 0) {
            return null;
        }
        int[] head = groups(gap < 0 ? text : text.substring(0, gap), gap < 0);
        int[] tail = gap < 0 ? new int[0] : groups(text.substring(gap + 2), true);
        if (head == null || tail == null) {
            return null;
        }
        int given = head.length + tail.length;
        // "::" stands for at least one group of zeros.
        if (gap < 0 ? given != GROUPS : given >= GROUPS) {
            return null;
        }
        var all = Arrays.copyOf(head, GROUPS);
        System.arraycopy(tail, 0, all, GROUPS - tail.length, tail.length);
        return v6(number(all, 0), number(all, 4));
    }

    private static long number(int[] groups, int from) {
        return (long) groups[from] << 48
                | (long) groups[from + 1] << 32
                | (long) groups[from + 2] << 16
                | groups[from + 3];
    }

    /** The groups between colons; null if one is no group. */
    private static int @Nullable [] groups(String text, boolean mayEndInV4) {
        if (text.isEmpty()) {
            return new int[0];
        }
        var parts = text.split(":", -1);
        var groups = new int[parts.length + 1];
        int count = 0;
        for (int i = 0; i < parts.length; i++) {
            var part = parts[i];
            if (part.indexOf('.') >= 0) {
                long v4 = parseV4(part);
                if (!mayEndInV4 || i != parts.length - 1 || v4 < 0) {
                    return null;
                }
                groups[count++] = (int) (v4 >>> 16);
                groups[count++] = (int) (v4 & 0xffff);
                continue;
            }
            if (part.isEmpty() || part.length() > 4) {
                return null;
            }
            int group = 0;
            for (int j = 0; j < part.length(); j++) {
                // Not Character.digit alone: it takes digits of every script.
                int digit = part.charAt(j) < 0x80 ? Character.digit(part.charAt(j), 16) : -1;
                if (digit < 0) {
                    return null;
                }
                group = group << 4 | digit;
            }
            groups[count++] = group;
        }
        return Arrays.copyOf(groups, count);
    }

    boolean isV4() {
        return bits == 32;
    }

    /** The first address of the block of that prefix which this address lies in. */
    Ip first(int prefix) {
        if (isV4()) {
            return v4(low & mask(prefix + 32));
        }
        return v6(high & mask(Math.min(prefix, 64)), low & mask(Math.max(prefix - 64, 0)));
    }

    /** A number whose first bits are ones. */
    private static long mask(int ones) {
        return ones == 0 ? 0 : -1L << (64 - ones);
    }

    /** Bits of an IPv6 address as IPv4, counted from the left. */
    Ip v4At(int from) {
        long value = from >= 64
                ? low >>> (128 - from - 32)
                : from <= 32 ? high >>> (32 - from) : high << (from - 32) | low >>> (96 - from);
        return v4(value);
    }

    InetAddress toInetAddress() {
        var bytes = new byte[bits / 8];
        for (int i = 0; i < bytes.length; i++) {
            int shift = 8 * (bytes.length - 1 - i);
            bytes[i] = (byte) (shift >= 64 ? high >>> (shift - 64) : low >>> shift);
        }
        try {
            return InetAddress.getByAddress(bytes);
        } catch (UnknownHostException e) {
            throw new IllegalStateException("4 or 16 bytes are always an address", e);
        }
    }

    /** As RFC 5952 writes it. */
    @Override
    public String toString() {
        if (isV4()) {
            return (low >>> 24) + "." + (low >>> 16 & 255) + "." + (low >>> 8 & 255) + "." + (low & 255);
        }
        var groups = new int[GROUPS];
        for (int i = 0; i < GROUPS; i++) {
            groups[i] = (int) ((i < 4 ? high : low) >>> (48 - 16 * (i % 4)) & 0xffff);
        }
        int gap = -1;
        int longest = 1;
        for (int i = 0; i < GROUPS; i++) {
            int end = i;
            while (end < GROUPS && groups[end] == 0) {
                end++;
            }
            if (end - i > longest) {
                gap = i;
                longest = end - i;
            }
            i = Math.max(i, end - 1);
        }
        var text = new StringBuilder();
        for (int i = 0; i < GROUPS; i++) {
            if (i == gap) {
                text.append("::");
                i += longest - 1;
                continue;
            }
            if (!text.isEmpty() && text.charAt(text.length() - 1) != ':') {
                text.append(':');
            }
            text.append(Integer.toHexString(groups[i]));
        }
        return text.toString();
    }
}
