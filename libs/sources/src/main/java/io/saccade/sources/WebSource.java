package io.saccade.sources;

import io.saccade.contract.EventIds;
import io.saccade.guard.FetchCode;
import io.saccade.guard.http.GuardedHttp;
import io.saccade.guard.http.HttpOutcome;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Reads {@code https:} and {@code http:} through the guard, which decides what may be asked. */
final class WebSource implements ImageSource.Remote, AutoCloseable {

    private static final int LONGEST_HOST = 260;

    private final WebSettings settings;
    private final long maxBytes;
    private final GuardedHttp http;

    /**
     * Reads as the settings allow.
     *
     * @param http closed with this
     */
    WebSource(WebSettings settings, long maxBytes, GuardedHttp http) {
        this.settings = settings;
        this.maxBytes = maxBytes;
        this.http = http;
    }

    /** Scheme, name and port as written; a redirect counts for the host that sends it. */
    @Override
    public String host(Wanted wanted) {
        var uri = wanted.uri();
        var host = uri.getScheme() + "://" + uri.getHost() + ":" + uri.getPort();
        return host.substring(0, Math.min(LONGEST_HOST, host.length())).toLowerCase(Locale.ROOT);
    }

    /**
     * Nothing: the guard says it with the address it finds. A cache is no way around it, because a tenant finds there only
     * what the guard once let that tenant fetch from that very address.
     */
    @Override
    public Fetched.@Nullable Refused forbids(Wanted wanted) {
        return null;
    }

    @Override
    public Fetched fetch(Wanted wanted) throws InterruptedException {
        var outcome = http.get(
                wanted.uri(),
                settings.of(wanted.tenant()),
                maxBytes,
                wanted.budget().left());
        return switch (outcome) {
            case HttpOutcome.Fetched fetched -> new Fetched.Bytes(fetched.bytes(), EventIds.sha256(fetched.bytes()));
            case HttpOutcome.Refused(var code, var sentence) -> Fetched.refused(code, sentence);
            case HttpOutcome.Failed(var code, var sentence, var retryAfter) -> {
                if (code == FetchCode.NOT_ATTEMPTED && Thread.interrupted()) {
                    throw new InterruptedException("stopped while a fetch was at work");
                }
                yield new Fetched.Failed(code.code(), sentence, blame(code), Optional.ofNullable(retryAfter));
            }
        };
    }

    private static Fetched.Blame blame(FetchCode code) {
        return switch (code) {
            case THROTTLED -> Fetched.Blame.LOAD;
            case NOT_ATTEMPTED -> Fetched.Blame.OURS;
            default -> Fetched.Blame.HOST;
        };
    }

    @Override
    public void close() {
        http.close();
    }
}
