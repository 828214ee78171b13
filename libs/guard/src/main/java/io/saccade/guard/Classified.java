package io.saccade.guard;

import static java.util.Objects.requireNonNull;

import java.net.InetAddress;
import java.util.List;

/**
 * What an address is for, and what the addresses are for that it carries inside.
 *
 * @param kind  of the address itself
 * @param block the registry's block it lies in, with where that is written down, such as {@code 10.0.0.0/8, RFC 1918}
 * @param inner the IPv4 addresses a translator or the far end of a tunnel would take from it; empty for plain addresses
 */
public record Classified(AddressKind kind, String block, List<Classified> inner) {

    public Classified {
        requireNonNull(kind, "kind");
        requireNonNull(block, "block");
        inner = List.copyOf(inner);
    }

    /** Looks an address up. A zone ({@code %eth0}) is not looked at: link-local is link-local on every link. */
    public static Classified of(InetAddress address) {
        return SpecialAddresses.classify(Ip.of(address));
    }
}
