package io.saccade.stage;

import java.time.Duration;
import java.util.function.LongSupplier;

/**
 * How many calls beyond the first a stage may make of a model in trouble. When half of all calls fail, repeating each until
 * it is answered doubles the load of a server that has too much of it already.
 *
 * <p>In any {@link #WINDOW}, counted by half seconds, there are at most
 *
 * <pre>
 *     max(share * first attempts in it, 3)
 * </pre>
 *
 * further attempts, as by Finagle's {@code RetryBudget} and Envoy's retry budgets; three, so that a quiet stage gets over a
 * blip. A stage that has tried nothing new for {@link #WELL}, as everything it holds waits, makes {@code perSecond}: the
 * single calls by which it finds out that the model is well again. Not sooner, or one whose records come in bursts would
 * add such a call in every pause between two.
 *
 * <p>The bound is for a model in trouble. What had to wait is to be answered soon once it is well, so after {@link #WELL}
 * without a failed call every answered call allows two further ones, beyond the bound: one, two, four, as TCP begins. The
 * first call that fails takes all of that back.
 *
 * <p>Thread-safe.
 */
final class RetryBudget {

    /** Where a request waits. */
    enum Place {
        /** In memory, with everything it holds: nothing else is taken in its place. */
        SLOT,
        /** In the retry topic, where it costs nothing. */
        TOPIC
    }

    /** Over how long attempts are counted. */
    static final Duration WINDOW = Duration.ofSeconds(10);

    /** After how long without a failed call a model counts as well. */
    static final Duration WELL = Duration.ofSeconds(3);

    /** Who was turned away asks again before this is over. */
    static final Duration LINE = Duration.ofMillis(300);

    /** Further attempts in a window however few requests there are. */
    static final int BLIP = 3;

    /** Fewer a second than this are none, and what waits when nothing new comes would wait for ever. */
    static final double LEAST = 0.001;

    private static final double ROUNDING = 1e-9;
    private static final int SLOTS = 20;
    private static final long SLOT = WINDOW.toNanos() / SLOTS;

    /** Calls that an answered one allows: itself again, and one more. */
    private static final int DOUBLED = 2;

    /** Most that is allowed beyond the bound at once; more than any stage holds is of no use. */
    private static final int MOST = 1_000;

    private final double share;
    private final long apart;
    private final LongSupplier nanoTime;
    private final int[] firsts = new int[SLOTS];
    private final int[] furthers = new int[SLOTS];
    private final long start;
    private long slot;
    private int firstsInWindow;
    private int furthersInWindow;
    private long lastFirst;
    private long lastAttempt;
    private long lastTurnedAway;
    private long lastFromSlot;
    private long lastFailure;
    private int beyond;
    private long opening;

    /**
     * As a model that was never asked: neither well nor in trouble.
     *
     * @param share     further attempts for each first one, 0..1
     * @param perSecond attempts a second of a stage that tries nothing new, {@value #LEAST} to a million
     * @param nanoTime  {@code System::nanoTime}, or a test's clock
     * @throws IllegalArgumentException if one is out of range
     */
    RetryBudget(double share, double perSecond, LongSupplier nanoTime) {
        if (!(share >= 0 && share <= 1) || !(perSecond >= LEAST && perSecond <= 1_000_000)) {
            throw new IllegalArgumentException("a retry budget needs a share in 0..1 and at least " + LEAST
                    + " a second, got " + share + " and " + perSecond);
        }
        this.share = share;
        this.apart = Math.round(1e9 / perSecond);
        this.nanoTime = nanoTime;
        this.start = nanoTime.getAsLong();
        this.lastFailure = start;
        this.lastFirst = start - WELL.toNanos();
        this.lastAttempt = start - apart;
        this.lastTurnedAway = start - LINE.toNanos() - 1;
        this.lastFromSlot = lastTurnedAway;
    }

    /** A request is tried for the first time. */
    synchronized void firstAttempt() {
        lastFirst = nanoTime.getAsLong();
        lastAttempt = lastFirst;
        turn(lastFirst);
        firsts[(int) (slot % SLOTS)]++;
        firstsInWindow++;
    }

    /** A call was answered. */
    synchronized void answered() {
        if (nanoTime.getAsLong() - lastFailure >= WELL.toNanos()) {
            beyond = Math.min(MOST, beyond + DOUBLED);
        }
    }

    /** A call failed in a way that may pass, though the model says that it is ready; or the server was full. */
    synchronized void failed() {
        lastFailure = nanoTime.getAsLong();
        beyond = 0;
    }

    /**
     * The model was not ready, and is again: what failed before says nothing any more. One call may go ahead of the others.
     *
     * @param opening which time this is, so that everybody who noticed may say so
     */
    synchronized void reopened(long opening) {
        if (opening != this.opening) {
            this.opening = opening;
            lastFailure = nanoTime.getAsLong() - WELL.toNanos();
            beyond = Math.max(beyond, 1);
        }
    }

    /**
     * Whether a request that waits may be tried once more; if so it is counted, if not it asks again soon.
     *
     * @param place where it waits; who holds a slot goes before who waits in the retry topic
     */
    synchronized boolean mayRetry(Place place) {
        long now = nanoTime.getAsLong();
        boolean may = (place == Place.SLOT || now - lastFromSlot > LINE.toNanos()) && take(now);
        if (!may) {
            lastTurnedAway = now;
            lastFromSlot = place == Place.SLOT ? now : lastFromSlot;
        }
        return may;
    }

    /** The same for one that failed just now: not before those that wait. */
    synchronized boolean mayRetryAtOnce() {
        long now = nanoTime.getAsLong();
        return now - lastTurnedAway > LINE.toNanos() && take(now);
    }

    private boolean take(long now) {
        turn(now);
        if (!isWithin(now)) {
            if (beyond == 0) {
                return false;
            }
            beyond--;
        }
        lastAttempt = now;
        furthers[(int) (slot % SLOTS)]++;
        furthersInWindow++;
        return true;
    }

    private boolean isWithin(long now) {
        boolean stands = now - lastFirst >= WELL.toNanos() && now - lastAttempt >= apart;
        return stands || furthersInWindow + 1 <= Math.max(BLIP, share * firstsInWindow + ROUNDING);
    }

    /** Forgets what the window has left behind. */
    private void turn(long now) {
        long current = (now - start) / SLOT;
        for (long next = Math.max(slot + 1, current - SLOTS + 1); next <= current; next++) {
            int i = (int) (next % SLOTS);
            firstsInWindow -= firsts[i];
            furthersInWindow -= furthers[i];
            firsts[i] = 0;
            furthers[i] = 0;
        }
        slot = Math.max(slot, current);
    }
}
