package io.saccade.triton;

import java.time.Duration;

/**
 * What is known of one endpoint, and for how long it is left alone. The moves between the states are methods of the states, and
 * times are {@code System.nanoTime()}.
 *
 * <p>After {@value #FAILURES} failures in a row an endpoint is left out for {@link #FIRST}. Then it is asked whether it is ready,
 * which risks nobody's item: if it is, it is in again; if not, it is left out for twice as long as before, up to {@link #LONGEST}.
 * This is the outlier detection of Envoy and of gRFC A50, reduced to consecutive failures, with a probe in place of a second chance
 * at real traffic.
 */
sealed interface Ejection {
    int FAILURES = 5;
    Duration FIRST = Duration.ofSeconds(1);
    Duration LONGEST = Duration.ofSeconds(30);

    /** Nothing is known against it. */
    Ejection START = new In(0);

    /** In use, with so many failures in a row. */
    record In(int failures) implements Ejection {
        Ejection answered() {
            return failures == 0 ? this : START;
        }

        Ejection failed(long now) {
            return failures + 1 < FAILURES ? new In(failures + 1) : new Out(now + FIRST.toNanos(), FIRST);
        }
    }

    /** Left out. */
    record Out(long until, Duration pause) implements Ejection {
        boolean isDue(long now) {
            return now - until >= 0;
        }

        Probed probe() {
            return new Probed(pause);
        }
    }

    /** Left out, and asked whether it is ready; the answer is under way. */
    record Probed(Duration pause) implements Ejection {
        Ejection ready() {
            return START;
        }

        Ejection notReady(long now) {
            Duration doubled = pause.multipliedBy(2);
            Duration longer = doubled.compareTo(LONGEST) > 0 ? LONGEST : doubled;
            return new Out(now + longer.toNanos(), longer);
        }
    }
}
