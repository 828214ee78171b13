package io.saccade.modelserver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.grpc.Status.Code;
import io.saccade.triton.Fault;
import io.saccade.triton.InferRequest;
import io.saccade.triton.InferResult;
import io.saccade.triton.ModelUsage;
import io.saccade.triton.Shape;
import io.saccade.triton.Tensor;
import io.saccade.triton.TritonException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What happens to requests that meet: over the network, with a graph that runs as long as it is told to. */
@Timeout(120)
class BatchingIT {
    /** A second or more, long enough for what a test does meanwhile; a run that has begun cannot be stopped. */
    private static final long BUSY_STEPS = 1_500_000;

    @Test
    void runsManyConcurrentRequestsInFewBatches() {
        try (var server = RunningServer.withModels("slow")) {
            // Given
            var busy = keepBusy(server, "slow");
            List<CompletableFuture<InferResult>> calls = new ArrayList<>();
            for (int i = 1; i <= 24; i++) {
                calls.add(server.client().infer(count("slow", i).build()));
            }
            Await.until("all wait", () -> pending(server, "slow") == 24);

            // When
            busy.join();

            // Then
            for (int i = 1; i <= 24; i++) {
                assertThat(calls.get(i - 1).join().output("counted").shape()).isEqualTo(Shape.of(1, 1));
            }
            ModelUsage usage = usage(server, "slow");
            assertThat(usage.runsByBatch().get(8L).count()).isEqualTo(3);
            assertThat(usage.averageBatch()).isGreaterThan(1);
            assertThat(usage.failure().count()).isEqualTo(server.metric("nv_inference_request_failure", "slow"));
        }
    }

    @Test
    void givesEachRequestOfABatchItsOwnAnswer() {
        try (var server = RunningServer.withModels("identity_bytes")) {
            // When
            List<CompletableFuture<InferResult>> calls = new ArrayList<>();
            for (int i = 0; i < 200; i++) {
                calls.add(server.client()
                        .infer(InferRequest.to("identity_bytes")
                                .input(Tensor.strings("in", Shape.of(1, 2), List.of("text " + i, "x".repeat(i))))
                                .build()));
            }

            // Then
            for (int i = 0; i < 200; i++) {
                assertThat(calls.get(i).join().output("out").asStrings()).containsExactly("text " + i, "x".repeat(i));
            }
            assertThat(usage(server, "identity_bytes").items()).isEqualTo(200);
        }
    }

    @Test
    void refusesWhatAFullQueueCannotHoldAndTheClientCallsItOverloaded() {
        try (var server = RunningServer.withModels("narrow")) {
            // Given: two may wait
            var busy = keepBusy(server, "narrow");
            var waiting = List.of(
                    server.client().infer(count("narrow", 1).build()),
                    server.client().infer(count("narrow", 1).build()));
            Await.until("both wait", () -> pending(server, "narrow") == 2);

            // When, Then
            assertThatExceptionOfType(TritonException.class)
                    .isThrownBy(() -> server.client()
                            .inferBlocking(count("narrow", 1).id("third").build()))
                    .withMessageContaining("[request id: third] Exceeds maximum queue size")
                    .returns(Code.UNAVAILABLE, TritonException::code)
                    .returns(Fault.OVERLOADED, TritonException::fault);
            assertThat(server.metrics())
                    .contains("nv_inference_request_failure{model=\"narrow\",version=\"1\",reason=\"REJECTED\"} 1");
            busy.join();
            assertThat(waiting).allSatisfy(call -> assertThat(call.join()).isNotNull());
        }
    }

    @Test
    void aRequestMayShortenItsWaitInTheQueue() {
        try (var server = RunningServer.withModels("impatient")) {
            // Given
            var busy = keepBusy(server, "impatient");

            // When, Then
            assertThatExceptionOfType(TritonException.class)
                    .isThrownBy(() -> server.client()
                            .inferBlocking(count("impatient", 1)
                                    .parameter("timeout", 1000L)
                                    .build()))
                    .withMessageContaining("Request timeout expired")
                    .returns(Fault.OVERLOADED, TritonException::fault);
            assertThat(busy).isNotDone();
            busy.join();
        }
    }

