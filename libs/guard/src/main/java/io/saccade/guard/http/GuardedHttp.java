package io.saccade.guard.http;

import io.saccade.guard.UrlPolicy;
import java.net.URI;
import java.time.Duration;

/** Fetches what a URL from a stranger names. */
public final class GuardedHttp implements AutoCloseable {

    /** Made of the settings that are right nearly everywhere. */
    public static GuardedHttp create() {
        return new GuardedHttp();
    }

    private GuardedHttp() {}

    /**
     * Fetches with GET. Blocks, at most for the budget; made for virtual threads, called from any.
     *
     * @param uri      what to fetch
     * @param policy   what may be fetched
     * @param maxBytes the longest body, 0 to 2³¹ - 9
     * @param budget   for everything together: names, connections, redirects, the last byte
     */
    public HttpOutcome get(URI uri, UrlPolicy policy, long maxBytes, Duration budget) {
        throw new UnsupportedOperationException("to come");
    }

    /** Ends what is under way and gives the connections back. */
    @Override
    public void close() {}
}
