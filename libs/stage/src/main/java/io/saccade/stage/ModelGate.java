package io.saccade.stage;

import java.time.Duration;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Whether the model is ready. While it is not, nothing is taken from Kafka, and requests at work wait here instead of
 * using up their attempts: a server that is down says nothing about a record. Thread-safe.
 */
final class ModelGate {

    private static final Logger LOGGER = LoggerFactory.getLogger(ModelGate.class);
    private static final Duration FRESH = Duration.ofMillis(100);

    private final String model;
    private final BooleanSupplier probe;
    private final LongSupplier nanoTime;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition opened = lock.newCondition();
    private boolean open;
    private long openings;
    private long probedAt;

    /**
     * Closed until the first probe.
     *
     * @param probe asks the server whether the model is ready; may block; must not throw
     */
    ModelGate(String model, BooleanSupplier probe, LongSupplier nanoTime) {
        this.model = model;
        this.probe = probe;
        this.nanoTime = nanoTime;
        this.probedAt = nanoTime.getAsLong() - FRESH.toNanos();
    }

    /** Asks the server, and lets waiting requests go when it is ready. */
    void check() {
        boolean ready = probe.getAsBoolean();
        lock.lock();
        try {
            probedAt = nanoTime.getAsLong();
            if (ready != open) {
                LOGGER.atInfo()
                        .addKeyValue("model", model)
                        .log(ready ? "the model is ready" : "the model is not ready, consumption pauses");
            }
            openings += ready && !open ? 1 : 0;
            open = ready;
            if (ready) {
                opened.signalAll();
            }
        } finally {
            lock.unlock();
        }
    }

    /** A call failed: asks the server unless that was done a moment ago. */
    void suspect() {
        lock.lock();
        try {
            if (nanoTime.getAsLong() - probedAt < FRESH.toNanos()) {
                return;
            }
            probedAt = nanoTime.getAsLong(); // before the answer: calls that failed together ask once
        } finally {
            lock.unlock();
        }
        check();
    }

    boolean isOpen() {
        lock.lock();
        try {
            return open;
        } finally {
            lock.unlock();
        }
    }

    /**
     * Waits until the model is ready, for as long as it takes.
     *
     * @return how often it has become ready so far
     */
    long awaitOpen() throws InterruptedException {
        lock.lockInterruptibly();
        try {
            while (!open) {
                opened.await();
            }
            return openings;
        } finally {
            lock.unlock();
        }
    }
}
