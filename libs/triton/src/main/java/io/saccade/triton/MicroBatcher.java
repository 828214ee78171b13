package io.saccade.triton;

import static java.util.Objects.requireNonNull;

import com.google.protobuf.ByteString;
import io.grpc.Status;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Collects single items and asks for them in one request, for a model with a batch dimension. It saves the cost of a call for each
 * item; Triton's own dynamic batching saves what the model costs, needs no help from here, and is the better first choice.
 *
 * <p>An item is a request whose tensors have <em>no</em> batch dimension, and so is its result. Items go together when all but
 * their id and their bytes is equal: model, version, outputs, names, types and shapes of the inputs, timeout, parameters, headers.
 * A batch leaves when it is full or when its first item has waited long enough; an item's timeout begins then.
 *
 * <p>If the server refuses a batch as {@link Fault#PERMANENT}, its items are asked for one by one, so that only the item at fault
 * fails. Every other failure is that of all items in the batch.
 *
 * <p>Safe for any number of threads. Has no thread of its own and nothing to close: what was submitted leaves.
 */
public final class MicroBatcher {
    /** Runs something later, once; an inexact time will do. */
    public interface Timer {
        /** Runs the task when this long has passed. */
        void after(Duration delay, Runnable task);

        /** With the JDK's shared delay thread, and the tasks on this executor. */
        static Timer on(Executor executor) {
            return (delay, task) -> CompletableFuture.delayedExecutor(delay.toNanos(), TimeUnit.NANOSECONDS, executor)
                    .execute(task);
        }
    }

    private record Input(String name, DataType type, Shape shape) {}

    /** What items must have in common to go together. */
    private record Kind(
            String model,
            String version,
            List<Input> inputs,
            List<String> outputs,
            Map<String, Long> outputBytes,
            @Nullable Duration timeout,
            Map<String, Object> parameters,
            Map<String, String> headers) {
        static Kind of(InferRequest item) {
            return new Kind(
                    item.model(),
                    item.version(),
                    item.inputs().stream()
                            .map(input -> new Input(input.name(), input.type(), input.shape()))
                            .toList(),
                    item.outputs(),
                    item.outputBytes(),
                    item.timeout(),
                    item.parameters(),
                    item.headers());
        }
    }

    private record Item(InferRequest request, CompletableFuture<InferResult> result) {}

    private final Function<InferRequest, CompletableFuture<InferResult>> infer;
    private final int maxSize;
    private final Duration maxWait;
    private final Timer timer;
    private final ReentrantLock lock = new ReentrantLock();
    private final Map<Kind, List<Item>> collecting = new HashMap<>();

    /**
     * A batcher.
     *
     * @param infer   asks the server: {@code client::infer}
     * @param maxSize items of one request, 1 or more; at most the model's {@code max_batch_size}
     * @param maxWait longest wait for more items, positive: what the first item of a batch pays
     * @param timer   {@code Timer.on(executor)}, or a test's clock
     */
    public MicroBatcher(
            Function<InferRequest, CompletableFuture<InferResult>> infer, int maxSize, Duration maxWait, Timer timer) {
        if (maxSize < 1) {
            throw new IllegalArgumentException("a batch must hold 1 item or more, got " + maxSize);
        }
        if (maxWait.isNegative() || maxWait.isZero()) {
            throw new IllegalArgumentException("the wait for a batch must be positive, got " + maxWait);
        }
        this.infer = requireNonNull(infer, "infer");
        this.maxSize = maxSize;
        this.maxWait = maxWait;
        this.timer = requireNonNull(timer, "timer");
    }

    /**
     * Asks for one item.
     *
     * @return its result, or its failure; cancelling it takes the item out of a batch that has not left
     */
    public CompletableFuture<InferResult> submit(InferRequest item) {
        Kind kind = Kind.of(item);
        Item entry = new Item(item, new CompletableFuture<>());
        List<Item> full = null;
        List<Item> begun = null;
        lock.lock();
        try {
            List<Item> batch = collecting.computeIfAbsent(kind, _ -> new ArrayList<>());
            batch.removeIf(other -> other.result().isDone());
            boolean isFirst = batch.isEmpty();
            batch.add(entry);
            if (batch.size() >= maxSize) {
                collecting.remove(kind);
                full = batch;
            } else if (isFirst) {
                begun = batch;
            }
        } finally {
            lock.unlock();
        }
        if (full != null) {
            send(full);
        } else if (begun != null) {
            List<Item> waiting = begun;
            timer.after(maxWait, () -> timeIsUp(kind, waiting));
        }
        return entry.result();
    }

    private void timeIsUp(Kind kind, List<Item> batch) {
        boolean isStillHere;
        lock.lock();
        try {
            // Two lists with equal items are not the same batch.
            isStillHere = collecting.get(kind) == batch;
            if (isStillHere) {
                collecting.remove(kind);
            }
        } finally {
            lock.unlock();
        }
        if (isStillHere) {
            send(batch);
        }
    }

    private void send(List<Item> batch) {
        List<Item> items =
                batch.stream().filter(item -> !item.result().isDone()).toList();
        if (items.isEmpty()) {
            return;
        }
        CompletableFuture<InferResult> answer;
        try {
            answer = infer.apply(joined(items));
        } catch (RuntimeException e) {
            items.forEach(item -> item.result().completeExceptionally(e));
            return;
        }
        CompletableFuture<?> _ = answer.whenComplete((result, failure) -> {
            if (failure != null) {
                failed(items, failure);
            } else {
                answered(items, result);
            }
        });
    }

    private void failed(List<Item> items, Throwable failure) {
        Throwable cause =
                failure instanceof CompletionException && failure.getCause() != null ? failure.getCause() : failure;
        boolean isOneItemsFault = cause instanceof TritonException triton
                && triton.fault() == Fault.PERMANENT
                && triton.code() == Status.Code.INVALID_ARGUMENT;
        if (isOneItemsFault && items.size() > 1) {
            items.forEach(item -> send(List.of(item)));
        } else {
            items.forEach(item -> item.result().completeExceptionally(cause));
        }
    }

    private static InferRequest joined(List<Item> items) {
        InferRequest first = items.getFirst().request();
        List<Tensor> inputs = new ArrayList<>();
        for (int i = 0; i < first.inputs().size(); i++) {
            Tensor input = first.inputs().get(i);
            ByteString data = ByteString.EMPTY;
            for (Item item : items) {
                data = data.concat(item.request().inputs().get(i).data()); // a rope: nothing is copied
            }
            inputs.add(Tensor.of(input.name(), input.type(), input.shape().prepend(items.size()), data));
        }
        return new InferRequest(
                first.model(),
                first.version(),
                items.size() == 1 ? first.id() : "",
                inputs,
                first.outputs(),
                roomFor(items),
                first.timeout(),
                first.parameters(),
                first.headers());
    }

    /** The output of a batch is as large as those of its items together. */
    private static Map<String, Long> roomFor(List<Item> items) {
        Map<String, Long> room = new LinkedHashMap<>();
        items.getFirst()
                .request()
                .outputBytes()
                .forEach((output, bytes) ->
                        room.put(output, bytes > Long.MAX_VALUE / items.size() ? bytes : bytes * items.size()));
        return room;
    }

    private static void answered(List<Item> items, InferResult answer) {
        for (Tensor output : answer.outputs().values()) {
            if (output.shape().rank() == 0 || output.shape().dim(0) != items.size()) {
                TritonException failure = TritonException.protocol(
                        answer.model(),
                        "output '" + output.name() + "' must have a row for each of " + items.size() + " items, got "
                                + output.shape(),
                        null);
                items.forEach(item -> item.result().completeExceptionally(failure));
                return;
            }
        }
        for (int i = 0; i < items.size(); i++) {
            Map<String, Tensor> rows = new LinkedHashMap<>();
            for (Tensor output : answer.outputs().values()) {
                rows.put(output.name(), output.row(i));
            }
            Item item = items.get(i);
            item.result()
                    .complete(new InferResult(
                            answer.model(), answer.version(), item.request().id(), rows));
        }
    }
}
