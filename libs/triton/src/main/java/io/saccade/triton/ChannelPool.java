package io.saccade.triton;

import io.grpc.ConnectivityState;
import io.grpc.ManagedChannel;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Connections taken in turn. One HTTP/2 connection is one event loop, so one core's worth of framing: several carry more.
 * A channel that cannot connect is passed over while another can.
 */
final class ChannelPool implements AutoCloseable {
    /** Calls that are still running get this long when the pool is closed. */
    private static final long CLOSE_SECONDS = 5;

    private final List<ManagedChannel> channels;
    private final AtomicInteger turn = new AtomicInteger();

    ChannelPool(List<ManagedChannel> channels) {
        this.channels = List.copyOf(channels);
    }

    ManagedChannel next() {
        int start = turn.getAndIncrement();
        for (int i = 0; i < channels.size(); i++) {
            ManagedChannel channel = channels.get(Math.floorMod(start + i, channels.size()));
            if (channel.getState(false) != ConnectivityState.TRANSIENT_FAILURE) {
                return channel;
            }
        }
        return channels.get(Math.floorMod(start, channels.size()));
    }

    @Override
    public void close() {
        channels.forEach(ManagedChannel::shutdown);
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(CLOSE_SECONDS);
        try {
            for (ManagedChannel channel : channels) {
                if (!channel.awaitTermination(end - System.nanoTime(), TimeUnit.NANOSECONDS)) {
                    channel.shutdownNow();
                }
            }
        } catch (InterruptedException _) {
            channels.forEach(ManagedChannel::shutdownNow);
            Thread.currentThread().interrupt();
        }
    }
}
