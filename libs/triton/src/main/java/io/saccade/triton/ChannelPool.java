package io.saccade.triton;

import io.grpc.ConnectivityState;
import io.grpc.ManagedChannel;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Connections taken in turn. One HTTP/2 connection is one event loop, so one core's worth of framing: several carry more.
 * A channel that cannot connect is passed over while another can.
 *
 * <p>gRPC waits longer after each failed attempt to connect, up to two minutes, so a server that was away for long would be
 * found late. As long as there are calls, a channel here tries again every second.
 */
final class ChannelPool implements AutoCloseable {
    /** Calls that are still running get this long when the pool is closed. */
    private static final long CLOSE_SECONDS = 5;

    private static final long TRY_AGAIN_NANOS = TimeUnit.SECONDS.toNanos(1);

    private static final class Entry {
        private final ManagedChannel channel;
        private final AtomicLong tried = new AtomicLong(System.nanoTime());

        private Entry(ManagedChannel channel) {
            this.channel = channel;
        }

        private boolean isAway() {
            if (channel.getState(false) != ConnectivityState.TRANSIENT_FAILURE) {
                return false;
            }
            long now = System.nanoTime();
            long last = tried.get();
            if (now - last >= TRY_AGAIN_NANOS && tried.compareAndSet(last, now)) {
                channel.resetConnectBackoff();
            }
            return true;
        }
    }

    private final List<Entry> entries;
    private final AtomicInteger turn = new AtomicInteger();

    ChannelPool(List<ManagedChannel> channels) {
        this.entries = channels.stream().map(Entry::new).toList();
    }

    ManagedChannel next() {
        int start = turn.getAndIncrement();
        for (int i = 0; i < entries.size(); i++) {
            Entry entry = entries.get(Math.floorMod(start + i, entries.size()));
            if (!entry.isAway()) {
                return entry.channel;
            }
        }
        return entries.get(Math.floorMod(start, entries.size())).channel;
    }

    @Override
    public void close() {
        entries.forEach(entry -> entry.channel.shutdown());
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(CLOSE_SECONDS);
        try {
            for (Entry entry : entries) {
                if (!entry.channel.awaitTermination(end - System.nanoTime(), TimeUnit.NANOSECONDS)) {
                    entry.channel.shutdownNow();
                }
            }
        } catch (InterruptedException _) {
            entries.forEach(entry -> entry.channel.shutdownNow());
            Thread.currentThread().interrupt();
        }
    }
}
