package io.saccade.stage;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/**
 * How much a stage holds at once, in records and in bytes. It never refuses: the loop asks {@link #full()} and pauses
 * its partitions, so the bounds can be passed by the records of one poll. Thread-safe.
 */
final class InFlight {

    private final int maxRecords;
    private final long maxBytes;
    private final AtomicInteger records = new AtomicInteger();
    private final AtomicLong bytes = new AtomicLong();

    /**
     * Bounds, both at least 1.
     *
     * @throws IllegalArgumentException if one is not
     */
    InFlight(int maxRecords, long maxBytes) {
        if (maxRecords < 1 || maxBytes < 1) {
            throw new IllegalArgumentException(
                    "bounds must be at least 1, got " + maxRecords + " records and " + maxBytes + " bytes");
        }
        this.maxRecords = maxRecords;
        this.maxBytes = maxBytes;
    }

    void entered(long size) {
        records.incrementAndGet();
        bytes.addAndGet(size);
    }

    void left(long size) {
        records.decrementAndGet();
        bytes.addAndGet(-size);
    }

    boolean full() {
        return records.get() >= maxRecords || bytes.get() >= maxBytes;
    }

    int records() {
        return records.get();
    }

    long bytes() {
        return bytes.get();
    }
}
