package io.saccade.stage;

import io.grpc.Status;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.context.Context;
import io.saccade.contract.event.Priority;
import io.saccade.contract.event.Request;
import io.saccade.triton.Fault;
import io.saccade.triton.InferRequest;
import io.saccade.triton.InferResult;
import io.saccade.triton.TritonClient;
import io.saccade.triton.TritonException;
import java.time.Duration;
import java.util.Locale;

/**
 * Calls of the model server within bounds, measured and traced. One for each request at work; the client and the bound
 * behind it are shared.
 */
public final class ModelCalls {

    private final Shared shared;
    private final Request request;
    private final Priority priority;
    private final Context trace;
    private long nanos;

    private ModelCalls(Shared shared, Request request, Priority priority, Context trace) {
        this.shared = shared;
        this.request = request;
        this.priority = priority;
        this.trace = trace;
    }

    /**
     * What all requests of a stage share.
     *
     * @param admission whose call is next
     * @param timeout   longest wait for one reply
     */
    record Shared(TritonClient client, Admission admission, Duration timeout, Tracing tracing, StageMetrics metrics) {

        ModelCalls within(Request request, Priority priority, Context trace) {
            return new ModelCalls(this, request, priority, trace);
        }
    }

    /**
     * Asks a model and waits for its answer. For the thread that handles the request.
     *
     * @throws TritonException      as the server or the network fails; its fault tells what helps
     * @throws InterruptedException if the stage is stopping
     */
    public InferResult infer(InferRequest.Builder request) throws InterruptedException {
        try (var permit = shared.admission.enter(this.request.tenant(), priority)) {
            return infer(request, permit);
        }
    }

    private InferResult infer(InferRequest.Builder request, Admission.Permit permit) throws InterruptedException {
        var model = request.model();
        var started = System.nanoTime();
        var span = shared.tracing.call(model, trace);
        var outcome = "ok";
        try {
            var result = shared.client.inferBlocking(request.timeout(shared.timeout)
                    .headers(shared.tracing.headers(span))
                    .build());
            permit.answered();
            return result;
        } catch (TritonException e) {
            outcome = e.fault().name().toLowerCase(Locale.ROOT);
            span.setStatus(StatusCode.ERROR, e.code().name());
            if (e.fault() == Fault.OVERLOADED || e.code() == Status.Code.DEADLINE_EXCEEDED) {
                permit.dropped();
            }
            throw e;
        } finally {
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
