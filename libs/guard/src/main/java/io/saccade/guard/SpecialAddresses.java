package io.saccade.guard;

import static io.saccade.guard.AddressKind.ANYCAST_SERVICE;
import static io.saccade.guard.AddressKind.BENCHMARKING;
import static io.saccade.guard.AddressKind.BROADCAST;
import static io.saccade.guard.AddressKind.CLOUD_METADATA;
import static io.saccade.guard.AddressKind.DISCARD;
import static io.saccade.guard.AddressKind.DOCUMENTATION;
import static io.saccade.guard.AddressKind.IDENTIFIER;
import static io.saccade.guard.AddressKind.IPV4_COMPATIBLE;
import static io.saccade.guard.AddressKind.IPV4_MAPPED;
import static io.saccade.guard.AddressKind.IPV4_TRANSLATED;
import static io.saccade.guard.AddressKind.ISATAP;
import static io.saccade.guard.AddressKind.LINK_LOCAL;
import static io.saccade.guard.AddressKind.LOOPBACK;
import static io.saccade.guard.AddressKind.MULTICAST;
import static io.saccade.guard.AddressKind.NAT64;
import static io.saccade.guard.AddressKind.NAT64_LOCAL;
import static io.saccade.guard.AddressKind.PRIVATE;
import static io.saccade.guard.AddressKind.PROTOCOL;
import static io.saccade.guard.AddressKind.PUBLIC;
import static io.saccade.guard.AddressKind.RESERVED;
import static io.saccade.guard.AddressKind.SHARED;
import static io.saccade.guard.AddressKind.SITE_LOCAL;
import static io.saccade.guard.AddressKind.SIX_TO_FOUR;
import static io.saccade.guard.AddressKind.TEREDO;
import static io.saccade.guard.AddressKind.UNASSIGNED;
import static io.saccade.guard.AddressKind.UNIQUE_LOCAL;
import static io.saccade.guard.AddressKind.UNSPECIFIED;

import java.util.ArrayList;
import java.util.List;

/**
 * The blocks of the IANA IPv4 and IPv6 special-purpose address registries, those that the registries leave to other
 * documents (multicast, class E, site-local, ISATAP), and the addresses where clouds answer their own machines. The
 * longest prefix wins. Some blocks the registries call globally reachable are here all the same: what is kept for a
 * protocol serves no documents.
 */
final class SpecialAddresses {

    /** One line of a registry. */
    record Block(Ip first, int prefix, AddressKind kind, String source) {

        boolean contains(Ip ip) {
            return ip.bits() == first.bits() && ip.first(prefix).equals(first);
        }

        @Override
        public String toString() {
            return first + "/" + prefix + ", " + source;
        }
    }

