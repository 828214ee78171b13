package io.saccade.guard;

/**
 * What an address is for, after the IANA registries of special-purpose addresses (IPv4, IPv6) and the practice of cloud
 * providers. Only {@link #PUBLIC} is reached without being asked for.
 */
public enum AddressKind {
    /** In no special block: a host on the internet. */
    PUBLIC("public"),
    /** Where a cloud provider gives credentials to whoever asks from inside. Never reached, whatever a list says. */
    CLOUD_METADATA("an address of a cloud's metadata service"),
    /** The address that stands for no address, and with it "this network". */
    UNSPECIFIED("unspecified"),
    /** This machine. */
    LOOPBACK("loopback"),
    /** RFC 1918. */
    PRIVATE("private"),
    /** Between a provider and its customers' address translators. */
    SHARED("shared between a provider and its customers"),
    /** Only on this link. */
    LINK_LOCAL("link-local"),
    /** IPv6's private addresses. */
    UNIQUE_LOCAL("unique local"),
    /** What unique local addresses were before; routers may still know them. */
    SITE_LOCAL("site-local"),
    /** Kept by the IETF for protocols. Some are reachable, none holds a document. */
    PROTOCOL("kept for a protocol"),
    /** Answered by the nearest of many sinks for stray questions. */
    ANYCAST_SERVICE("an anycast service"),
    /** For examples in texts. */
    DOCUMENTATION("for documentation"),
    /** For measuring devices. */
    BENCHMARKING("for benchmarks"),
    /** Where packets are thrown away. */
    DISCARD("for packets to be thrown away"),
    /** Many hosts at once. */
    MULTICAST("multicast"),
    /** Every host of a link. */
    BROADCAST("broadcast"),
    /** Kept for later. */
    RESERVED("reserved"),
    /** IPv6 outside of what has been given out so far. */
    UNASSIGNED("unassigned"),
    /** An IPv4 address in IPv6's clothes; a socket connects to the IPv4 address. */
    IPV4_MAPPED("an IPv4 address written as IPv6"),
    /** The same, from before 2006. */
    IPV4_COMPATIBLE("an IPv4-compatible IPv6 address"),
    /** The same, for stateless translators. */
    IPV4_TRANSLATED("an IPv4-translated IPv6 address"),
    /** A translator's way to an IPv4 address, with the prefix that everyone knows or one that the policy names. */
    NAT64("an IPv4 address behind a translator"),
    /** The same, with a prefix for use inside one network. */
    NAT64_LOCAL("an IPv4 address behind a local translator"),
    /** A tunnel to an IPv4 address. */
    SIX_TO_FOUR("a 6to4 tunnel"),
    /** A tunnel through an IPv4 address translator. */
    TEREDO("a Teredo tunnel"),
    /** A tunnel inside a site. */
    ISATAP("an ISATAP tunnel"),
    /** Identifiers and segments that look like addresses. */
    IDENTIFIER("an identifier and not a place");

    private final String words;

    AddressKind(String words) {
        this.words = words;
    }

    /** The kind in words that go after "which is". */
    public String words() {
        return words;
    }
}