    @Test
    void neverRunsWhatIsPastItsDeadline() {
        try (var server = RunningServer.withModels("slow")) {
            // Given
            var busy = keepBusy(server, "slow");
            long before = usage(server, "slow").items();

            // When
            assertThatExceptionOfType(TritonException.class)
                    .isThrownBy(() -> server.client()
                            .inferBlocking(count("slow", 1)
                                    .timeout(Duration.ofMillis(30))
                                    .build()))
                    .returns(Code.DEADLINE_EXCEEDED, TritonException::code);

            // Then
            Await.until("its place in the queue is free", () -> pending(server, "slow") == 0);
            busy.join();
            assertThat(usage(server, "slow").items()).isEqualTo(before + 1); // the busy one
        }
    }

    @Test
    void neverRunsWhatWasCancelledWhileItWaited() {
        try (var server = RunningServer.withModels("slow")) {
            // Given
            var busy = keepBusy(server, "slow");
            long before = usage(server, "slow").items();
            var call = server.client().infer(count("slow", 1).build());
            Await.until("it waits", () -> pending(server, "slow") == 1);

            // When
            call.cancel(true);

            // Then
            Await.until("its place in the queue is free", () -> pending(server, "slow") == 0);
            busy.join();
            assertThat(usage(server, "slow").items()).isEqualTo(before + 1);
            assertThat(server.metrics()).containsPattern("reason=\"CANCELED\"} [1-9]");
        }
    }

    @Test
    void answersWhatItHasBeforeItStops() {
        var server = RunningServer.withModels("slow");
        try {
            // Given
            var busy = keepBusy(server, "slow");
            var waiting = server.client().infer(count("slow", 3).build());
            Await.until("it waits", () -> pending(server, "slow") == 1);

            // When
            server.server().close();

            // Then
            assertThat(busy.join().output("counted").asLongs()).containsExactly(BUSY_STEPS);
            assertThat(waiting.join().output("counted").asLongs()).containsExactly(3);
        } finally {
            server.close();
        }
    }

    @Test
    void statisticsAndMetricsAgreeAndAddUp() {
        try (var server = RunningServer.withModels("add_sub")) {
            // Given
            for (int batch = 1; batch <= 4; batch++) {
                server.client()
                        .inferBlocking(InferRequest.to("add_sub")
                                .input(Tensor.int32("INPUT0", Shape.of(batch, 16), new int[16 * batch]))
                                .input(Tensor.int32("INPUT1", Shape.of(batch, 16), new int[16 * batch]))
                                .build());
            }

            // When
            ModelUsage usage = usage(server, "add_sub");

            // Then
            assertThat(usage.items()).isEqualTo(10).isEqualTo(server.metric("nv_inference_count", "add_sub"));
            assertThat(usage.executions()).isEqualTo(4).isEqualTo(server.metric("nv_inference_exec_count", "add_sub"));
            assertThat(usage.success().count())
                    .isEqualTo(4)
                    .isEqualTo(server.metric("nv_inference_request_success", "add_sub"));
            assertThat(usage.runsByBatch().keySet()).containsExactly(1L, 2L, 3L, 4L);
            assertThat(usage.success().total().toNanos() / 1000)
                    .isEqualTo(server.metric("nv_inference_request_duration_us", "add_sub"));
            assertThat(usage.success().total())
                    .isGreaterThanOrEqualTo(usage.queue()
                            .total()
                            .plus(usage.computeInput().total())
                            .plus(usage.computeInfer().total())
                            .plus(usage.computeOutput().total()));
        }
    }

    /** Starts a long run and returns when it has taken its instance. */
    private static CompletableFuture<InferResult> keepBusy(RunningServer server, String model) {
        var busy = server.client()
                .infer(count(model, BUSY_STEPS).timeout(Duration.ofMinutes(1)).build());
        Await.until("the instance is busy", () -> server.running(model) == 1);
        return busy;
    }

    private static InferRequest.Builder count(String model, long steps) {
        return InferRequest.to(model).input(Tensor.int64("steps", Shape.of(1, 1), steps));
    }

    private static long pending(RunningServer server, String model) {
        return server.metric("nv_inference_pending_request_count", model);
    }

    private static ModelUsage usage(RunningServer server, String model) {
        return server.client().statistics(model).getFirst();
    }
}