    static final List<Block> BLOCKS = List.of(
            block("0.0.0.0", 8, UNSPECIFIED, "RFC 791"),
            block("10.0.0.0", 8, PRIVATE, "RFC 1918"),
            block("100.64.0.0", 10, SHARED, "RFC 6598"),
            block("100.100.100.200", 32, CLOUD_METADATA, "Alibaba Cloud"),
            block("127.0.0.0", 8, LOOPBACK, "RFC 1122"),
            // In the middle of public space, and reached from every machine of that cloud.
            block("168.63.129.16", 32, CLOUD_METADATA, "Azure"),
            block("169.254.0.0", 16, LINK_LOCAL, "RFC 3927"),
            block("169.254.0.23", 32, CLOUD_METADATA, "Tencent Cloud"),
            block("169.254.42.42", 32, CLOUD_METADATA, "Scaleway"),
            // The whole of it: beside .254 there are time, name and licence services, and which ones differs by cloud.
            block("169.254.169.0", 24, CLOUD_METADATA, "AWS, Azure, Google Cloud and most others"),
            block("169.254.170.0", 24, CLOUD_METADATA, "AWS containers"),
            block("172.16.0.0", 12, PRIVATE, "RFC 1918"),
            block("192.0.0.0", 24, PROTOCOL, "RFC 6890"),
            block("192.0.0.192", 32, CLOUD_METADATA, "Oracle Cloud"),
            block("192.0.2.0", 24, DOCUMENTATION, "RFC 5737"),
            block("192.31.196.0", 24, ANYCAST_SERVICE, "AS112, RFC 7535"),
            block("192.52.193.0", 24, PROTOCOL, "AMT, RFC 7450"),
            block("192.88.99.0", 24, SIX_TO_FOUR, "RFC 7526"),
            block("192.168.0.0", 16, PRIVATE, "RFC 1918"),
            block("192.175.48.0", 24, ANYCAST_SERVICE, "AS112, RFC 7534"),
            block("198.18.0.0", 15, BENCHMARKING, "RFC 2544"),
            block("198.51.100.0", 24, DOCUMENTATION, "RFC 5737"),
            block("203.0.113.0", 24, DOCUMENTATION, "RFC 5737"),
            block("224.0.0.0", 4, MULTICAST, "RFC 5771"),
            block("240.0.0.0", 4, RESERVED, "RFC 1112"),
            block("255.255.255.255", 32, BROADCAST, "RFC 8190"),
            block("::", 128, UNSPECIFIED, "RFC 4291"),
            block("::1", 128, LOOPBACK, "RFC 4291"),
            block("::", 96, IPV4_COMPATIBLE, "RFC 4291"),
            block("::ffff:0:0", 96, IPV4_MAPPED, "RFC 4291"),
            block("::ffff:0:0:0", 96, IPV4_TRANSLATED, "RFC 2765"),
            block("64:ff9b::", 96, NAT64, "RFC 6052"),
            block("64:ff9b:1::", 48, NAT64_LOCAL, "RFC 8215"),
            block("100::", 64, DISCARD, "RFC 6666"),
            block("100:0:0:1::", 64, DISCARD, "RFC 9780"),
            block("2001::", 23, PROTOCOL, "RFC 2928"),
            block("2001::", 32, TEREDO, "RFC 4380"),
            block("2001:2::", 48, BENCHMARKING, "RFC 5180"),
            block("2001:4:112::", 48, ANYCAST_SERVICE, "AS112, RFC 7535"),
            block("2001:10::", 28, IDENTIFIER, "ORCHID, RFC 4843"),
            block("2001:20::", 28, IDENTIFIER, "ORCHIDv2, RFC 7343"),
            block("2001:30::", 28, IDENTIFIER, "drone identifiers, RFC 9374"),
            block("2001:db8::", 32, DOCUMENTATION, "RFC 3849"),
            block("2002::", 16, SIX_TO_FOUR, "RFC 3056"),
            block("2620:4f:8000::", 48, ANYCAST_SERVICE, "AS112, RFC 7534"),
            block("3fff::", 20, DOCUMENTATION, "RFC 9637"),
            block("5f00::", 16, IDENTIFIER, "segment routing, RFC 9602"),
            block("fc00::", 7, UNIQUE_LOCAL, "RFC 4193"),
            block("fd00:42::42", 128, CLOUD_METADATA, "Scaleway"),
            block("fd00:c1::a9fe:a9fe", 128, CLOUD_METADATA, "Oracle Cloud"),
            block("fd00:ec2::23", 128, CLOUD_METADATA, "AWS containers"),
            block("fd00:ec2::123", 128, CLOUD_METADATA, "AWS"),
            block("fd00:ec2::253", 128, CLOUD_METADATA, "AWS"),
            block("fd00:ec2::254", 128, CLOUD_METADATA, "AWS"),
            block("fd20:ce::254", 128, CLOUD_METADATA, "Google Cloud"),
            block("fe80::", 10, LINK_LOCAL, "RFC 4291"),
            block("fe80::a9fe:a9fe", 128, CLOUD_METADATA, "OpenStack"),
            block("fec0::", 10, SITE_LOCAL, "RFC 3879"),
            block("ff00::", 8, MULTICAST, "RFC 4291"));

