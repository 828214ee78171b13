package io.saccade.stage;

import java.util.function.LongSupplier;

/**
 * How many attempts beyond the first a stage may make: a share of the first attempts, and a few a second so that a quiet
 * stage retries too. When half of all calls fail, retrying each would double the load of a server that is in trouble
 * already.
 *
 * <p>A token bucket. Each first attempt puts in {@code share} of a token, each further one takes a whole; the bucket holds
 * at most {@value #MOST}. After {@code n} first attempts in {@code t} seconds there were at most
 * {@code n * share + t * perSecond + MOST} further ones. As Finagle's {@code RetryBudget} (percentCanRetry,
 * minRetriesPerSec), with the share of a tenth that "Site Reliability Engineering" (O'Reilly 2016, chapter 21, "Handling
 * Overload") gives each client; unlike Finagle's, tokens do not age, the small bucket bounds them instead.
 *
 * <p>Thread-safe.
 */
final class RetryBudget {

    /** Most tokens held. */
    static final int MOST = 10;

    private final double share;
    private final double perSecond;
    private final LongSupplier nanoTime;
    private double tokens;
    private long filledAt;

    /**
     * An empty bucket, but for what one second brings.
     *
     * @param share     further attempts for each first one, 0..1
     * @param perSecond further attempts a second whatever comes, above 0: or what waits when nothing new comes waits for ever
     * @throws IllegalArgumentException if one is out of range
     */
    RetryBudget(double share, double perSecond, LongSupplier nanoTime) {
        if (!(share >= 0 && share <= 1) || !(perSecond > 0 && perSecond <= 1_000_000)) {
            throw new IllegalArgumentException("a retry budget needs a share in 0..1 and more than 0 a second, got "
                    + share + " and " + perSecond);
        }
        this.share = share;
        this.perSecond = perSecond;
        this.nanoTime = nanoTime;
        this.tokens = Math.min(MOST, perSecond);
        this.filledAt = nanoTime.getAsLong();
    }

    /** A first attempt is made. */
    synchronized void firstAttempt() {
        tokens = Math.min(MOST, tokens + share);
    }

    /** Whether one more attempt may be made; if so it is counted. */
    synchronized boolean mayRetry() {
        long now = nanoTime.getAsLong();
        tokens = Math.min(MOST, tokens + (now - filledAt) / 1e9 * perSecond);
        filledAt = now;
        if (tokens < 1) {
            return false;
        }
        tokens -= 1;
        return true;
    }
}
