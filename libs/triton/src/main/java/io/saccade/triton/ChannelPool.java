package io.saccade.triton;

import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptor;
import io.grpc.ClientInterceptors;
import io.grpc.ConnectivityState;
import io.grpc.ForwardingClientCall.SimpleForwardingClientCall;
import io.grpc.ForwardingClientCallListener.SimpleForwardingClientCallListener;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.function.LongSupplier;

/**
 * Connections taken in turn. One HTTP/2 connection is one event loop, so one core's worth of framing: several carry more.
 * A channel that could not connect is passed over until it has connected, and so are those of an endpoint that is left out
 * ({@link Ejection}). Where none is left, all are taken in turn as if nothing were known: someone has to find out. An only
 * endpoint is never left out.
 *
 * <p>gRPC waits longer after each failed attempt to connect, up to two minutes, so a server that was away for long would be
 * found late. As long as there are calls, a channel here tries again every second.
 */
final class ChannelPool implements AutoCloseable {
    /** Calls that are still running get this long when the pool is closed. */
    private static final long CLOSE_SECONDS = 5;

    private static final long TRY_AGAIN_NANOS = TimeUnit.SECONDS.toNanos(1);

    /** A channel, and the name of the endpoint it goes to. */
    record Line(String endpoint, ManagedChannel channel) {}

    /** Asks a server whether it is ready, and reports in any case; must not block. */
    interface Prober {
        void probe(Channel channel, Consumer<Boolean> report);
    }

    private static final class Entry {
        private final ManagedChannel channel;
        private final Channel observed;
        private final Endpoint endpoint;
        private final AtomicLong tried = new AtomicLong(System.nanoTime());
        private volatile boolean lost;

        private Entry(ManagedChannel channel, Endpoint endpoint, boolean isOnly) {
            this.channel = channel;
            this.observed = isOnly ? channel : ClientInterceptors.intercept(channel, new Observer(this));
            this.endpoint = endpoint;
        }

        /**
         * Whether a call would have to wait for a connection that failed the last time. Each new attempt makes the channel
         * CONNECTING again, and a call that waits for it fails with it: only READY ends the absence.
         */
        private boolean isAway() {
            switch (channel.getState(lost)) {
                case READY -> lost = false;
                case TRANSIENT_FAILURE -> {
                    lost = true;
                    long now = System.nanoTime();
                    long last = tried.get();
                    if (now - last >= TRY_AGAIN_NANOS && tried.compareAndSet(last, now)) {
                        channel.resetConnectBackoff();
                    }
                }
                case IDLE, CONNECTING, SHUTDOWN -> {}
            }
            return lost;
        }

        private void ended(Status status) {
            // gRPC fails the calls of a lost connection a moment before the channel's state tells.
            if (status.getCode() == Status.Code.UNAVAILABLE && channel.getState(false) != ConnectivityState.READY) {
                lost = true;
            }
            endpoint.ended(status);
        }
    }

    /** Tells the entry how each call ended. */
    private record Observer(Entry entry) implements ClientInterceptor {
        @Override
        public <Q, A> ClientCall<Q, A> interceptCall(MethodDescriptor<Q, A> method, CallOptions options, Channel next) {
            return new SimpleForwardingClientCall<>(next.newCall(method, options)) {
                @Override
                public void start(Listener<A> listener, Metadata headers) {
                    super.start(
                            new SimpleForwardingClientCallListener<>(listener) {
                                @Override
                                public void onClose(Status status, Metadata trailers) {
                                    entry.ended(status);
                                    super.onClose(status, trailers);
                                }
                            },
                            headers);
                }
            };
        }
    }

    private final List<Entry> entries;
    private final Prober prober;
    private final AtomicInteger turn = new AtomicInteger();

    ChannelPool(List<Line> lines, Prober prober, LongSupplier nanoTime) {
        Map<String, Endpoint> endpoints = new HashMap<>();
        boolean isOnly = lines.stream().map(Line::endpoint).distinct().count() == 1;
        this.entries = lines.stream()
                .map(line -> new Entry(
                        line.channel(),
                        endpoints.computeIfAbsent(line.endpoint(), name -> new Endpoint(name, nanoTime)),
                        isOnly))
                .toList();
        this.prober = prober;
    }

    Channel next() {
        int start = turn.getAndIncrement();
        for (int i = 0; i < entries.size(); i++) {
            Entry entry = entries.get(Math.floorMod(start + i, entries.size()));
            if (entry.endpoint.wantsProbe()) {
                prober.probe(entry.channel, entry.endpoint::probed);
            }
            if (!entry.isAway() && entry.endpoint.isIn()) {
                return entry.observed;
            }
        }
        for (int i = 0; i < entries.size(); i++) {
            Entry entry = entries.get(Math.floorMod(start + i, entries.size()));
            if (!entry.isAway()) {
                return entry.observed;
            }
        }
        return entries.get(Math.floorMod(start, entries.size())).observed;
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
            closeNow();
            Thread.currentThread().interrupt();
        }
    }

    /** Cancels calls in flight instead of waiting for them. */
    void closeNow() {
        entries.forEach(entry -> entry.channel.shutdownNow());
    }
}
