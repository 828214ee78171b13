package io.saccade.guard;

import static java.util.Objects.requireNonNull;

import io.saccade.guard.Verdict.Allowed;
import io.saccade.guard.Verdict.Forbidden;
import io.saccade.guard.Verdict.Unresolved;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Says whether a URL may be fetched, and from which addresses. A name is asked for once; whoever connects must use the
 * addresses of the verdict, since a name server may answer the next question otherwise. One forbidden address among
 * those of a name forbids the name.
 *
 * <p>May be used from any thread. Names are looked up on a few platform threads of its own, because the operating
 * system's resolver can be neither interrupted nor bounded; a caller waits no longer than it wants to.
 */
public final class UrlGuard implements AutoCloseable {

    private static final int LOOKUP_THREADS = 32;
    private static final int LOOKUPS_WAITING = 256;

    private final Resolver resolver;
    private final ThreadPoolExecutor lookups;

    /** With the resolver that tells the addresses; {@link Resolver#SYSTEM} nearly everywhere. */
    public UrlGuard(Resolver resolver) {
        this.resolver = requireNonNull(resolver, "resolver");
        lookups = new ThreadPoolExecutor(
                LOOKUP_THREADS,
                LOOKUP_THREADS,
                10,
                TimeUnit.SECONDS,
                new LinkedBlockingQueue<>(LOOKUPS_WAITING),
                Thread.ofPlatform().daemon().name("saccade-lookup-", 0).factory());
        lookups.allowCoreThreadTimeOut(true);
    }

    /**
     * Checks a URL. Blocks while the name is looked up.
     *
     * @param url    as it was given, in no way repaired
     * @param policy what may be fetched
     * @param budget the longest wait for the addresses
     */
    public Verdict check(String url, UrlPolicy policy, Duration budget) {
        var read = UrlReader.read(url, policy);
        return read.place() == null ? requireNonNull(read.refusal()) : resolved(read.place(), policy, budget);
    }

    /**
     * Checks where a redirect leads to, by the same rules, and that it does not leave encryption behind.
     *
     * @param from     where the redirect was sent from
     * @param location what it says, absolute or relative
     * @param policy   what may be fetched
     * @param budget   the longest wait for the addresses
     */
    public Verdict checkRedirect(Place from, String location, UrlPolicy policy, Duration budget) {
        var read = UrlReader.read(UrlReader.resolve(from, location), policy);
        if (read.place() == null) {
            return requireNonNull(read.refusal());
        }
        if (from.encrypted() && !read.place().encrypted()) {
            return new Forbidden(
                    FetchCode.REDIRECT_INSECURE, "a redirect must not lead from https to http, from " + from, null);
        }
        return resolved(read.place(), policy, budget);
    }

    private Verdict resolved(Place place, UrlPolicy policy, Duration budget) {
        var literal = Ip.parse(place.host());
        if (literal != null) {
            return new Allowed(place, List.of(literal.toInetAddress()));
        }
        List<InetAddress> addresses;
        var lookup = new FutureTask<>(() -> List.copyOf(resolver.resolve(place.host())));
        try {
            lookups.execute(lookup);
            addresses = lookup.get(Math.max(0, budget.toNanos()), TimeUnit.NANOSECONDS);
        } catch (RejectedExecutionException e) {
            return new Unresolved(
                    FetchCode.NOT_ATTEMPTED, "too many names are being looked up, or the guard is closed");
        } catch (TimeoutException e) {
            lookup.cancel(true);
            return new Unresolved(FetchCode.TIMED_OUT, "the name " + place.host() + " was not resolved in time");
        } catch (InterruptedException e) {
            lookup.cancel(true);
            Thread.currentThread().interrupt();
            return new Unresolved(FetchCode.NOT_ATTEMPTED, "the thread was interrupted while a name was looked up");
        } catch (ExecutionException e) {
            if (e.getCause() instanceof UnknownHostException) {
                return new Unresolved(FetchCode.NAME_UNRESOLVED, "the name " + place.host() + " has no address");
            }
            throw new IllegalStateException("the resolver must answer or throw UnknownHostException", e.getCause());
        }
        if (addresses.isEmpty()) {
            return new Unresolved(FetchCode.NAME_UNRESOLVED, "the name " + place.host() + " has no address");
        }
        for (var address : addresses) {
            var obstacle = policy.obstacle(address);
            if (obstacle.isPresent()) {
                return forbidden(obstacle.get(), "an address of " + place.host());
            }
        }
        return new Allowed(place, addresses);
    }

    /** Names the block but, of an address behind a name, not the address: the asker may be mapping a network. */
    static Forbidden forbidden(Classified obstacle, String what) {
        var why = obstacle.kind() == AddressKind.PUBLIC
                ? "is in a network that the policy denies"
                : "is " + obstacle.kind().words() + " (" + obstacle.block() + ")";
        return new Forbidden(FetchCode.ADDRESS_FORBIDDEN, what + " or inside it " + why, obstacle.kind());
    }

    /** Lets nothing more be looked up. */
    @Override
    public void close() {
        lookups.shutdownNow();
    }
}
