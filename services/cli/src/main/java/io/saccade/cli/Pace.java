package io.saccade.cli;

import java.time.Duration;
import java.util.function.LongSupplier;

/** Keeps to so many records a second. For one thread. */
final class Pace {

    private final double nanosEach;
    private final LongSupplier nanoTime;
    private final Sleep sleep;
    private long next;

    /** Waits. */
    interface Sleep {
        void sleep(Duration duration) throws InterruptedException;
    }

    /**
     * A pace.
     *
     * @param perSecond how many records a second, at least 1; 0 for as many as can be
     * @param nanoTime  {@code System::nanoTime}, or a test's clock
     */
    Pace(int perSecond, LongSupplier nanoTime, Sleep sleep) {
        if (perSecond < 0) {
            throw CliException.usage("--rate must be at least 1, or 0 for as fast as can be, got " + perSecond);
        }
        this.nanosEach = perSecond == 0 ? 0 : 1e9 / perSecond;
        this.nanoTime = nanoTime;
        this.sleep = sleep;
        this.next = nanoTime.getAsLong();
    }

    /** So many records may be sent once this returns; what was not used earlier is not made up for. */
    void await(int records) {
        long now = nanoTime.getAsLong();
        if (next - now > 0) {
            try {
                sleep.sleep(Duration.ofNanos(next - now));
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw CliException.no("interrupted; what was sent is done, run the command again for the rest");
            }
            now = nanoTime.getAsLong();
        }
        next = Math.max(next, now) + Math.round(records * nanosEach);
    }
}
