package io.saccade.fuzz;

import java.math.BigInteger;
import java.net.InetAddress;
import java.util.Arrays;
import java.util.List;

/**
 * Which addresses are on the public internet, told a second time and in another way than the guard does: first and last
 * addresses, copied from IANA's registries of special-purpose addresses and the manuals of clouds, compared as numbers. Two
 * that agree on every address are hardly wrong in the same place.
 */
final class Reachable {

    private static final List<Range> CLOSED_V4 = List.of(
            range("0.0.0.0", "0.255.255.255"),
            range("10.0.0.0", "10.255.255.255"),
            range("100.64.0.0", "100.127.255.255"),
            range("127.0.0.0", "127.255.255.255"),
            range("168.63.129.16", "168.63.129.16"),
            range("169.254.0.0", "169.254.255.255"),
            range("172.16.0.0", "172.31.255.255"),
            range("192.0.0.0", "192.0.0.255"),
            range("192.0.2.0", "192.0.2.255"),
            range("192.31.196.0", "192.31.196.255"),
            range("192.52.193.0", "192.52.193.255"),
            range("192.88.99.0", "192.88.99.255"),
            range("192.168.0.0", "192.168.255.255"),
            range("192.175.48.0", "192.175.48.255"),
            range("198.18.0.0", "198.19.255.255"),
            range("198.51.100.0", "198.51.100.255"),
            range("203.0.113.0", "203.0.113.255"),
            range("224.0.0.0", "255.255.255.255"));

    private static final Range GLOBAL_V6 = range("2000::", "3fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff");

    private static final List<Range> CLOSED_V6 = List.of(
            range("2001::", "2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff"),
            range("2001:db8::", "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff"),
            range("2002::", "2002:ffff:ffff:ffff:ffff:ffff:ffff:ffff"),
            range("2620:4f:8000::", "2620:4f:8000:ffff:ffff:ffff:ffff:ffff"),
            range("3fff::", "3fff:fff:ffff:ffff:ffff:ffff:ffff:ffff"));

    /** In which the last four bytes are what is reached. */
    private static final List<Range> TRANSLATED = List.of(
            new Range(new BigInteger("ffff00000000", 16), new BigInteger("ffffffffffff", 16)),
            range("64:ff9b::", "64:ff9b::ffff:ffff"));

    private Reachable() {}

    /** From one address to another, both included. */
    private record Range(BigInteger first, BigInteger last) {
        boolean holds(BigInteger address) {
            return first.compareTo(address) <= 0 && address.compareTo(last) <= 0;
        }
    }

    private static Range range(String first, String last) {
        return new Range(
                new BigInteger(1, InetAddress.ofLiteral(first).getAddress()),
                new BigInteger(1, InetAddress.ofLiteral(last).getAddress()));
    }

    /** Whether four or sixteen bytes are an address that may be fetched from. */
    static boolean isPublic(byte[] address) {
        var number = new BigInteger(1, address);
        if (address.length == 4) {
            return CLOSED_V4.stream().noneMatch(range -> range.holds(number));
        }
        if (TRANSLATED.stream().anyMatch(range -> range.holds(number))) {
            return isPublic(Arrays.copyOfRange(address, 12, 16));
        }
        // RFC 5214: an interface identifier that says that an IPv4 address follows.
        boolean isatap =
                (address[8] & ~2) == 0 && address[9] == 0 && address[10] == 0x5e && (address[11] & 0xff) == 0xfe;
        return !isatap && GLOBAL_V6.holds(number) && CLOSED_V6.stream().noneMatch(range -> range.holds(number));
    }
}
