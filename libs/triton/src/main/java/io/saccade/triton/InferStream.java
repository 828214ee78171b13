package io.saccade.triton;

import io.grpc.ClientCall;
import io.grpc.Metadata;
import io.grpc.Status;
import io.saccade.triton.proto.InferParameter;
import io.saccade.triton.proto.ModelInferRequest;
import io.saccade.triton.proto.ModelInferResponse;
import io.saccade.triton.proto.ModelStreamInferResponse;
import java.time.Duration;
import java.util.Iterator;
import java.util.NoSuchElementException;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * The results of one request, as they come. {@link #hasNext()} waits for the next one, which is cheap on a virtual thread; it is
 * false once the model has said that this was all. Not for several threads, except {@link #close()}.
 *
 * <pre>{@code
 * try (InferStream results = client.stream(request)) {
 *     while (results.hasNext()) {
 *         use(results.next());
 *     }
 * }
 * }</pre>
 *
 * <p>One request has one gRPC stream: so it has a deadline, headers and a trace of its own, and ending it ends nothing else.
 *
 * <p>Back-pressure: at most one result waits here for the reader. Those behind it stay in the connection's window and then at
 * the server, which keeps them without bound unless it was started with {@code --grpc-max-response-pool-size}.
 *
 * <p>The request asks for an explicit last response ({@code triton_enable_empty_final_response}), so that an answer cut short
 * never looks complete: a stream that ends without the final flag is a {@link TritonException}. An empty last response is not
 * a result and is not shown.
 */
public final class InferStream implements Iterator<InferResult>, AutoCloseable {
    private static final String EMPTY_FINAL_RESPONSE = "triton_enable_empty_final_response";
    private static final String FINAL_RESPONSE = "triton_final_response";

    /** What the connection reports to the reader; after a {@code Failed} or an {@code End} comes nothing. */
    private sealed interface Signal {
        record Item(InferResult result) implements Signal {}

        record Failed(TritonException failure) implements Signal {}

        record End() implements Signal {}
    }

    private final InferRequest request;
    private final InferListener listener;
    private final CallTracer.TracedCall span;
    private final ClientCall<ModelInferRequest, ModelStreamInferResponse> call;
    private final BlockingQueue<Signal> arrived = new LinkedBlockingQueue<>();
    private final AtomicBoolean ended = new AtomicBoolean();
    private final AtomicReference<Duration> took = new AtomicReference<>();
    private final long started = System.nanoTime();
    private @Nullable Signal head;

    InferStream(
            InferRequest request,
            InferListener listener,
            CallTracer.TracedCall span,
            ClientCall<ModelInferRequest, ModelStreamInferResponse> call) {
        this.request = request;
        this.listener = listener;
        this.span = span;
        this.call = call;
    }

    void start() {
        ModelInferRequest message;
        try {
            message = InferCodec.encode(request).toBuilder()
                    .putParameters(
                            EMPTY_FINAL_RESPONSE,
                            InferParameter.newBuilder().setBoolParam(true).build())
                    .build();
        } catch (RuntimeException | Error e) {
            span.ended(Fault.PERMANENT);
            throw e;
        }
        listener.started(request.model());
        try {
            call.start(new Reader(), new Metadata());
            call.request(1);
            call.sendMessage(message);
            call.halfClose();
        } catch (RuntimeException | Error e) {
            if (e instanceof IllegalStateException && ended.get()) {
                return; // refused and cancelled on another thread between two of these lines: the reader hears why
            }
            call.cancel("the call could not be started", e);
            end(Fault.PASSING);
            throw e;
        }
    }

    /**
     * Waits for the next result or for the end. An interrupt cancels the call; the thread stays interrupted.
     *
     * @throws TritonException when the request failed, when its time is over, or when the stream was closed before its end; each
     *                         further call throws it again
     */
    @Override
    public boolean hasNext() {
        return switch (head()) {
            case Signal.Item _ -> true;
            case Signal.End _ -> false;
            case Signal.Failed(TritonException failure) -> throw failure;
        };
    }

    private Signal head() {
        Signal known = head;
        if (known == null) {
            try {
                known = arrived.take();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                known = new Signal.Failed(failure(Status.CANCELLED
                        .withDescription("the calling thread was interrupted")
                        .withCause(e)));
                close();
            }
            head = known;
        }
        return known;
    }

    /**
     * The next result, waited for as by {@link #hasNext()}.
     *
     * @throws NoSuchElementException after the last one
     */
    @Override
    public InferResult next() {
        return switch (head()) {
            case Signal.Item(InferResult result) -> {
                head = null;
                call.request(1);
                yield result;
            }
            case Signal.End _ ->
                throw new NoSuchElementException("model '" + request.model() + "' has answered everything");
            case Signal.Failed(TritonException failure) -> throw failure;
        };
    }

    /** How long the request took until its last response or its failure arrived; null while it runs. */
    public @Nullable Duration took() {
        return took.get();
    }

    /** Cancels the call if it has not ended, here and at the server. Any thread may call this, any number of times. */
    @Override
    public void close() {
        if (end(Fault.PASSING)) {
            call.cancel("the reader closed the stream", null);
            arrived.add(new Signal.Failed(failure(
                    Status.CANCELLED.withDescription("the stream was closed before the model had answered all"))));
        }
    }

    private TritonException failure(Status status) {
        return TritonException.of("stream", request.model(), status.asRuntimeException());
    }

    /** Whether this was the end: exactly one caller gets true. */
    private boolean end(@Nullable Fault fault) {
        if (!ended.compareAndSet(false, true)) {
            return false;
        }
        Duration duration = Duration.ofNanos(System.nanoTime() - started);
        took.set(duration);
        span.ended(fault);
        listener.finished(request.model(), duration, fault);
        return true;
    }

    private void fail(TritonException failure) {
        if (end(failure.fault())) {
            arrived.add(new Signal.Failed(failure));
        }
    }

    /** Called by gRPC, one call at a time. */
    private final class Reader extends ClientCall.Listener<ModelStreamInferResponse> {
        @Override
        public void onMessage(ModelStreamInferResponse message) {
            try {
                read(message);
            } catch (TritonException e) {
                fail(e);
                call.cancel("the answer breaks the protocol", e);
            } catch (RuntimeException e) {
                fail(TritonException.protocol(request.model(), "the answer cannot be read: " + e, e));
                call.cancel("the answer cannot be read", e);
            }
        }

        private void read(ModelStreamInferResponse message) {
            if (ended.get()) {
                call.request(1); // so that the server's end of the stream is not held up
                return;
            }
            if (!message.getErrorMessage().isEmpty()) {
                fail(TritonException.inBand("stream", request.model(), message.getErrorMessage()));
                call.cancel("the server reported a failure", null);
                return;
            }
            ModelInferResponse response = message.getInferResponse();
            if (!response.getId().equals(request.id())) {
                throw TritonException.protocol(
                        request.model(),
                        "the answer to request '" + request.id() + "' carries the id '" + response.getId() + "'",
                        null);
            }
            boolean last = response.getParametersOrDefault(FINAL_RESPONSE, InferParameter.getDefaultInstance())
                    .getBoolParam();
            if (!last || response.getOutputsCount() > 0) {
                arrived.add(new Signal.Item(InferCodec.decode(request, response)));
            }
            if (last && end(null)) {
                arrived.add(new Signal.End());
                call.request(1);
            }
        }

        @Override
        public void onClose(Status status, Metadata trailers) {
            if (!status.isOk()) {
                fail(failure(status));
            } else if (!ended.get()) {
                fail(failure(
                        Status.UNAVAILABLE.withDescription("the stream ended without the model's final response")));
            }
        }
    }
}
