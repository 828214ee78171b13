package io.saccade.modelserver;

import io.saccade.modelserver.batching.Job;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The requests of a model that were taken and have not ended yet, and what belongs to each. Thread-safe.
 *
 * @param <R> what belongs to a request, the way to cancel it for one
 */
final class UnderWay<R> {

    private final Map<Job, R> requests = new HashMap<>();
    private boolean closed;

    /** Takes a request, and says whether it did: once closed, it takes none. Whoever had one taken calls {@link #end} for it. */
    synchronized boolean take(Job job, R belonging) {
        if (!closed) {
            requests.put(job, belonging);
        }
        return !closed;
    }

    /** What belongs to a request; null if it is not under way. */
    synchronized @Nullable R of(Job job) {
        return requests.get(job);
    }

    /** A request has ended. */
    synchronized void end(Job job) {
        requests.remove(job);
        notifyAll();
    }

    /** How many there are. */
    synchronized int count() {
        return requests.size();
    }

    /** Takes no more, and waits for the end of those that were taken, interrupted or not. */
    synchronized void close() {
        closed = true;
        boolean interrupted = false;
        while (!requests.isEmpty()) {
            try {
                wait();
            } catch (InterruptedException _) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
