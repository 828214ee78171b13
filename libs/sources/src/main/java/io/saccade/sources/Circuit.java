package io.saccade.sources;

import java.time.Duration;

/**
 * How a host has behaved lately. Closed lets everybody through; open nobody, until its time is over; then one call
 * probes. The moves are methods of the states, so that an impossible one does not compile. Times are those of one
 * monotonic clock in nanoseconds.
 */
sealed interface Circuit {

    /** A host of which nothing is known. */
    Closed UNKNOWN = new Closed(0);

    /**
     * When a host is left alone, and for how long.
     *
     * @param failures how many in a row open the circuit, at least 1
     * @param first    how long it then stays open, positive
     * @param longest  bound of that time, which doubles with each probe that fails
     */
    record Rules(int failures, Duration first, Duration longest) {

        public Rules {
            if (failures < 1 || !first.isPositive() || longest.compareTo(first) < 0) {
                throw new IllegalArgumentException("a host must rest after 1 failure or more, for a positive time, the "
                        + "longest not below the first, got " + failures + ", " + first + ", " + longest);
            }
        }

        long rest(int openings) {
            var doubled = first.multipliedBy(1L << Math.min(openings - 1, 20));
            return (doubled.compareTo(longest) < 0 ? doubled : longest).toNanos();
        }
    }

    /** Calls go through. */
    record Closed(int failures) implements Circuit {

        Circuit failed(long now, Rules rules) {
            return failures + 1 < rules.failures() ? new Closed(failures + 1) : new Open(now + rules.rest(1), 1);
        }
    }

    /** No call goes through before {@code until}. */
    record Open(long until, int openings) implements Circuit {

        boolean resting(long now) {
            return until - now > 0;
        }

        Probing probe() {
            return new Probing(openings);
        }
    }

    /** One call is out to see how the host is. */
    record Probing(int openings) implements Circuit {

        Circuit succeeded() {
            return UNKNOWN;
        }

        Circuit failed(long now, Rules rules) {
            return new Open(now + rules.rest(openings + 1), openings + 1);
        }

        /** The call ended without telling anything of the host: the next one probes. */
        Circuit learntNothing(long now) {
            return new Open(now, openings);
        }
    }
}
