package io.saccade.stage;

import java.util.concurrent.Semaphore;

/**
 * Bounds the bytes of images that are fetched and not yet decoded. Before a fetch nobody knows how many there will be, so
 * each enters with the most there may be and gives back what it did not need. First come, first served. Thread-safe.
 */
final class ByteRoom {

    private static final int UNIT = 1024;

    private final Semaphore free;
    private final int most;

    /**
     * Room for at least one image of the largest size.
     *
     * @param total bytes at once
     * @param most  bytes of the largest image, positive
     */
    ByteRoom(long total, long most) {
        this.most = units(most);
        this.free = new Semaphore(Math.max(units(total), this.most), true);
    }

    private static int units(long bytes) {
        return Math.toIntExact(Math.min(Integer.MAX_VALUE, (bytes + UNIT - 1) / UNIT));
    }

    /** Waits for room for one image of the largest size. */
    Held enter() throws InterruptedException {
        free.acquire(most);
        return new Held(most);
    }

    /** For an image that is held elsewhere already. */
    Held nothing() {
        return new Held(0);
    }

    long freeBytes() {
        return (long) free.availablePermits() * UNIT;
    }

    int waiting() {
        return free.getQueueLength();
    }

    /** What one image takes; for one thread. */
    final class Held implements AutoCloseable {

        private int held;

        private Held(int held) {
            this.held = held;
        }

        /** Gives back all but so many bytes. */
        void keep(long bytes) {
            int needed = Math.min(held, units(bytes));
            free.release(held - needed);
            held = needed;
        }

        @Override
        public void close() {
            keep(0);
        }
    }
}
