package io.saccade.faults;

import io.saccade.faults.lab.Load;
import java.time.Duration;
import java.time.LocalTime;
import java.time.temporal.ChronoUnit;
import java.util.Locale;
import java.util.function.Consumer;

/** Says from time to time how far a run is, from a thread of its own, until it is closed. */
final class Ticker implements AutoCloseable {

    private static final Duration APART = Duration.ofSeconds(30);

    private final Thread thread;

    /** Begins to say it, for the first time after a while. */
    Ticker(Load load, Consumer<String> says) {
        thread = Thread.ofVirtual().name("ticker").start(() -> tick(load, says));
    }

    @Override
    public void close() {
        thread.interrupt();
    }

    private static void tick(Load load, Consumer<String> says) {
        try {
            for (long before = 0, now; ; before = now) {
                Thread.sleep(APART);
                now = load.answered();
                if (now < before) {
                    return; // all is answered and forgotten, and looked through now
                }
                says.accept(String.format(
                        Locale.ROOT,
                        "  %s  %,d of %,d images answered, %d a second",
                        LocalTime.now().truncatedTo(ChronoUnit.SECONDS),
                        now,
                        load.images(),
                        (now - before) / APART.toSeconds()));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
