package io.saccade.testkit;

import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Predicate;

/** Waiting for a condition instead of for a time. */
public final class Await {

    private static final long LONGEST_PAUSE = Duration.ofMillis(100).toNanos();

    private Await() {}

    /**
     * Waits until something is true.
     *
     * @param what in words, for the failure's message
     * @throws AssertionError after the timeout
     */
    public static void until(String what, Duration timeout, Callable<Boolean> condition) {
        value(what, timeout, condition, reached -> reached);
    }

    /**
     * Asks again and again until the value is as wanted, and returns it. What the supplier throws fails the wait at
     * once: an expected failure is a value.
     *
     * @param what in words, for the failure's message
     * @throws AssertionError after the timeout, with the last value
     */
    public static <T> T value(String what, Duration timeout, Callable<T> supplier, Predicate<T> wanted) {
        long end = System.nanoTime() + timeout.toNanos();
        long pause = Duration.ofMillis(1).toNanos();
        while (true) {
            T value = call(what, supplier);
            if (wanted.test(value)) {
                return value;
            }
            if (System.nanoTime() - end > 0) {
                throw new AssertionError("waited " + timeout + " for " + what + ", but got " + value);
            }
            if (Thread.currentThread().isInterrupted()) {
                throw new AssertionError("interrupted while waiting for " + what);
            }
            LockSupport.parkNanos(pause);
            pause = Math.min(pause * 2, LONGEST_PAUSE);
        }
    }

    private static <T> T call(String what, Callable<T> supplier) {
        try {
            return supplier.call();
        } catch (Exception e) {
            throw new AssertionError("while waiting for " + what, e);
        }
    }
}
