package io.saccade.triton.limit;

import java.time.Duration;

/**
 * Learns how many calls a server can usefully have at once, from their durations alone. As long as more calls do not take longer
 * the limit grows; when calls begin to queue at the server, it shrinks.
 *
 * <p>The algorithm is Gradient2 of Netflix's {@code concurrency-limits} ({@code Gradient2Limit}, Apache-2.0; after TCP Vegas,
 * Brakmo and Peterson, IEEE JSAC 13(8), 1995). For each window of calls, with <i>s</i> their mean duration and <i>l</i> its
 * exponential average over {@value #LONG_WINDOW} windows:
 *
 * <pre>
 *     l        = l + (s - l) * 2 / (LONG_WINDOW + 1)     the first ten windows: their plain mean
 *     l        = 0.95 * l                                if l &gt; 2 * s: the load fell, forget faster
 *     gradient = max(0.5, min(1, tolerance * l / s))
 *     limit    = 0.8 * limit + 0.2 * (limit * gradient + queue)
 * </pre>
 *
 * <p>Unchanged if fewer than half of the limit were in flight, as such a window says nothing about the limit. {@code queue} is how
 * many calls may wait at the server; it is what makes the limit grow. {@code tolerance} is how much slower than usual is still
 * usual.
 *
 * <p>Where this differs from Netflix's: under load that never pauses, a stream's for example, queueing slowly becomes part of the
 * average and the limit creeps up to its bound. So every {@value #PROBE_EVERY} windows the limit is half of itself for two windows,
 * one in which the queue drains and one whose mean becomes the average, as BBR does (ProbeRTT; Cardwell et al., ACM Queue 14(5),
 * 2016). A window is as many calls as the limit, at least ten, and not a time, so there is no
 * clock here and the same durations give the same limits; and a call the server refused because it was full lowers the limit at
 * once by a tenth, once in a window, where theirs looks at durations only: Triton refuses a full queue quickly, which would
 * otherwise look like speed.
 *
 * <p>Not for several threads: {@link CallGate} guards it.
 */
public final class Gradient2 {
    private static final int LONG_WINDOW = 600;
    private static final int WARM_UP = 10;
    private static final int LEAST_WINDOW = 10;
    private static final double SMOOTHING = 0.2;
    private static final double BACK_OFF = 0.9;
    private static final int PROBE_EVERY = 100;

    /** Where in its cycle the limit is. */
    private enum Phase {
        STEADY,
        DRAINING,
        MEASURING
    }

    private final int least;
    private final int most;
    private final double tolerance;
    private final int queue;

    private double limit;
    private double longMean;
    private long windows;
    private Phase phase = Phase.STEADY;

    private int calls;
    private double sum;
    private int mostInFlight;
    private boolean backedOff;

    private Gradient2(int initial, int least, int most, double tolerance, int queue) {
        if (least < 1 || initial < least || most < initial) {
            throw new IllegalArgumentException(
                    "a limit needs 1 <= least <= initial <= most, got " + least + ", " + initial + ", " + most);
        }
        if (!(tolerance >= 1 && tolerance < Double.POSITIVE_INFINITY)) {
            throw new IllegalArgumentException("tolerance must be 1 or more, got " + tolerance);
        }
        if (queue < 1) {
            throw new IllegalArgumentException("queue must be 1 or more, or the limit never grows, got " + queue);
        }
        this.limit = initial;
        this.least = least;
        this.most = most;
        this.tolerance = tolerance;
        this.queue = queue;
    }

    /** With Netflix's tolerance of 1.5 and queue of 4. */
    public static Gradient2 between(int least, int initial, int most) {
        return new Gradient2(initial, least, most, 1.5, 4);
    }

    /**
     * With all settings.
     *
     * @param tolerance 1 or more: 2 means that twice the usual duration does not yet lower the limit
     * @param queue     1 or more: calls that may wait at the server
     */
    public static Gradient2 between(int least, int initial, int most, double tolerance, int queue) {
        return new Gradient2(initial, least, most, tolerance, queue);
    }

    /** The limit now. */
    public int limit() {
        return phase == Phase.STEADY ? (int) limit : Math.max(least, (int) (limit / 2));
    }

    /** Whether the limit is halved for a moment, to see how long a call takes without a queue. */
    public boolean isProbing() {
        return phase != Phase.STEADY;
    }

    /**
     * Learns from a call that was answered.
     *
     * @param took     from sending to answer
     * @param inFlight calls in flight when it was sent, itself included
     */
    public void answered(Duration took, int inFlight) {
        sum += Math.max(1, took.toNanos());
        mostInFlight = Math.max(mostInFlight, inFlight);
        calls++;
        if (calls >= Math.max(LEAST_WINDOW, (int) limit)) {
            endOfWindow(sum / calls);
            calls = 0;
            sum = 0;
            mostInFlight = 0;
            backedOff = false;
        }
    }

    private void endOfWindow(double mean) {
        switch (phase) {
            case STEADY -> learn(mean);
            case DRAINING -> phase = Phase.MEASURING;
            case MEASURING -> {
                longMean = mean;
                phase = Phase.STEADY;
            }
        }
    }

    private void learn(double mean) {
        windows++;
        if (windows % PROBE_EVERY == 0) {
            phase = Phase.DRAINING;
        }
        longMean += (mean - longMean) * (windows <= WARM_UP ? 1.0 / windows : 2.0 / (LONG_WINDOW + 1));
        if (longMean > 2 * mean) {
            longMean *= 0.95;
        }
        if (mostInFlight < limit / 2) {
            return;
        }
        double gradient = Math.clamp(tolerance * longMean / mean, 0.5, 1.0);
        double next = limit * gradient + queue;
        set(limit * (1 - SMOOTHING) + next * SMOOTHING);
    }

    /** Learns that the server refused a call because it was full, or did not answer in time. */
    public void dropped() {
        if (!backedOff) {
            backedOff = true; // the other calls of the same crowd say nothing new
            set(limit * BACK_OFF);
        }
    }

    private void set(double value) {
        limit = Math.clamp(value, least, most);
    }
}
