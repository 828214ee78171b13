package io.saccade.stage;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/**
 * How much a stage holds at once, in records and in bytes. It never refuses: the loop asks {@link #full()} and pauses
 * its partitions, so the bounds can be passed by the records of one poll; by those of backfill only within the tenth that is
 * its own. Thread-safe.
 */
final class InFlight {

    private final int maxRecords;
    private final long maxBytes;
    private final BackfillShare share;
    private final AtomicInteger records = new AtomicInteger();
    private final AtomicInteger backfill = new AtomicInteger();
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
        this.share = new BackfillShare(maxRecords);
    }

    void entered(long size, boolean isBackfill) {
        records.incrementAndGet();
        backfill.addAndGet(isBackfill ? 1 : 0);
        bytes.addAndGet(size);
    }

    void left(long size, boolean isBackfill) {
        records.decrementAndGet();
        backfill.addAndGet(isBackfill ? -1 : 0);
        bytes.addAndGet(-size);
    }

    boolean full() {
        return records.get() >= maxRecords || bytes.get() >= maxBytes;
    }

    /**
     * How many more records of backfill may be taken.
     *
     * @param liveWaits whether live records lie ready that were not taken yet
     */
    int roomForBackfill(boolean liveWaits) {
        return bytes.get() >= maxBytes ? 0 : share.room(liveWaits, backfill.get(), records.get());
    }

    int records() {
        return records.get();
    }

    /** Of these, those of backfill. */
    int backfill() {
        return backfill.get();
    }

    long bytes() {
        return bytes.get();
    }
}
