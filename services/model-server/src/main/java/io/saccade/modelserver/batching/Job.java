package io.saccade.modelserver.batching;

import io.grpc.Status;
import io.saccade.triton.Shape;
import io.saccade.triton.Tensor;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Future;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/** One request on its way through a model, already checked. It is answered exactly once, through its {@link Listener}. */
public final class Job {
    /** What can run together: the same inputs with the same dimensions behind the batch. */
    record Kind(List<String> names, List<Shape> shapes) {}

    /** Is told how a job ended, once. */
    public interface Listener {
        /** The outputs this job asked for, in the model's order. */
        void succeeded(List<Tensor> outputs);

        /** Why there are none. */
        void failed(Status status);
    }

    private final String label;
    private final List<Tensor> inputs;
    private final Set<String> outputs;
    private final int batch;
    private final int priority;
    private final @Nullable Duration timeout;
    private final BooleanSupplier cancelled;
    private final Listener listener;
    private final Kind kind;
    private final long received = System.nanoTime();

    /** When it was put into the queue; guarded by the queue's lock. */
    private long queued;

    /** Ends its wait in the queue. */
    private volatile @Nullable Future<?> timer;

    /**
     * A job.
     *
     * @param label     how the server's messages name it: {@code "[request id: 7] "}
     * @param inputs    in the model's order
     * @param outputs   names wanted, in the model's order
     * @param batched   whether the first dimension of each input is the batch
     * @param priority  1 for the most urgent; 0 for the model's default
     * @param timeout   longest wait in the queue, as the caller asks; null for the model's default
     * @param cancelled whether nobody waits for the answer any more
     */
    public Job(
            String label,
            List<Tensor> inputs,
            Set<String> outputs,
            boolean batched,
            int priority,
            @Nullable Duration timeout,
            BooleanSupplier cancelled,
            Listener listener) {
        this.label = label;
        this.inputs = List.copyOf(inputs);
        this.outputs = outputs;
        this.batch = batched ? Math.toIntExact(inputs.getFirst().shape().dim(0)) : 1;
        this.priority = priority;
        this.timeout = timeout;
        this.cancelled = cancelled;
        this.listener = listener;
        this.kind = new Kind(
                inputs.stream().map(Tensor::name).toList(),
                inputs.stream()
                        .map(input -> batched ? input.shape().withoutFirst() : input.shape())
                        .toList());
    }

    String label() {
        return label;
    }

    List<Tensor> inputs() {
        return inputs;
    }

    Set<String> outputs() {
        return outputs;
    }

    int batch() {
        return batch;
    }

    int priority() {
        return priority;
    }

    @Nullable
    Duration timeout() {
        return timeout;
    }

    boolean isCancelled() {
        return cancelled.getAsBoolean();
    }

    Kind kind() {
        return kind;
    }

    long received() {
        return received;
    }

    long queued() {
        return queued;
    }

    void queuedAt(long nanos) {
        queued = nanos;
    }

    void endsWith(Future<?> timer) {
        this.timer = timer;
    }

    /** A timer holds the job with all its bytes: it must not outlive the wait. */
    void stopWaiting() {
        Future<?> running = timer;
        if (running != null) {
            running.cancel(false);
        }
    }

    void succeed(Map<String, Tensor> results) {
        listener.succeeded(outputs.stream().map(results::get).toList());
    }

    void fail(Status status) {
        listener.failed(status);
    }
}
