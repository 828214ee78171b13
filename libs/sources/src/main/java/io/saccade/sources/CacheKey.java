package io.saccade.sources;

import io.saccade.contract.EventIds;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * What makes two fetches the same: the tenant, the whole URI (a version in it included), and the digest the event gives.
 * The tenant, because what one may read another may not.
 *
 * @param name   of its file: hex characters only
 * @param sha256 which bytes, or null when the event does not say
 */
record CacheKey(String name, @Nullable String sha256) {

    static CacheKey of(Wanted wanted) {
        // A tenant has no blank, and a URI has none: no two keys collide.
        var whole = wanted.tenant() + " " + wanted.uri().toASCIIString() + " " + wanted.sha256();
        return new CacheKey(EventIds.sha256(whole.getBytes(StandardCharsets.UTF_8)), wanted.sha256());
    }
}
