package io.saccade.vision;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/**
 * How long one picture may be worked at. Decoders ask between rows and blocks of input, so that a file that was made to
 * take hours ends in time. For one thread.
 *
 * <p>What counts is the time between two questions, but at most {@link #LONGEST_STEP_NANOS} of it: a process that was
 * stopped, or a machine that slept, has not worked.
 */
final class Patience {
    private static final long LONGEST_STEP_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

    /** Thrown out of a decoder, through ImageIO where need be, and caught where the decoder was called. */
    static final class Exhausted extends RuntimeException {
        Exhausted(Duration limit) {
            super("decoding took longer than " + limit.toMillis() + " ms", null, false, false);
        }
    }

    private final Duration limit;
    private final LongSupplier nanos;
    private long last;
    private long left;

    Patience(Duration limit, LongSupplier nanos) {
        this.limit = limit;
        this.nanos = nanos;
        this.last = nanos.getAsLong();
        this.left = limit.toNanos();
    }

    /**
     * Goes on, or not.
     *
     * @throws Exhausted if the time is spent
     */
    void check() {
        long now = nanos.getAsLong();
        left -= Math.clamp(now - last, 0, LONGEST_STEP_NANOS);
        last = now;
        if (left < 0) {
            throw new Exhausted(limit);
        }
    }
}
