package io.saccade.guard;

import java.net.InetAddress;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * What one party, a tenant for example, may have fetched. A deny list beats an allow list. Cloud metadata services are
 * never reached, whatever a list says.
 *
 * @param schemes         {@code https} and {@code http}, or one of them
 * @param ports           the ports that may be asked, each 1 to 65535
 * @param allowedHosts    when not empty, no other name is asked. A name that only its surroundings know, such as
 *                        {@code minio} or {@code store.internal}, must be here to be asked
 * @param deniedHosts     names that are never asked
 * @param allowedNetworks blocks outside the public internet that may be reached all the same, such as the one a private
 *                        object store lies in. Every host may resolve into them, so name as little as will do
 * @param deniedNetworks  blocks that are never reached, public ones for example
 * @param translators     IPv6 prefixes of 96 bits behind which this network's NAT64 translators put IPv4, beside the one
 *                        everyone knows
 * @param literals        whether a URL may hold an address in place of a name; one in {@code allowedNetworks} may always
 *                        be there
 * @param maxRedirects    how many redirects are followed, 0 to 10
 */
public record UrlPolicy(
        Set<String> schemes,
        Set<Integer> ports,
        List<HostPattern> allowedHosts,
        List<HostPattern> deniedHosts,
        List<Network> allowedNetworks,
        List<Network> deniedNetworks,
        List<Network> translators,
        boolean literals,
        int maxRedirects) {

    private static final UrlPolicy STANDARD = new UrlPolicy(
            Set.of("https", "http"), Set.of(80, 443), List.of(), List.of(), List.of(), List.of(), List.of(), false, 3);

    public UrlPolicy {
        schemes = Set.copyOf(schemes);
        ports = Set.copyOf(ports);
        allowedHosts = List.copyOf(allowedHosts);
        deniedHosts = List.copyOf(deniedHosts);
        allowedNetworks = List.copyOf(allowedNetworks);
        deniedNetworks = List.copyOf(deniedNetworks);
        translators = List.copyOf(translators);
        if (schemes.isEmpty() || !Set.of("https", "http").containsAll(schemes)) {
            throw new IllegalArgumentException("schemes must be https, http or both, got " + schemes);
        }
        if (ports.isEmpty() || ports.stream().anyMatch(port -> port < 1 || port > 65_535)) {
            throw new IllegalArgumentException("ports must be at least one of 1 to 65535, got " + ports);
        }
        if (translators.stream().anyMatch(prefix -> prefix.prefixLength() != 96)) {
            throw new IllegalArgumentException("translators must have prefixes of 96 bits, got " + translators);
        }
        if (maxRedirects < 0 || maxRedirects > 10) {
            throw new IllegalArgumentException("maxRedirects must be 0 to 10, got " + maxRedirects);
        }
    }

    /** The public internet by name, on ports 80 and 443, with up to 3 redirects. */
    public static UrlPolicy standard() {
        return STANDARD;
    }

    /** Begins with {@link #standard()}. */
    public static Builder builder() {
        return new Builder(STANDARD);
    }

    /** Begins with this policy. */
    public Builder toBuilder() {
        return new Builder(this);
    }

    /** What keeps an address from being reached; empty if nothing does. */
    Optional<Classified> obstacle(InetAddress address) {
        return obstacle(Ip.of(address));
    }

    Optional<Classified> obstacle(Ip ip) {
        return obstacle(ip, classify(ip));
    }

    private Classified classify(Ip ip) {
        return translators.stream()
                .filter(prefix -> prefix.contains(ip))
                .findFirst()
                .map(prefix -> SpecialAddresses.behindTranslator(ip, prefix))
                .orElseGet(() -> SpecialAddresses.classify(ip));
    }

    private Optional<Classified> obstacle(Ip ip, Classified classified) {
        boolean open =
                switch (classified.kind()) {
                    case CLOUD_METADATA -> false;
                    // What they carry decides.
                    case PUBLIC, IPV4_MAPPED, NAT64 -> true;
                    default -> allowedNetworks.stream().anyMatch(network -> network.contains(ip));
                };
        if (!open || deniedNetworks.stream().anyMatch(network -> network.contains(ip))) {
            return Optional.of(classified);
        }
        return SpecialAddresses.inside(classified.kind(), ip).stream()
                .map(this::obstacle)
                .flatMap(Optional::stream)
                .findFirst();
    }

    /** Whether a name, in lower case, may be asked. Its addresses are another question. */
    boolean mayAsk(String name) {
        boolean listed = allowedHosts.stream().anyMatch(pattern -> pattern.matches(name));
        if (deniedHosts.stream().anyMatch(pattern -> pattern.matches(name)) || SpecialNames.isMetadata(name)) {
            return false;
        }
        return listed || (allowedHosts.isEmpty() && !SpecialNames.isLocal(name));
    }

    /** Whether a URL may hold this address in place of a name. */
    boolean mayBeWritten(Ip literal) {
        return allowedNetworks.stream().anyMatch(network -> network.contains(literal))
                || (literals && allowedHosts.isEmpty());
    }

    /** Changes a policy part by part; each call replaces what was there. */
    public static final class Builder {

        private Set<String> schemes;
        private Set<Integer> ports;
        private List<HostPattern> allowedHosts;
        private List<HostPattern> deniedHosts;
        private List<Network> allowedNetworks;
        private List<Network> deniedNetworks;
        private List<Network> translators;
        private boolean literals;
        private int maxRedirects;

        private Builder(UrlPolicy policy) {
            schemes = policy.schemes;
            ports = policy.ports;
            allowedHosts = policy.allowedHosts;
            deniedHosts = policy.deniedHosts;
            allowedNetworks = policy.allowedNetworks;
            deniedNetworks = policy.deniedNetworks;
            translators = policy.translators;
            literals = policy.literals;
            maxRedirects = policy.maxRedirects;
        }

        /** {@code https}, {@code http} or both. */
        public Builder schemes(Collection<String> schemes) {
            this.schemes = Set.copyOf(schemes);
            return this;
        }

        /** Each 1 to 65535. */
        public Builder ports(Collection<Integer> ports) {
            this.ports = Set.copyOf(ports);
            return this;
        }

        /** In the form of {@link HostPattern#parse}. */
        public Builder allowedHosts(Collection<String> patterns) {
            allowedHosts = patterns.stream().map(HostPattern::parse).toList();
            return this;
        }

        /** In the form of {@link HostPattern#parse}. */
        public Builder deniedHosts(Collection<String> patterns) {
            deniedHosts = patterns.stream().map(HostPattern::parse).toList();
            return this;
        }

        /** In the form of {@link Network#parse}. */
        public Builder allowedNetworks(Collection<String> networks) {
            allowedNetworks = networks.stream().map(Network::parse).toList();
            return this;
        }

        /** In the form of {@link Network#parse}. */
        public Builder deniedNetworks(Collection<String> networks) {
            deniedNetworks = networks.stream().map(Network::parse).toList();
            return this;
        }

        /** In the form of {@link Network#parse}, each with 96 bits. */
        public Builder translators(Collection<String> prefixes) {
            translators = prefixes.stream().map(Network::parse).toList();
            return this;
        }

        /** Whether a URL may hold a public address in place of a name. */
        public Builder literals(boolean allowed) {
            literals = allowed;
            return this;
        }

        /** 0 to 10. */
        public Builder maxRedirects(int redirects) {
            maxRedirects = redirects;
            return this;
        }

        /** @throws IllegalArgumentException as {@link UrlPolicy} says */
        public UrlPolicy build() {
            return new UrlPolicy(
                    schemes,
                    ports,
                    allowedHosts,
                    deniedHosts,
                    allowedNetworks,
                    deniedNetworks,
                    translators,
                    literals,
                    maxRedirects);
        }
    }
}
