package io.saccade.guard.http;

import java.time.Duration;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.apache.hc.core5.concurrent.Cancellable;
import org.jspecify.annotations.Nullable;

/**
 * The time one fetch has, and what ends it. Time limits of sockets begin anew with every byte, so a server that sends
 * one now and then would never meet them; this one closes the connection under the reader. Used by one thread, and by
 * the one that ends it.
 */
final class Budget {

    private final long end;
    private final ScheduledThreadPoolExecutor timer;
    private volatile boolean over;

    Budget(Duration length, ScheduledThreadPoolExecutor timer) {
        end = System.nanoTime() + length.toNanos();
        this.timer = timer;
    }

    /** What is left; zero when it is over. */
    Duration left() {
        return Duration.ofNanos(Math.max(0, end - System.nanoTime()));
    }

    boolean isOver() {
        return over || end - System.nanoTime() <= 0;
    }

    /** Cancels the work when the time is over, unless the guard is closed before. */
    Guarding guard(Cancellable work) {
        var timeout = timer.schedule(
                () -> {
                    over = true;
                    // Closing a connection may take its time, and others' ends are waiting.
                    Thread.startVirtualThread(work::cancel);
                },
                Math.max(0, end - System.nanoTime()),
                TimeUnit.NANOSECONDS);
        return new Guarding(timeout);
    }

    /** Ends with the work. */
    record Guarding(@Nullable ScheduledFuture<?> timeout) implements AutoCloseable {
        @Override
        public void close() {
            if (timeout != null) {
                timeout.cancel(false);
            }
        }
    }
}
