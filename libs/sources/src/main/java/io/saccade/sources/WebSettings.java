package io.saccade.sources;

import static java.util.Objects.requireNonNull;

import io.saccade.guard.UrlPolicy;
import java.util.List;
import java.util.Map;

/**
 * How {@code https:} and {@code http:} are read.
 *
 * @param schemes   those that are switched on; none forbids both
 * @param everybody what a tenant may have fetched that has no policy of its own
 * @param tenants   policies that stand instead of that, by tenant
 */
public record WebSettings(List<String> schemes, UrlPolicy everybody, Map<String, UrlPolicy> tenants) {

    /** Neither is read. */
    public static final WebSettings OFF = new WebSettings(List.of(), UrlPolicy.standard(), Map.of());

    public WebSettings {
        schemes = List.copyOf(schemes);
        requireNonNull(everybody, "everybody");
        tenants = Map.copyOf(tenants);
    }

    UrlPolicy of(String tenant) {
        return tenants.getOrDefault(tenant, everybody);
    }
}
