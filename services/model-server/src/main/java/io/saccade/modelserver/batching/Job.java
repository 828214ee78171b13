package io.saccade.modelserver.batching;

import io.grpc.Status;
import io.saccade.triton.Shape;
import io.saccade.triton.Tensor;
import io.saccade.triton.TraceContext;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Future;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/** One request on its way through a model, already checked. It is answered exactly once, through its {@link Listener}. */
public final class Job {
    /** What can run together: the same inputs with the same dimensions behind the batch. */
    record Kind(List<String> names, List<Shape> shapes) {}

    /**
     * Where the time of a job went, in nanoseconds.
     *
     * @param queue  waiting
     * @param input  bringing the inputs in
     * @param infer  running
     * @param output bringing the outputs out
     */
    public record Timing(long queue, long input, long infer, long output) {
        /** No time at all. */
        public static final Timing NONE = new Timing(0, 0, 0, 0);

        /** The sum. */
        public Timing plus(Timing other) {
            return new Timing(queue + other.queue, input + other.input, infer + other.infer, output + other.output);
        }
    }

    /**
     * Is told how a job ended, once: {@link #succeeded}, {@link #failed}, or for a decoupled model {@link #ended}, before which it is told
     * any number of answers.
     */
    public interface Listener {
        /** The outputs this job asked for, in the model's order. */
        void succeeded(List<Tensor> outputs);

        /** Why there are none. */
        void failed(Status status);

        /** Where the time went; before {@link #succeeded}. */
        default void timed(Timing timing) {}

        /** Why it was never taken, in place of {@link #failed}. */
        default void refused(Status status) {
            failed(status);
        }

        /** One of the answers of a decoupled model, the last one or not. May block for as long as its reader is slow. */
        default void answered(List<Tensor> outputs, boolean last) {
            throw new IllegalStateException("several answers where one was expected");
        }

        /** A decoupled model failed to give one of its answers; others may follow. */
        default void answerFailed(Status status) {
            throw new IllegalStateException("several answers where one was expected");
        }

        /** A decoupled model has given its last answer, without having said so. */
        default void ended() {
            throw new IllegalStateException("several answers where one was expected");
        }
    }

    private final String label;
    private final List<Tensor> inputs;
    private final Set<String> outputs;
    private final int batch;
    private final int priority;
    private final @Nullable Duration timeout;
    private final BooleanSupplier cancelled;
    private final Listener listener;
    private final Optional<TraceContext> trace;
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
     * @param trace     the caller's place in a trace; empty for none
     */
    public Job(
            String label,
            List<Tensor> inputs,
            Set<String> outputs,
            boolean batched,
            int priority,
            @Nullable Duration timeout,
            BooleanSupplier cancelled,
            Optional<TraceContext> trace,
            Listener listener) {
        this.trace = trace;
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

    /** How messages name it. */
    public String label() {
        return label;
    }

    /** The inputs, in the model's order. */
    public List<Tensor> inputs() {
        return inputs;
    }

    /** Names of the outputs it asked for, in the model's order. */
    public Set<String> outputs() {
        return outputs;
    }

    /** Items, 1 where the model does not batch. */
    public int batch() {
        return batch;
    }

    /** 1 for the most urgent; 0 for the model's default. */
    public int priority() {
        return priority;
    }

    /** Longest wait in the queue, as the caller asks; null for the model's default. */
    public @Nullable Duration timeout() {
        return timeout;
    }

    /** The caller's place in a trace; empty for none. */
    public Optional<TraceContext> trace() {
        return trace;
    }

    /** Whether nobody waits for the answer any more. */
    public boolean isCancelled() {
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

    /** Answers with its outputs out of these. */
    public void succeed(Map<String, Tensor> results) {
        listener.succeeded(outputs.stream().map(results::get).toList());
    }

    /** Answers that there are none. */
    public void fail(Status status) {
        listener.failed(status);
    }

    void timed(Timing timing) {
        listener.timed(timing);
    }

    /** Answers that it was never taken. */
    public void refuse(Status status) {
        listener.refused(status);
    }

    /** The input of this name; empty when the request has none. */
    public Optional<Tensor> input(String name) {
        return inputs.stream().filter(input -> input.name().equals(name)).findFirst();
    }

    /** One answer of several, with those of its outputs that are among these; after the last one comes nothing. */
    public void answer(Map<String, Tensor> results, boolean last) {
        listener.answered(
                outputs.stream()
                        .filter(results::containsKey)
                        .map(name -> results.get(name))
                        .toList(),
                last);
    }

    /** One answer of several could not be given. */
    public void failAnswer(Status status) {
        listener.answerFailed(status);
    }

    /** All answers are given. */
    public void end() {
        listener.ended();
    }
}
