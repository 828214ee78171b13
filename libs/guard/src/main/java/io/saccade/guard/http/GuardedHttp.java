package io.saccade.guard.http;

import static java.util.Objects.requireNonNull;

import io.saccade.guard.FetchCode;
import io.saccade.guard.Place;
import io.saccade.guard.Resolver;
import io.saccade.guard.UrlGuard;
import io.saccade.guard.UrlPolicy;
import io.saccade.guard.Verdict;
import io.saccade.guard.Verdict.Allowed;
import io.saccade.guard.Verdict.Forbidden;
import io.saccade.guard.Verdict.Unresolved;
import io.saccade.guard.http.HttpOutcome.Failed;
import io.saccade.guard.http.HttpOutcome.Fetched;
import io.saccade.guard.http.HttpOutcome.Refused;
import io.saccade.guard.http.PinnedClient.Settings;
import io.saccade.guard.http.PinnedClient.Step;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import javax.net.ssl.SSLContext;

/**
 * Fetches what a URL from a stranger names. Every URL, that of a redirect too, goes through {@link UrlGuard}, and the
 * connection is made to an address of that verdict, while TLS and the {@code Host} header use the name. Ends within its
 * budget even when a server sends one byte now and then, and never holds more than the bytes asked for at most. Nothing
 * is repeated; connections are used again for the same name and address. It logs nothing; its HTTP client does at
 * {@code DEBUG} below {@code org.apache.hc}, and there whole URLs.
 */
public final class GuardedHttp implements AutoCloseable {

    /** Of a name with many addresses, so many are tried. */
    private static final int ADDRESSES_TRIED = 4;

    private static final long TIDY = 10;

    private static final Duration LONGEST_BUDGET = Duration.ofHours(1);
    private static final int LONGEST_BODY = Integer.MAX_VALUE - 8;

    private final UrlGuard guard;
    private final PinnedClient client;
    private final ScheduledThreadPoolExecutor timer;

    private GuardedHttp(Resolver resolver, Settings settings) {
        guard = new UrlGuard(resolver);
        client = new PinnedClient(settings);
        timer = new ScheduledThreadPoolExecutor(
                1, Thread.ofPlatform().daemon().name("saccade-fetch-timer").factory());
        timer.setRemoveOnCancelPolicy(true);
        // On a thread of its own, because closing a connection may take its time and fetches wait for their end.
        var _ = timer.scheduleWithFixedDelay(
                () -> Thread.startVirtualThread(client::tidy), TIDY, TIDY, TimeUnit.SECONDS);
    }

    /** With the settings that are right nearly everywhere. */
    public static GuardedHttp create() {
        return builder().build();
    }

    /** Begins with the settings of {@link #create()}. */
    public static Builder builder() {
        return new Builder();
    }

    /**
     * Fetches with GET. Blocks, at most for the budget; made for virtual threads, called from any. An interrupt ends it
     * on a virtual thread at once, elsewhere with the budget.
     *
     * @param uri      what to fetch
     * @param policy   what may be fetched
     * @param maxBytes the longest body, 0 to 2³¹ - 9
     * @param budget   for everything together: names, connections, redirects, the last byte; more than an hour counts as
     *                 one
     * @throws IllegalArgumentException if {@code maxBytes} is out of range
     */
    public HttpOutcome get(URI uri, UrlPolicy policy, long maxBytes, Duration budget) {
        // As it was written: the parts that java.net.URI found are its reading, and the guard has its own.
        return get(uri.toString(), policy, maxBytes, budget);
    }

    /** The same with the URL as it was given, for those that {@link URI} does not take. */
    public HttpOutcome get(String url, UrlPolicy policy, long maxBytes, Duration budget) {
        if (maxBytes < 0 || maxBytes >= LONGEST_BODY) {
            throw new IllegalArgumentException("maxBytes must be 0 to " + (LONGEST_BODY - 1) + ", got " + maxBytes);
        }
        var time = new Budget(budget.compareTo(LONGEST_BUDGET) > 0 ? LONGEST_BUDGET : budget, timer);
        long start = System.nanoTime();
        var verdict = guard.check(url, policy, time.left());
        for (int redirects = 0; ; redirects++) {
            if (!(verdict instanceof Allowed allowed)) {
                return ended(verdict, redirects > 0);
            }
            var place = allowed.place();
            switch (ask(place, allowed.addresses(), maxBytes, time)) {
                case Step.Body body -> {
                    return new Fetched(
                            body.bytes(), body.contentType(), place.uri(), Duration.ofNanos(System.nanoTime() - start));
                }
                case Step.Ended end -> {
                    return end.outcome();
                }
                case Step.Unreachable none -> {
                    return none.failure();
                }
                case Step.Moved moved -> {
                    if (redirects == policy.maxRedirects()) {
                        return new Refused(
                                FetchCode.TOO_MANY_REDIRECTS,
                                "at most " + policy.maxRedirects() + " redirects are followed, and " + place
                                        + " sent one more");
                    }
                    verdict = guard.checkRedirect(place, moved.location(), policy, time.left());
                }
            }
        }
    }

