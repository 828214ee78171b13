package io.saccade.stage;

import java.time.Duration;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Whether the model is ready. While it is not, nothing is taken from Kafka, and requests at work wait here instead of
 * using up their attempts: a server that is down says nothing about a record. Thread-safe.
 */
final class ModelGate {

    private static final Logger LOGGER = LoggerFactory.getLogger(ModelGate.class);
    private static final Duration APART = Duration.ofMillis(100);

    private final String model;
    private final BooleanSupplier probe;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private boolean open;
    private long openings;
    private boolean asking;
    private long asked;
    private long lastAsked = System.nanoTime() - APART.toNanos();

    /**
     * Closed until the first probe.
     *
     * @param probe asks the server whether the model is ready; may block; must not throw; never asked twice at once
     */
    ModelGate(String model, BooleanSupplier probe) {
        this.model = model;
        this.probe = probe;
    }

    /** Asks the server, and lets waiting requests go when it is ready. */
    void check() throws InterruptedException {
        lock.lockInterruptibly();
        try {
            if (asking) {
                awaitAnswer();
            } else {
                ask();
            }
        } finally {
            lock.unlock();
        }
    }

    /**
     * A call failed: hears from the server whether it is there. What it said before the call failed tells nothing about
     * that, so this waits for the answer to a question asked later; calls that fail together ask once, and hear the same.
     */
    void suspect() throws InterruptedException {
        lock.lockInterruptibly();
        try {
            for (long before = asked; asked == before || asking; ) {
                long early = APART.toNanos() - (System.nanoTime() - lastAsked);
                if (asking) {
                    awaitAnswer();
                } else if (early > 0) {
                    changed.awaitNanos(early); // a server in trouble is not asked after each of its failures
                } else {
                    ask();
                }
            }
        } finally {
            lock.unlock();
        }
    }

    private void awaitAnswer() throws InterruptedException {
        while (asking) {
            changed.await();
        }
    }

    /** With the lock held, which is given back while the server thinks. */
    private void ask() {
        asking = true;
        asked++;
        lastAsked = System.nanoTime();
        lock.unlock();
        boolean ready = false;
        try {
            ready = probe.getAsBoolean();
        } finally {
            lock.lock();
            asking = false;
            is(ready);
        }
    }

    private void is(boolean ready) {
        if (ready != open) {
            LOGGER.atInfo()
                    .addKeyValue("model", model)
                    .log(ready ? "the model is ready" : "the model is not ready, consumption pauses");
        }
        openings += ready && !open ? 1 : 0;
        open = ready;
        changed.signalAll();
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
                changed.await();
            }
            return openings;
        } finally {
            lock.unlock();
        }
    }
}
