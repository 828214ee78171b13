package io.saccade.sources;

import java.time.Duration;
import java.time.Instant;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/** How long a fetch may take, waiting included. Immutable; a clock runs behind it. */
public final class Budget {

    private static final Duration LEAST = Duration.ofSeconds(1);

    private final LongSupplier nanoTime;
    private final long end;
    private final boolean whole;

    private Budget(Duration given, boolean whole, LongSupplier nanoTime) {
        this.nanoTime = nanoTime;
        this.end = nanoTime.getAsLong() + given.toNanos();
        this.whole = whole;
    }

    /**
     * What an event leaves of the usual time: what is left until its deadline, but at least a second, because an answer
     * that is late by that is worth more than none. An event that has no deadline, or whose deadline has passed, gets the
     * usual time: its answer will be a later revision, and nobody waits for that.
     *
     * @param usual positive
     */
    public static Budget until(@Nullable Instant deadline, Instant now, Duration usual, LongSupplier nanoTime) {
        if (deadline == null || !deadline.isAfter(now)) {
            return new Budget(usual, true, nanoTime);
        }
        var left = Duration.between(now, deadline);
        if (left.compareTo(LEAST) < 0) {
            left = LEAST;
        }
        return left.compareTo(usual) < 0 ? new Budget(left, false, nanoTime) : new Budget(usual, true, nanoTime);
    }

    /** So much, from now. */
    public static Budget of(Duration given) {
        return new Budget(given, true, System::nanoTime);
    }

    static Budget of(Duration given, LongSupplier nanoTime) {
        return new Budget(given, true, nanoTime);
    }

    /** What is left; zero when it is spent. */
    public Duration left() {
        return Duration.ofNanos(Math.max(0, end - nanoTime.getAsLong()));
    }

    boolean spent() {
        return end - nanoTime.getAsLong() <= 0;
    }

    /** Whether a host that does not answer in this time can be blamed: not when a near deadline cut it short. */
    boolean whole() {
        return whole;
    }
}
