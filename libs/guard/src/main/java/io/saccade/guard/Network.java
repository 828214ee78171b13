package io.saccade.guard;

import static java.util.Objects.requireNonNull;

import java.net.InetAddress;

/**
 * A block of addresses.
 *
 * @param base         its first address; the bits behind the prefix are zero
 * @param prefixLength how many bits all its addresses share, 0 to 32 for IPv4 and 0 to 128 for IPv6
 */
public record Network(InetAddress base, int prefixLength) {

    /** @throws IllegalArgumentException if the prefix is too long, or the base has bits behind it */
    public Network {
        requireNonNull(base, "base");
        var ip = Ip.of(base);
        if (prefixLength < 0 || prefixLength > ip.bits()) {
            throw new IllegalArgumentException(
                    "the prefix of " + ip + " must have 0 to " + ip.bits() + " bits, got " + prefixLength);
        }
        if (!ip.first(prefixLength).equals(ip)) {
            // Not silently rounded: 10.1.2.3/8 may be a slip for 10.1.2.3/32.
            throw new IllegalArgumentException("a network must begin at its first address, which is "
                    + ip.first(prefixLength) + "/" + prefixLength + ", got " + ip + "/" + prefixLength);
        }
        base = ip.toInetAddress();
    }

    /**
     * Reads {@code 10.0.0.0/8}, {@code fd00::/8}, or one address without a prefix.
     *
     * @throws IllegalArgumentException if the text is something else
     */
    public static Network parse(String text) {
        int slash = text.indexOf('/');
        var ip = Ip.parse(slash < 0 ? text : text.substring(0, slash));
        if (ip == null) {
            throw new IllegalArgumentException("a network must look like 10.0.0.0/8 or fd00::/8, got '" + text + "'");
        }
        if (slash < 0) {
            return new Network(ip.toInetAddress(), ip.bits());
        }
        var length = text.substring(slash + 1);
        if (!length.matches("[0-9]{1,3}")) {
            throw new IllegalArgumentException("the prefix of a network must be a number, got '" + text + "'");
        }
        return new Network(ip.toInetAddress(), Integer.parseInt(length));
    }

    /** Whether the address lies in this block. IPv4 never lies in a block of IPv6, nor the other way. */
    public boolean contains(InetAddress address) {
        return contains(Ip.of(address));
    }

    boolean contains(Ip ip) {
        var first = Ip.of(base);
        return first.bits() == ip.bits() && ip.first(prefixLength).equals(first);
    }

    @Override
    public String toString() {
        return Ip.of(base) + "/" + prefixLength;
    }
}
