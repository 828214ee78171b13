package io.saccade.sources;

import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * Which objects may be read: {@code bucket}, {@code bucket/prefix}, or {@code *} for whatever the credentials allow.
 *
 * @param everybody what each tenant may read that has no list of its own; nothing when empty
 * @param tenants   lists that stand instead of that
 */
public record S3Access(List<String> everybody, Map<String, List<String>> tenants) {

    /** Nothing may be read. */
    public static final S3Access NONE = new S3Access(List.of(), Map.of());

    public S3Access {
        everybody = List.copyOf(everybody);
        tenants = tenants.entrySet().stream()
                .collect(Collectors.toUnmodifiableMap(Map.Entry::getKey, entry -> List.copyOf(entry.getValue())));
    }

    /** Whether nobody may read anything. */
    public boolean isEmpty() {
        return everybody.isEmpty() && tenants.values().stream().allMatch(List::isEmpty);
    }

    boolean allows(String tenant, S3Address address) {
        return tenants.getOrDefault(tenant, everybody).stream().anyMatch(entry -> covers(entry, address));
    }

    private static boolean covers(String entry, S3Address address) {
        int slash = entry.indexOf('/');
        return slash < 0
                ? entry.equals("*") || entry.equals(address.bucket())
                : entry.substring(0, slash).equals(address.bucket())
                        && address.key().startsWith(entry.substring(slash + 1));
    }
}
