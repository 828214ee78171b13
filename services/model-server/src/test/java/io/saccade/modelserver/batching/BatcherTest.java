package io.saccade.modelserver.batching;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.Status;
import io.grpc.Status.Code;
import io.saccade.triton.Shape;
import io.saccade.triton.Tensor;
import io.saccade.triton.proto.ModelConfig;
import io.saccade.triton.proto.ModelDynamicBatching;
import io.saccade.triton.proto.ModelInstanceGroup;
import io.saccade.triton.proto.ModelQueuePolicy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class BatcherTest {
    private final ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor();
    private final Gate gate = new Gate();
    private @Nullable Batcher batcher;

    /** Echoes its input, one run at a time, each only when the test lets it. */
    private static final class Gate implements Runner {
        private final Semaphore permits = new Semaphore(0);
        private final LinkedBlockingQueue<List<List<Long>>> begun = new LinkedBlockingQueue<>();
        private @Nullable Throwable failure;

        @Override
        public Map<String, Tensor> run(List<List<Tensor>> requests, Set<String> outputs, Stage stage)
                throws RunException {
            begun.add(requests.stream()
                    .map(inputs -> longs(inputs.getFirst().asLongs()))
                    .toList());
            permits.acquireUninterruptibly();
            stage.inputsReady();
            if (failure instanceof RunException known) {
                throw known;
            }
            if (failure instanceof Error error) {
                throw error;
            }
            stage.ran();
            var all = requests.stream()
                    .flatMapToLong(inputs -> Arrays.stream(inputs.getFirst().asLongs()))
                    .toArray();
            Shape first = requests.getFirst().getFirst().shape();
            return Map.of(
                    "out",
                    Tensor.int64(
                            "out",
                            first.withoutFirst()
                                    .prepend(all.length / first.withoutFirst().elements()),
                            all));
        }

        List<List<Long>> nextRun() throws InterruptedException {
            List<List<Long>> run = begun.poll(10, SECONDS);
            assertThat(run).as("a run").isNotNull();
            return run;
        }

        private static List<Long> longs(long[] values) {
            return Arrays.stream(values).boxed().toList();
        }
    }

    @AfterEach
    void stop() {
        gate.permits.release(1000);
        if (batcher != null) {
            batcher.close();
        }
        timer.shutdownNow();
    }

    @Test
    void joinsWhatCameWhileItWasBusy() throws Exception {
        // Given
        start(batching());
        var first = submit(1);
        gate.nextRun();
        var others = List.of(submit(2), submit(3), submit(4));

        // When
        gate.permits.release(2);

        // Then
        assertThat(gate.nextRun()).containsExactly(List.of(2L), List.of(3L), List.of(4L));
        assertThat(first.get()).containsExactly(1);
        assertThat(others.get(0).get()).containsExactly(2);
        assertThat(others.get(2).get()).containsExactly(4);
    }

    @Test
    void neverRunsMoreThanTheLargestBatch() throws Exception {
        // Given: batches of at most 8 items
        start(batching());
        submit(0);
        gate.nextRun();
        submit(1, 2, 3, 4, 5);
        submit(6, 7);
        submit(8, 9);

        // When
        gate.permits.release(3);

        // Then
        assertThat(gate.nextRun()).containsExactly(List.of(1L, 2L, 3L, 4L, 5L), List.of(6L, 7L));
        assertThat(gate.nextRun()).containsExactly(List.of(8L, 9L));
    }

    @Test
    void keepsDifferentShapesApartAndInOrder() throws Exception {
        // Given
        start(batching());
        submit(0);
        gate.nextRun();
        submit(1);
        submitWide(2, 3);
        submit(4);

        // When
        gate.permits.release(4);

        // Then
        assertThat(gate.nextRun()).containsExactly(List.of(1L));
        assertThat(gate.nextRun()).containsExactly(List.of(2L, 3L));
        assertThat(gate.nextRun()).containsExactly(List.of(4L));
    }

    @Test
    void runsRequestsOneByOneWithoutDynamicBatching() throws Exception {
        // Given
        start(config().build());
        submit(0);
        gate.nextRun();
        submit(1);
        submit(2);

        // When
        gate.permits.release(3);

        // Then
        assertThat(gate.nextRun()).containsExactly(List.of(1L));
        assertThat(gate.nextRun()).containsExactly(List.of(2L));
    }

    @Test
    void goesAtOnceWhenTheBatchIsFullHoweverLongTheDelay() throws Exception {
        // Given
        start(batching(b -> b.setMaxQueueDelayMicroseconds(Duration.ofHours(1).toNanos() / 1000)));
        submit(1, 2, 3, 4);

        // When
        submit(5, 6, 7, 8);

        // Then
        assertThat(gate.nextRun()).containsExactly(List.of(1L, 2L, 3L, 4L), List.of(5L, 6L, 7L, 8L));
    }

    @Test
    void goesWithWhatThereIsWhenTheDelayIsOver() throws Exception {
        // Given
        start(batching(b -> b.setMaxQueueDelayMicroseconds(5000)));

        // When
        submit(1);

        // Then
        assertThat(gate.nextRun()).containsExactly(List.of(1L));
    }

    @Test
    void goesAtOnceAtAPreferredSize() throws Exception {
        // Given
        start(batching(b -> b.addPreferredBatchSize(3)
                .setMaxQueueDelayMicroseconds(Duration.ofHours(1).toNanos() / 1000)));
        submit(1);
        submit(2);

        // When
        submit(3);

        // Then
        assertThat(gate.nextRun()).hasSize(3);
    }

    @Test
    void refusesWhatTheQueueCannotHold() throws Exception {
        // Given
        start(batching(
                b -> b.setDefaultQueuePolicy(ModelQueuePolicy.newBuilder().setMaxQueueSize(2))));
        submit(0);
        gate.nextRun();
        submit(1);
        submit(2);

        // When
        var refused = submit(3);

        // Then
        assertThat(refused.failure().getCode()).isEqualTo(Code.UNAVAILABLE);
        assertThat(refused.failure().getDescription()).isEqualTo("[request id: 3] Exceeds maximum queue size");
        assertThat(batcher.usage().failures()).containsEntry(Usage.Reason.REJECTED, 1L);
    }

    @Test
    void refusesWhatWaitedTooLongWithoutWaitingForTheInstance() throws Exception {
        // Given
        start(batching(
                b -> b.setDefaultQueuePolicy(ModelQueuePolicy.newBuilder().setDefaultTimeoutMicroseconds(1000))));
        submit(0);
        gate.nextRun();

        // When
        var late = submit(1);

        // Then
        assertThat(late.failure().getCode()).isEqualTo(Code.UNAVAILABLE);
        assertThat(late.failure().getDescription()).isEqualTo("Request timeout expired");
        assertThat(batcher.pending()).isZero();
    }

    @Test
    void letsARequestShortenItsWaitOnlyWhereAllowed() {
        var fixed = new BatchRules.Lane(0, Duration.ofSeconds(10), false, false);
        var open = new BatchRules.Lane(0, Duration.ofSeconds(10), true, false);
        var none = new BatchRules.Lane(0, null, true, false);

        assertThat(fixed.timeout(Duration.ofSeconds(1))).isEqualTo(Duration.ofSeconds(10));
        assertThat(open.timeout(Duration.ofSeconds(1))).isEqualTo(Duration.ofSeconds(1));
        assertThat(open.timeout(Duration.ofSeconds(20))).isEqualTo(Duration.ofSeconds(10));
        assertThat(none.timeout(Duration.ofSeconds(1))).isNull();
    }

    @Test
    void letsOthersGoFirstWhenThePolicyDelaysInsteadOfRefusing() throws Exception {
        // Given
        start(batching(
                1,
                b -> b.setDefaultQueuePolicy(ModelQueuePolicy.newBuilder()
                        .setTimeoutAction(ModelQueuePolicy.TimeoutAction.DELAY)
                        .setAllowTimeoutOverride(true)
                        .setDefaultTimeoutMicroseconds(Duration.ofHours(1).toNanos() / 1000))));
        submit(0);
        gate.nextRun();
        submit(job(Duration.ofMillis(1), 0, 1));
        submit(2);
        timer.schedule(() -> {}, 5, TimeUnit.MILLISECONDS).get(); // the one timer thread runs in order

        // When
        gate.permits.release(3);

        // Then
        assertThat(gate.nextRun()).containsExactly(List.of(2L));
        assertThat(gate.nextRun()).containsExactly(List.of(1L));
    }

    @Test
    void takesTheMostUrgentFirst() throws Exception {
        // Given
        start(batching(1, b -> b.setPriorityLevels(2).setDefaultPriorityLevel(2)));
        submit(0);
        gate.nextRun();
        submit(1);
        submit(job(null, 1, 2));

        // When
        gate.permits.release(3);

        // Then
        assertThat(gate.nextRun()).containsExactly(List.of(2L));
        assertThat(gate.nextRun()).containsExactly(List.of(1L));
    }

    @Test
    void neverRunsWhatNobodyWaitsFor() throws Exception {
        // Given
        start(batching());
        submit(0);
        gate.nextRun();
        var gone = submit(1);
        submit(2);

        // When
        gone.cancelled.set(true);
        gate.permits.release(2);

        // Then
        assertThat(gate.nextRun()).containsExactly(List.of(2L));
        assertThat(gone.failure().getCode()).isEqualTo(Code.CANCELLED);
        assertThat(batcher.usage().failures()).containsEntry(Usage.Reason.CANCELED, 1L);
    }

    @Test
    void givesThePlaceOfACancelledRequestToAnother() throws Exception {
        // Given
        start(batching(
                b -> b.setDefaultQueuePolicy(ModelQueuePolicy.newBuilder().setMaxQueueSize(1))));
        submit(0);
        gate.nextRun();
        var gone = submit(1);

        // When
        batcher.cancel(gone.job);
        submit(2);

        // Then
        gate.permits.release(2);
        assertThat(gate.nextRun()).containsExactly(List.of(2L));
    }

    @Test
    void answersEveryRequestOfARunThatFailed() throws Exception {
        // Given
        start(batching());
        submit(0);
        gate.nextRun();
        var one = submit(1);
        var two = submit(2);
        gate.failure = new RunException(Status.INTERNAL.withDescription("onnx runtime error"), new RuntimeException());

        // When
        gate.permits.release(2);

        // Then
        assertThat(one.failure().getDescription()).isEqualTo("onnx runtime error");
        assertThat(two.failure().getCode()).isEqualTo(Code.INTERNAL);
    }

    @Test
    void anErrorNeitherKeepsACallerWaitingNorEndsTheInstance() throws Exception {
        // Given
        start(batching());
        gate.failure = new OutOfMemoryError("for the test");
        var failed = submit(1);
        gate.permits.release();
        assertThat(failed.failure().getCode()).isEqualTo(Code.INTERNAL);

        // When
        gate.failure = null;
        var next = submit(2);
        gate.permits.release();

        // Then
        assertThat(next.get()).containsExactly(2);
    }

    @Test
    void finishesWhatItHasBeforeItCloses() throws Exception {
        // Given
        start(batching());
        submit(0);
        gate.nextRun();
        var waiting = submit(1);

        // When
        gate.permits.release(2);
        batcher.close();

        // Then
        assertThat(waiting.get()).containsExactly(1);
        var late = submit(2);
        assertThat(late.failure().getCode()).isEqualTo(Code.UNAVAILABLE);
        assertThat(late.failure().getDescription()).contains("Server is stopping");
    }

    @Test
    void countsSoThatTheNumbersAddUp() throws Exception {
        // Given
        start(batching());
        var calls = new ArrayList<Call>();
        calls.add(submit(0));
        gate.nextRun();
        calls.add(submit(1));
        calls.add(submit(2, 3));
        calls.add(submitWide(4, 5));
        gate.permits.release(3);
        for (Call call : calls) {
            call.get();
        }

        // When
        var statistics = batcher.usage().statistics();

        // Then
        var stats = statistics.getInferenceStats();
        assertThat(statistics.getInferenceCount()).isEqualTo(1 + 3 + 1);
        assertThat(statistics.getExecutionCount()).isEqualTo(3);
        assertThat(statistics.getBatchStatsList().stream()
                        .mapToLong(b -> b.getBatchSize() * b.getComputeInfer().getCount())
                        .sum())
                .isEqualTo(statistics.getInferenceCount());
        assertThat(statistics.getBatchStatsList().stream()
                        .mapToLong(b -> b.getComputeInfer().getCount())
                        .sum())
                .isEqualTo(statistics.getExecutionCount());
        assertThat(List.of(
                        stats.getSuccess(),
                        stats.getQueue(),
                        stats.getComputeInput(),
                        stats.getComputeInfer(),
                        stats.getComputeOutput()))
                .allSatisfy(each -> assertThat(each.getCount()).isEqualTo(4));
        assertThat(stats.getSuccess().getNs())
                .isGreaterThanOrEqualTo(stats.getQueue().getNs()
                        + stats.getComputeInput().getNs()
                        + stats.getComputeInfer().getNs()
                        + stats.getComputeOutput().getNs());
        assertThat(statistics.getLastInference()).isPositive();
    }

    private void start(ModelConfig config) {
        batcher = new Batcher("test", BatchRules.of(config), () -> gate, timer, Runnable::run);
    }

    private static ModelConfig.Builder config() {
        return ModelConfig.newBuilder()
                .setMaxBatchSize(8)
                .addInstanceGroup(ModelInstanceGroup.newBuilder().setCount(1));
    }

    private static ModelConfig batching() {
        return batching(_ -> {});
    }

    private static ModelConfig batching(Consumer<ModelDynamicBatching.Builder> change) {
        return batching(8, change);
    }

    private static ModelConfig batching(int max, Consumer<ModelDynamicBatching.Builder> change) {
        var batching = ModelDynamicBatching.newBuilder();
        change.accept(batching);
        return config().setMaxBatchSize(max).setDynamicBatching(batching).build();
    }

    private static final class Call implements Job.Listener {
        private final CompletableFuture<long[]> answer = new CompletableFuture<>();
        private final CompletableFuture<Status> failure = new CompletableFuture<>();
        private final AtomicBoolean cancelled = new AtomicBoolean();
        private @Nullable Job job;

        @Override
        public void succeeded(List<Tensor> outputs) {
            answer.complete(outputs.getFirst().asLongs());
        }

        @Override
        public void failed(Status status) {
            failure.complete(status);
        }

        long[] get() throws Exception {
            return answer.get(10, SECONDS);
        }

        Status failure() throws Exception {
            return failure.get(10, SECONDS);
        }
    }

    private Call submit(long... values) {
        return submit(job(null, 0, values));
    }

    private Call submit(Call call) {
        batcher.submit(call.job);
        return call;
    }

    private static Call job(@Nullable Duration timeout, int priority, long... values) {
        return job(Shape.of(values.length, 1), timeout, priority, values);
    }

    /** One item that is as wide as it has values. */
    private Call submitWide(long... values) {
        return submit(job(Shape.of(1, values.length), null, 0, values));
    }

    private static Call job(Shape shape, @Nullable Duration timeout, int priority, long... values) {
        var call = new Call();
        call.job = new Job(
                "[request id: " + values[0] + "] ",
                List.of(Tensor.int64("in", shape, values)),
                Set.of("out"),
                true,
                priority,
                timeout,
                call.cancelled::get,
                Optional.empty(),
                call);
        return call;
    }
}
