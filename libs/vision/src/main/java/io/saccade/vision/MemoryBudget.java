package io.saccade.vision;

import java.util.concurrent.Semaphore;

/**
 * Bounds the memory that pictures take at once while they are decoded and prepared: a picture is let in by the size its
 * header says, before anything is allocated, and waits while others fill the budget. One that is larger than the whole
 * budget waits until it is alone. Thread-safe, first come first served.
 */
final class MemoryBudget {
    private static final int UNIT = 1 << 10;
    private static final int RGB = 3;

    private final int units;
    private final Semaphore free;

    /** A budget of some bytes, at least 1 MiB. */
    MemoryBudget(long bytes) {
        if (bytes < 1 << 20) {
            throw new IllegalArgumentException("a budget must have at least 1 MiB, got " + bytes);
        }
        this.units = (int) Math.min(bytes / UNIT, Integer.MAX_VALUE);
        this.free = new Semaphore(units, true);
    }

    /** Bytes that are not taken now. */
    long freeBytes() {
        return (long) free.availablePermits() * UNIT;
    }

    /** One picture's share; nothing is taken yet. */
    Claim claim() {
        return new Claim();
    }

    /** What one picture takes. For one thread. */
    final class Claim implements AutoCloseable {
        private int held;

        /** Waits for room for the decoded picture and for its RGB form, where that is another. At most once. */
        void take(int width, int height, PixelMode mode) {
            take(width, height, mode, 0);
        }

        /** As {@link #take(int, int, PixelMode)}, for a decoder that needs so many bytes more while it works. */
        void take(int width, int height, PixelMode mode, long more) {
            if (held != 0) {
                throw new IllegalStateException("a picture takes its memory once");
            }
            long bytes = (long) width * height * (mode.bands() + (mode == PixelMode.RGB ? 0 : RGB)) + more;
            int wanted = (int) Math.min(bytes / UNIT + 1, units);
            free.acquireUninterruptibly(wanted);
            held = wanted;
        }

        @Override
        public void close() {
            free.release(held);
            held = 0;
        }
    }
}
