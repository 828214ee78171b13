package io.saccade.sources;

import io.saccade.guard.FetchCode;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongSupplier;

/**
 * Leaves alone a host that failed several times in a row, so that its images fail at once instead of each holding a place
 * for as long as it may wait. Hosts that behave take no memory; of the others so many are remembered.
 */
final class Circuits implements ImageSource {

    /** Of more failing hosts only those are remembered that rest just now: an attacker may name hosts without end. */
    private static final int MOST_HOSTS = 10_000;

    private final Remote source;
    private final ImageSource next;
    private final Circuit.Rules rules;
    private final LongSupplier nanoTime;
    private final Map<String, Circuit> hosts = new ConcurrentHashMap<>();

    Circuits(Remote source, ImageSource next, Circuit.Rules rules, LongSupplier nanoTime) {
        this.source = source;
        this.next = next;
        this.rules = rules;
        this.nanoTime = nanoTime;
    }

    @Override
    public Fetched fetch(Wanted wanted) throws InterruptedException {
        var host = source.host(wanted);
        var rest = admit(host);
        if (rest.isPresent()) {
            return new Fetched.Failed(
                    SourceCode.HOST_RESTING.code(),
                    "the host failed " + rules.failures() + " times or more in a row and is left alone for "
                            + rest.get().plusMillis(999).toSeconds() + " s",
                    Fetched.Blame.OURS,
                    rest);
        }
        Fetched fetched = null;
        try {
            fetched = next.fetch(wanted);
            return fetched;
        } finally {
            learn(host, fetched, wanted.budget());
        }
    }

    /** How long to stay away; empty for a call that may go. */
    private Optional<Duration> admit(String host) {
        var wait = new Duration[1];
        hosts.computeIfPresent(host, (_, circuit) -> switch (circuit) {
            case Circuit.Closed closed -> closed;
            case Circuit.Open open -> {
                long now = nanoTime.getAsLong();
                if (open.resting(now)) {
                    wait[0] = Duration.ofNanos(open.until() - now);
                    yield open;
                }
                yield open.probe();
            }
            case Circuit.Probing probing -> {
                wait[0] = Duration.ZERO;
                yield probing;
            }
        });
        return Optional.ofNullable(wait[0]);
    }

    private void learn(String host, @org.jspecify.annotations.Nullable Fetched fetched, Budget budget) {
        switch (fetched) {
            case null -> learntNothing(host);
            case Fetched.Failed failed
            when failed.blame() == Fetched.Blame.HOST -> {
                // Somebody's near deadline must not close a slow but healthy host to everybody.
                if (budget.whole() || !failed.code().equals(FetchCode.TIMED_OUT.code())) {
                    failed(host);
                } else {
                    learntNothing(host);
                }
            }
            case Fetched.Failed failed when failed.blame() == Fetched.Blame.OURS -> learntNothing(host);
            // A host that refuses, or asks for patience, is well.
            case Fetched.Failed _, Fetched.Refused _, Fetched.Bytes _ -> succeeded(host);
        }
    }

    int hosts() {
        return hosts.size();
    }

    /** Looks at each host that is remembered: for who reads metrics now and then. */
    HostStates states() {
        int failing = 0;
        int resting = 0;
        int probing = 0;
        long now = nanoTime.getAsLong();
        for (var circuit : hosts.values()) {
            switch (circuit) {
                case Circuit.Closed _ -> failing++;
                case Circuit.Open open when open.resting(now) -> resting++;
                case Circuit.Open _ -> failing++; // whoever wants something of it next will probe
                case Circuit.Probing _ -> probing++;
            }
        }
        return new HostStates(failing, resting, probing);
    }

    private void failed(String host) {
        if (hosts.size() >= MOST_HOSTS && !hosts.containsKey(host)) {
            long now = nanoTime.getAsLong();
            hosts.values().removeIf(circuit -> switch (circuit) {
                case Circuit.Closed _ -> true;
                case Circuit.Open open -> !open.resting(now);
                case Circuit.Probing _ -> false;
            });
            if (hosts.size() >= MOST_HOSTS) {
                return;
            }
        }
        hosts.compute(host, (_, circuit) -> switch (circuit) {
            case null -> Circuit.UNKNOWN.failed(nanoTime.getAsLong(), rules);
            case Circuit.Closed closed -> closed.failed(nanoTime.getAsLong(), rules);
            case Circuit.Open open -> open; // a call that was out before
            case Circuit.Probing probing -> probing.failed(nanoTime.getAsLong(), rules);
        });
    }

    private void succeeded(String host) {
        hosts.computeIfPresent(host, (_, circuit) -> switch (circuit) {
            case Circuit.Closed _ -> null;
            case Circuit.Open open -> open; // a call that was out before
            case Circuit.Probing _ -> null;
        });
    }

    private void learntNothing(String host) {
        hosts.computeIfPresent(
                host,
                (_, circuit) -> circuit instanceof Circuit.Probing probing
                        ? probing.learntNothing(nanoTime.getAsLong())
                        : circuit);
    }
}
