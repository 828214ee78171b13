package io.saccade.guard;

import static org.assertj.core.api.Assertions.assertThat;

import java.math.BigInteger;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class ClassifiedTest {

    private static final int MANY = 5_000;

    @Test
    void everyBlockHoldsItsEdgesAndNothingBeyond() {
        for (var block : SpecialAddresses.BLOCKS) {
            var first = number(block.first());
            var last = first.add(BigInteger.TWO.pow(block.first().bits() - block.prefix()))
                    .subtract(BigInteger.ONE);

            // Then
            assertThat(block.contains(ip(first, block.first().bits()))).isTrue();
            assertThat(block.contains(ip(last, block.first().bits()))).isTrue();
            assertThat(neighbours(first, last, block.first().bits())).noneMatch(block::contains);
        }
    }

    @Test
    void theLongestPrefixDecides() {
        // Given
        var edges = SpecialAddresses.BLOCKS.stream().flatMap(block -> {
            var first = number(block.first());
            var last = first.add(BigInteger.TWO.pow(block.first().bits() - block.prefix()))
                    .subtract(BigInteger.ONE);
            return Stream.concat(
                    Stream.of(
                            ip(first, block.first().bits()),
                            ip(last, block.first().bits())),
                    neighbours(first, last, block.first().bits()));
        });
        var random = new Random(1);
        var anywhere = random.longs(MANY)
                .mapToObj(bits -> (bits & 1) == 0
                        ? Ip.v4(bits >>> 32)
                        // Half of them near the blocks, which are all in the first bits.
                        : Ip.v6(
                                (bits & 2) == 0 ? random.nextLong() : 0x2001_0000_0000_0000L | bits >>> 20,
                                random.nextLong()));

        // Then
        Stream.concat(edges, anywhere)
                .forEach(ip -> assertThat(SpecialAddresses.classify(ip).kind())
                        .as(ip.toString())
                        .isEqualTo(slowly(ip)));
    }

    /** Another way to the same: numbers of any size, and all blocks sorted by length. */
    private static AddressKind slowly(Ip ip) {
        return SpecialAddresses.BLOCKS.stream()
                .filter(block -> block.first().bits() == ip.bits())
                .filter(block -> number(ip)
                        .shiftRight(ip.bits() - block.prefix())
                        .equals(number(block.first()).shiftRight(ip.bits() - block.prefix())))
                .max(Comparator.comparingInt(SpecialAddresses.Block::prefix))
                .map(SpecialAddresses.Block::kind)
                .orElseGet(() -> {
                    if (ip.isV4()) {
                        return AddressKind.PUBLIC;
                    }
                    if (number(ip).shiftRight(125).intValueExact() != 1) {
                        return AddressKind.UNASSIGNED;
                    }
                    long identifier = number(ip).shiftRight(32).longValue() & 0xffff_ffffL;
                    return identifier == 0x5efe || identifier == 0x0200_5efe ? AddressKind.ISATAP : AddressKind.PUBLIC;
                });
    }

    @Test
    void whatTheJdkKnowsToBeSpecialIsNeverPublic() {
        // Given
        var random = new Random(2);
        for (int i = 0; i < MANY; i++) {
            var ip = random.nextBoolean()
                    ? Ip.v4(random.nextLong())
                    : Ip.v6(random.nextLong(0x400) << 54, random.nextInt(4));
            var address = ip.toInetAddress();

            // Then
            if (address.isAnyLocalAddress()
                    || address.isLoopbackAddress()
                    || address.isLinkLocalAddress()
                    || address.isSiteLocalAddress()
                    || address.isMulticastAddress()) {
                assertThat(Classified.of(address).kind()).as(ip.toString()).isNotEqualTo(AddressKind.PUBLIC);
            }
        }
    }

    @Test
    void findsTheAddressesInside() {
        assertThat(inside("::ffff:10.0.0.1")).containsExactly(AddressKind.PRIVATE);
        assertThat(inside("::ffff:8.8.8.8")).containsExactly(AddressKind.PUBLIC);
        assertThat(inside("64:ff9b::127.0.0.1")).containsExactly(AddressKind.LOOPBACK);
        assertThat(inside("2002:a00:1::")).containsExactly(AddressKind.PRIVATE);
        // Server 8.8.8.8, client 10.0.0.1 with its bits turned round.
        assertThat(inside("2001:0:808:808::f5ff:fffe")).containsExactly(AddressKind.PUBLIC, AddressKind.PRIVATE);
        assertThat(inside("2606:4700::5efe:192.168.0.1")).containsExactly(AddressKind.PRIVATE);
        assertThat(inside("fd00:1::200:5efe:192.168.0.1")).containsExactly(AddressKind.PRIVATE);
        assertThat(inside("fd00:1::1")).isEmpty();
        // The layouts of RFC 6052, table 1, with 169.254.169.254.
        assertThat(inside("64:ff9b:1:a9fe:a9:fe00::")).contains(AddressKind.CLOUD_METADATA);
        assertThat(inside("64:ff9b:1:ffa9:fe:a9fe::")).contains(AddressKind.CLOUD_METADATA);
        assertThat(inside("64:ff9b:1:ffff:a9:fea9:fe00:0")).contains(AddressKind.CLOUD_METADATA);
        assertThat(inside("64:ff9b:1:ffff::169.254.169.254")).contains(AddressKind.CLOUD_METADATA);
        // Not with a bit set where these layouts have none: only the last four bytes count then.
        assertThat(inside("64:ff9b:1:a9fe:ffa9:fe00::")).containsExactly(AddressKind.UNSPECIFIED);
    }

    private static List<AddressKind> inside(String literal) {
        return SpecialAddresses.classify(parsed(literal)).inner().stream()
                .map(Classified::kind)
                .toList();
    }

    @Test
    void aZoneChangesNothing() throws Exception {
        // Given
        var scoped = Inet6Address.getByAddress(null, UrlTable.address("fe80::1").getAddress(), 1);

        // Then
        assertThat(Classified.of(scoped)).isEqualTo(Classified.of(UrlTable.address("fe80::1")));
    }

    @Test
    void whatIsWrittenIsReadAgainAndTheJdkReadsTheSame() throws Exception {
        // Given
        var random = new Random(3);
        for (int i = 0; i < MANY; i++) {
            var ip = random.nextInt(4) == 0 ? Ip.v4(random.nextLong()) : Ip.v6(sparse(random), sparse(random));

            // Then
            assertThat(Ip.parse(ip.toString())).isEqualTo(ip);
            assertThat(InetAddress.ofLiteral(ip.toString())).isEqualTo(ip.toInetAddress());
        }
    }

    /** Groups of zeros among others, so that "::" falls in every place. */
    private static long sparse(Random random) {
        return IntStream.range(0, 4)
                .mapToLong(group -> random.nextBoolean() ? 0 : random.nextInt(0x10000))
                .reduce(0, (all, group) -> all << 16 | group);
    }

    /** Where this reader takes a text for IPv6, the JDK takes it for the same; it may take more. */
    @Test
    void takesNoTextForAnAddressThatTheJdkReadsOtherwise() {
        // Given
        var random = new Random(4);
        var pieces = List.of(
                ":", "::", "0", "1", "ffff", "00ff", "7f00", ".", "127.0.0.1", "10.0.0.1", "fe80", "g", "-", "08");
        int read = 0;
        for (int i = 0; i < 10 * MANY; i++) {
            var text = IntStream.range(0, 1 + random.nextInt(12))
                    .mapToObj(piece -> pieces.get(random.nextInt(pieces.size())))
                    .collect(java.util.stream.Collectors.joining());
            var ip = Ip.parse(text);

            // Then
            if (ip != null) {
                read++;
                assertThat(InetAddress.ofLiteral(text)).as(text).isEqualTo(ip.toInetAddress());
            }
        }
        assertThat(read).isGreaterThan(1_000);
    }

    private static Ip parsed(String literal) {
        return java.util.Objects.requireNonNull(Ip.parse(literal), literal);
    }

    private static Stream<Ip> neighbours(BigInteger first, BigInteger last, int bits) {
        return Stream.of(first.subtract(BigInteger.ONE), last.add(BigInteger.ONE))
                .filter(number -> number.signum() >= 0 && number.bitLength() <= bits)
                .map(number -> ip(number, bits));
    }

    private static BigInteger number(Ip ip) {
        return new BigInteger(Long.toUnsignedString(ip.high()))
                .shiftLeft(ip.isV4() ? 32 : 64)
                .add(new BigInteger(Long.toUnsignedString(ip.low())));
    }

    private static Ip ip(BigInteger number, int bits) {
        return bits == 32
                ? Ip.v4(number.longValue())
                : Ip.v6(number.shiftRight(64).longValue(), number.longValue());
    }
}
