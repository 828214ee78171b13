package io.saccade.guard;

import java.util.List;
import java.util.Set;

/**
 * Names that mean something only to the machine that asks, or that lead to a cloud's metadata service. Not what keeps
 * anyone out (that is what addresses are checked for), but nobody outside has business asking for them.
 */
final class SpecialNames {

    /** RFC 6761, 6762, 7686, 8375, ICANN's {@code internal}, and what routers, offices and clusters use. */
    private static final List<String> LOCAL = List.of(
            "localhost",
            "localdomain",
            "local",
            "internal",
            "intranet",
            "private",
            "corp",
            "home",
            "lan",
            "svc",
            "home.arpa",
            "in-addr.arpa",
            "ip6.arpa",
            "onion");

    private static final Set<String> METADATA = Set.of(
            "metadata",
            "instance-data",
            "instance-data.ec2.internal",
            "metadata.google.internal",
            "metadata.goog",
            "metadata.azure.internal",
            "metadata.tencentyun.com",
            "metadata.platformequinix.com",
            "metadata.packet.net",
            "metadata.oraclecloud.com",
            "api.metadata.cloud.ibm.com",
            "rancher-metadata");

    private SpecialNames() {}

    /** Whether the name, in lower case, is without a dot or in a zone that the internet's root does not know. */
    static boolean isLocal(String name) {
        return name.indexOf('.') < 0 || LOCAL.stream().anyMatch(zone -> name.equals(zone) || name.endsWith("." + zone));
    }

    static boolean isMetadata(String name) {
        return METADATA.contains(name);
    }
}