    private static final Block GLOBAL_UNICAST = block("2000::", 3, PUBLIC, "RFC 4291");

    private SpecialAddresses() {}

    private static Block block(String first, int prefix, AddressKind kind, String source) {
        var ip = Ip.parse(first);
        if (ip == null || !ip.first(prefix).equals(ip)) {
            throw new IllegalStateException("no block begins at " + first + "/" + prefix);
        }
        return new Block(ip, prefix, kind, source);
    }

    static Classified classify(Ip ip) {
        Block found = null;
        for (var block : BLOCKS) {
            if (block.contains(ip) && (found == null || block.prefix() > found.prefix())) {
                found = block;
            }
        }
        if (found == null) {
            return ip.isV4() ? new Classified(PUBLIC, "no special block", List.of()) : unlisted(ip);
        }
        return new Classified(
                found.kind(),
                found.toString(),
                inside(found.kind(), ip).stream()
                        .map(SpecialAddresses::classify)
                        .toList());
    }

    private static Classified unlisted(Ip ip) {
        if (!GLOBAL_UNICAST.contains(ip)) {
            return new Classified(UNASSIGNED, "outside of " + GLOBAL_UNICAST, List.of());
        }
        return isIsatap(ip)
                ? new Classified(ISATAP, "interface identifier of RFC 5214", List.of(classify(ip.v4At(96))))
                : new Classified(PUBLIC, "no special block", List.of());
    }

    /** The interface half of an address says so, under any prefix: RFC 5214, section 6.1. */
    private static boolean isIsatap(Ip ip) {
        long identifier = ip.low() >>> 32;
        return identifier == 0x0000_5efeL || identifier == 0x0200_5efeL;
    }

    /** The IPv4 addresses that packets to this address may end at. */
    static List<Ip> inside(AddressKind kind, Ip ip) {
        if (ip.isV4()) {
            return List.of();
        }
        return switch (kind) {
            case IPV4_MAPPED, IPV4_COMPATIBLE, IPV4_TRANSLATED, NAT64 -> List.of(ip.v4At(96));
            case SIX_TO_FOUR -> List.of(ip.v4At(16));
            // The server in the clear, the client with its bits turned round: RFC 4380, section 4.
            case TEREDO -> List.of(ip.v4At(32), Ip.v4(~ip.low()));
            case NAT64_LOCAL -> behindLocalTranslator(ip);
            default -> isIsatap(ip) ? List.of(ip.v4At(96)) : List.of();
        };
    }

    /**
     * Which of RFC 6052's layouts a local translator uses is not written in the address, so every layout counts whose
     * remaining bits are zero as that document (section 2.2) wants them.
     */
    private static List<Ip> behindLocalTranslator(Ip ip) {
        var found = new ArrayList<Ip>();
        long low = ip.low();
        if (low >>> 56 == 0) {
            if ((low & 0xff_ffff_ffffL) == 0) {
                found.add(Ip.v4((ip.high() & 0xffff) << 16 | low >>> 40));
            }
            if ((low & 0xffff_ffffL) == 0) {
                found.add(Ip.v4((ip.high() & 0xff) << 24 | low >>> 32));
            }
            if ((low & 0xff_ffffL) == 0) {
                found.add(Ip.v4(low >>> 24));
            }
        }
        if (found.isEmpty() || (low & 0xffff_ffffL) != 0) {
            found.add(ip.v4At(96));
        }
        return List.copyOf(found);
    }

    /** The same for a translator's prefix that only the policy knows. */
    static Classified behindTranslator(Ip ip, Network prefix) {
        return new Classified(NAT64, prefix + ", the policy's translator", List.of(classify(ip.v4At(96))));
    }
}
