package io.saccade.testkit.fault;

import java.time.Duration;

/**
 * How one direction of a link behaves.
 *
 * @param latency        added to every chunk, from 0
 * @param jitter         up to this much more, uniformly; order is kept
 * @param bytesPerSecond most that passes; 0 for no bound
 * @param cut            whether nothing passes at all while connections stay open; what is sent meanwhile arrives after
 *                       the cut has healed, as TCP would send it again
 */
public record Conditions(Duration latency, Duration jitter, long bytesPerSecond, boolean cut) {

    /** A link without faults. */
    public static final Conditions CALM = new Conditions(Duration.ZERO, Duration.ZERO, 0, false);

    /** A link that lets nothing through. */
    public static final Conditions CUT = new Conditions(Duration.ZERO, Duration.ZERO, 0, true);

    public Conditions {
        if (latency.isNegative() || jitter.isNegative() || bytesPerSecond < 0) {
            throw new IllegalArgumentException("latency, jitter and bytesPerSecond must be at least 0, got " + latency
                    + ", " + jitter + " and " + bytesPerSecond);
        }
    }

    /** A link that is slow and narrow. */
    public static Conditions slow(Duration latency, Duration jitter, long bytesPerSecond) {
        return new Conditions(latency, jitter, bytesPerSecond, false);
    }
}