    private Step ask(Place place, List<InetAddress> addresses, long maxBytes, Budget time) {
        Step step = new Step.Ended(PinnedClient.timedOut(place));
        for (var address : addresses.subList(0, Math.min(ADDRESSES_TRIED, addresses.size()))) {
            if (time.isOver()) {
                return new Step.Ended(PinnedClient.timedOut(place));
            }
            step = client.get(place, address, maxBytes, time);
            if (!(step instanceof Step.Unreachable)) {
                return step;
            }
        }
        return step;
    }

    private static HttpOutcome ended(Verdict verdict, boolean redirected) {
        var where = redirected ? "after a redirect: " : "";
        return switch (verdict) {
            case Forbidden(var code, var sentence, var _) -> new Refused(code, where + sentence);
            case Unresolved(var code, var sentence) -> new Failed(code, where + sentence, null);
            case Allowed _ -> throw new IllegalStateException("an allowed place does not end a fetch");
        };
    }

    /** Ends what is under way and gives the connections back. */
    @Override
    public void close() {
        guard.close();
        client.close();
        timer.shutdownNow();
    }

    /** Settings; what is not set is as in {@link #create()}. */
    public static final class Builder {

        private Resolver resolver = Resolver.SYSTEM;
        private SSLContext tls = defaultTls();
        private String userAgent = "saccade";
        private Duration connectTimeout = Duration.ofSeconds(3);
        private Duration silence = Duration.ofSeconds(10);
        private int connections = 256;
        private int connectionsPerAddress = 32;
        private InstantSource clock = InstantSource.system();
        private Supplier<Socket> sockets = Settings.DIRECT;

        private Builder() {}

        private static SSLContext defaultTls() {
            try {
                return SSLContext.getDefault();
            } catch (NoSuchAlgorithmException e) {
                throw new IllegalStateException("this JVM has no TLS", e);
            }
        }

        /** Tells addresses; {@link Resolver#SYSTEM} unless set. */
        public Builder resolver(Resolver told) {
            resolver = requireNonNull(told, "resolver");
            return this;
        }

        /** What servers are trusted by; the JVM's default unless set, for example for a certificate authority of one's own. */
        public Builder tls(SSLContext context) {
            tls = requireNonNull(context, "tls");
            return this;
        }

        /** The {@code User-Agent} header; {@code saccade} unless set. */
        public Builder userAgent(String name) {
            userAgent = requireNonNull(name, "userAgent");
            return this;
        }

        /** For each address that is tried, TLS included; 3 s unless set. The budget ends it earlier. */
        public Builder connectTimeout(Duration longest) {
            connectTimeout = positive(longest, "connectTimeout");
            return this;
        }

        /** The longest wait for the next bytes of a server; 10 s unless set. The budget ends it earlier. */
        public Builder silence(Duration longest) {
            silence = positive(longest, "silence");
            return this;
        }

        /** Connections at once, at least 1; 256 unless set. Whoever comes later waits, within its budget. */
        public Builder connections(int most) {
            connections = atLeastOne(most, "connections");
            return this;
        }

        /** Connections at once to one name at one address, at least 1; 32 unless set. */
        public Builder connectionsPerAddress(int most) {
            connectionsPerAddress = atLeastOne(most, "connectionsPerAddress");
            return this;
        }

        /** What a date in {@code Retry-After} is compared with; the system's unless set. */
        public Builder clock(InstantSource source) {
            clock = requireNonNull(source, "clock");
            return this;
        }

        /** For tests that must see every attempt to connect. */
        Builder sockets(Supplier<Socket> factory) {
            sockets = factory;
            return this;
        }

        /** Made; close it when done. */
        public GuardedHttp build() {
            return new GuardedHttp(
                    resolver,
                    new Settings(
                            tls,
                            userAgent,
                            connectTimeout,
                            silence,
                            connections,
                            connectionsPerAddress,
                            clock,
                            sockets));
        }

        private static Duration positive(Duration duration, String name) {
            if (duration.isNegative() || duration.isZero()) {
                throw new IllegalArgumentException(name + " must be positive, got " + duration);
            }
            return duration;
        }

        private static int atLeastOne(int number, String name) {
            if (number < 1) {
                throw new IllegalArgumentException(name + " must be at least 1, got " + number);
            }
            return number;
        }
    }
}
