package io.saccade.stage;

import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.context.Context;
import io.saccade.triton.InferRequest;
import io.saccade.triton.InferResult;
import io.saccade.triton.TritonClient;
import io.saccade.triton.TritonException;
import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.Semaphore;

/**
 * Calls of the model server within bounds, measured and traced. One for each request at work; the client and the bound
 * behind it are shared.
 */
public final class ModelCalls {

    private final Shared shared;
    private final Context trace;
    private long nanos;

    private ModelCalls(Shared shared, Context trace) {
        this.shared = shared;
        this.trace = trace;
    }

    /**
     * What all requests of a stage share.
     *
     * @param permits how many calls may be in flight at once
     * @param timeout longest wait for one reply
     */
    record Shared(TritonClient client, Semaphore permits, Duration timeout, Tracing tracing, StageMetrics metrics) {

        ModelCalls within(Context trace) {
            return new ModelCalls(this, trace);
        }
    }

    /**
     * Asks a model and waits for its answer. For the thread that handles the request.
     *
     * @throws TritonException      as the server or the network fails; its fault tells what helps
     * @throws InterruptedException if the stage is stopping
     */
    public InferResult infer(InferRequest.Builder request) throws InterruptedException {
        var model = request.model();
        shared.permits.acquire();
        var started = System.nanoTime();
        var span = shared.tracing.call(model, trace);
        var outcome = "ok";
        try {
            return shared.client.inferBlocking(request.timeout(shared.timeout)
                    .headers(shared.tracing.headers(span))
                    .build());
        } catch (TritonException e) {
            outcome = e.fault().name().toLowerCase(Locale.ROOT);
            span.setStatus(StatusCode.ERROR, e.code().name());
            throw e;
        } finally {
            shared.permits.release();
            var took = System.nanoTime() - started;
            nanos += took;
            shared.metrics.call(model, outcome, Duration.ofNanos(took));
            span.end();
        }
    }

    /** How long the calls of this request took together. */
    Duration took() {
        return Duration.ofNanos(nanos);
    }
}
