package io.saccade.modelserver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.grpc.Status.Code;
import io.saccade.triton.InferRequest;
import io.saccade.triton.InferResult;
import io.saccade.triton.ModelState;
import io.saccade.triton.ModelUsage;
import io.saccade.triton.Shape;
import io.saccade.triton.Tensor;
import io.saccade.triton.TritonException;
import io.saccade.triton.proto.ModelRepositoryParameter;
import io.saccade.triton.proto.RepositoryModelUnloadRequest;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Models made of models. */
@Timeout(120)
class EnsembleIT {
    /** Some seconds, long enough for what a test does meanwhile. */
    private static final long BUSY_STEPS = 6_000_000;

    @TempDir
    private Path folder;

    @Test
    void runsItsStepsInTheOrderOfTheirTensorsAndLoadsThemItself() {
        try (var server = RunningServer.withModels("doubled")) {
            // When
            InferResult result =
                    server.client().inferBlocking(doubled(3, 100, 7).build());

            // Then
            assertThat(result.output("TWICE_A").shape()).isEqualTo(Shape.of(3, 16));
            assertThat(result.output("TWICE_A").asLongs()).containsOnly(200);
            assertThat(result.output("TWICE_B").asLongs()).containsOnly(14);
            assertThat(result.output("SUM").asLongs()).containsOnly(107);
            assertThat(server.client().modelReady("add_sub")).isTrue();
            var description = server.client().describe("doubled");
            assertThat(description.platform()).isEqualTo("ensemble");
            assertThat(description.maxBatchSize()).isEqualTo(8);
        }
    }

    @Test
    void countsItselfAndItsSteps() {
        try (var server = RunningServer.withModels("doubled")) {
            // When
            server.client().inferBlocking(doubled(3, 1, 1).build());
            server.client().inferBlocking(doubled(2, 1, 1).build());

            // Then
            ModelUsage ensemble = usage(server, "doubled");
            ModelUsage step = usage(server, "add_sub");
            assertThat(ensemble.items()).isEqualTo(5).isEqualTo(server.metric("nv_inference_count", "doubled"));
            assertThat(ensemble.executions()).isEqualTo(2);
            assertThat(ensemble.success().count()).isEqualTo(2);
            assertThat(step.items()).isEqualTo(10);
            assertThat(step.success().count()).isEqualTo(4);
            assertThat(ensemble.computeInfer().total())
                    .isEqualTo(step.computeInfer().total());
            assertThat(ensemble.queue().total()).isEqualTo(step.queue().total());
        }
    }

    @Test
    void leavesOutTheStepsNobodyNeeds() {
        try (var server = RunningServer.withModels("doubled")) {
            // When
            InferResult result =
                    server.client().inferBlocking(doubled(1, 2, 3).output("SUM").build());

            // Then
            assertThat(result.outputs().keySet()).containsExactly("SUM");
            assertThat(result.output("SUM").asLongs()).containsOnly(5);
            assertThat(usage(server, "add_sub").executions()).isEqualTo(1);
        }
    }

    @Test
    void namesTheStepThatFailed() {
        try (var server = RunningServer.withModels("picking")) {
            assertThatExceptionOfType(TritonException.class)
                    .isThrownBy(() -> server.client()
                            .inferBlocking(InferRequest.to("picking")
                                    .input(Tensor.int32("IN", Shape.of(1, 1), 99))
                                    .build()))
                    .withMessageContaining("in ensemble 'picking', step 'picky': ")
                    .withMessageContaining("onnx runtime error")
                    .returns(Code.INTERNAL, TritonException::code);
            assertThat(server.client()
                            .inferBlocking(InferRequest.to("picking")
                                    .input(Tensor.int32("IN", Shape.of(2, 1), 3, 1))
                                    .build())
                            .output("OUT")
                            .asLongs())
                    .containsExactly(30, 10);
            assertThat(failures(server, "picking")).containsExactly(Map.entry("BACKEND", 1L));
            assertThat(failures(server, "picky")).containsExactly(Map.entry("BACKEND", 1L));
        }
    }

    @Test
    void refusesABatchThatIsTooLargeForItself() {
        try (var server = RunningServer.withModels("picking")) {
            assertThatExceptionOfType(TritonException.class)
                    .isThrownBy(() -> server.client()
                            .inferBlocking(InferRequest.to("picking")
                                    .input(Tensor.int32("IN", Shape.of(5, 1), 0, 0, 0, 0, 0))
                                    .build()))
                    .withMessageContaining("inference request batch-size must be <= 4 for 'picking'");
        }
    }

    @Test
    void everyRequestIsCountedOnceHoweverItEnds() {
        try (var server = RunningServer.withModels("waiting")) {
            // Given: one runs, two wait, the fourth is refused, and one of those that wait is cancelled
            var busy = wait(server, BUSY_STEPS);
            Await.until("the instance is busy", () -> server.running("narrow") == 1);
            var waits = wait(server, 1);
            var cancelled = wait(server, 1);
            Await.until("both wait", () -> pending(server) == 2);

            // When
            assertThatExceptionOfType(TritonException.class)
                    .isThrownBy(() -> server.client().inferBlocking(waiting(1)))
                    .withMessageContaining("in ensemble 'waiting', step 'narrow': ")
                    .withMessageContaining("Exceeds maximum queue size")
                    .returns(Code.UNAVAILABLE, TritonException::code);
            cancelled.cancel(true);
            Await.until("it no longer waits", () -> pending(server) == 1);
            busy.join();
            waits.join();

            // Then
            for (String model : List.of("waiting", "narrow")) {
                Await.until("all are over", () -> usage(server, model).failure().count() == 2);
                ModelUsage usage = usage(server, model);
                assertThat(usage.success().count()).isEqualTo(2);
                assertThat(usage.items()).isEqualTo(2);
                assertThat(usage.queue().count()).isEqualTo(2);
                assertThat(failures(server, model)).containsOnly(Map.entry("REJECTED", 1L), Map.entry("CANCELED", 1L));
                assertThat(usage.runsByBatch().entrySet().stream()
                                .mapToLong(
                                        runs -> runs.getKey() * runs.getValue().count())
                                .sum())
                        .isEqualTo(usage.items());
            }
        }
    }

    @Test
    void goesWithAStepAndComesBackWithIt() {
        try (var server = RunningServer.withModels("doubled")) {
            // When, Then
            server.client().unloadModel("add_sub");
            assertThat(server.client().modelReady("doubled")).isFalse();
            assertThat(state(server, "doubled"))
                    .isEqualTo(new ModelState(
                            "doubled",
                            "1",
                            "UNAVAILABLE",
                            "ensemble 'doubled' depends on 'add_sub' which has no loaded version"));

            // When, Then
            server.client().loadModel("add_sub");
            assertThat(server.client()
                            .inferBlocking(doubled(1, 1, 1).build())
                            .output("SUM")
                            .asLongs())
                    .containsOnly(2);
        }
    }

    @Test
    void takesItsStepsAlongOnlyWhenAskedTo() {
        try (var server = RunningServer.withModels("doubled")) {
            // When, Then
            server.client().unloadModel("doubled");
            assertThat(server.client().modelReady("add_sub")).isTrue();

            // When, Then
            server.client().loadModel("doubled");
            var _ = server.stub()
                    .repositoryModelUnload(RepositoryModelUnloadRequest.newBuilder()
                            .setModelName("doubled")
                            .putParameters(
                                    "unload_dependents",
                                    ModelRepositoryParameter.newBuilder()
                                            .setBoolParam(true)
                                            .build())
                            .build());
            assertThat(server.client().modelReady("doubled")).isFalse();
            assertThat(server.client().modelReady("add_sub")).isFalse();
        }
    }

    @Test
    void saysWhichStepsDoNotFit() throws IOException {
        // Given
        RunningServer.copy("add_sub", folder);
        RunningServer.copy("narrow", folder);
        RunningServer.copy("doubled", folder);
        Path config = folder.resolve("doubled/config.pbtxt");
        String good = Files.readString(config);
        try (var server = RunningServer.start(RunningServer.options(folder, true, List.of()))) {
            Map<String, String> wrong = Map.of(
                    good.replace("\"add_sub\"", "\"missing\""),
                    "expected models of the repository as steps, got 'missing'",
                    good.replace("\"add_sub\"", "\"doubled\""),
                    "expected steps that do not lead back, got 'doubled'",
                    good.replace("\"INPUT0\" value: \"SUM\"", "\"INPUT9\" value: \"SUM\""),
                    "step 'add_sub': input_map: expected an input of the model, ['INPUT0', 'INPUT1'], got 'INPUT9'",
                    good.replace(
                            "value: \"DIFFERENCE\" }\n      output_map { key: \"OUTPUT0\" value: \"TWICE_A\"",
                            "value: \"NOWHERE\" }\n      output_map { key: \"OUTPUT0\" value: \"TWICE_A\""),
                    "input 'INPUT1' of step 'add_sub': expected a tensor of the ensemble",
                    good.replace("\"OUTPUT1\" value: \"TWICE_B\"", "\"OUTPUT1\" value: \"TWICE_A\""),
                    "tensor 'TWICE_A': expected one source, got step 'add_sub' and step 'add_sub'",
                    good.replace("\"A\" data_type: TYPE_INT32", "\"A\" data_type: TYPE_INT64"),
                    "tensor 'A': expected INT32 as input 'INPUT0' of step 'add_sub' takes it, got INT64 from the ensemble",
                    good.replace(
                            "\"SUM\" data_type: TYPE_INT32 dims: [ 16 ]", "\"SUM\" data_type: TYPE_INT32 dims: [ 4 ]"),
                    "tensor 'SUM': expected [-1,4] as output 'SUM' takes it, got [-1,16] from step 'add_sub'",
                    good.replace("max_batch_size: 8", "max_batch_size: 9"),
                    "step 'add_sub': expected a max_batch_size of at least the ensemble's 9, got 8",
                    good.replace("\"INPUT0\" value: \"A\"", "\"INPUT0\" value: \"TWICE_A\""),
                    "expected steps that can run one after the other, got a circle of ['add_sub', 'add_sub']");
            wrong.forEach((text, complaint) -> {
                assertThat(text).isNotEqualTo(good);
                write(config, text);

                // When, Then
                assertThatExceptionOfType(TritonException.class)
                        .isThrownBy(() -> server.client().loadModel("doubled"))
                        .withMessageContaining(config + ":")
                        .withMessageContaining(complaint);
            });
        }
    }

    private static void write(Path file, String text) {
        try {
            Files.writeString(file, text);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static InferRequest.Builder doubled(int batch, int a, int b) {
        return InferRequest.to("doubled")
                .input(Tensor.int32("A", Shape.of(batch, 16), filled(batch * 16, a)))
                .input(Tensor.int32("B", Shape.of(batch, 16), filled(batch * 16, b)));
    }

    private static int[] filled(int count, int value) {
        return IntStream.generate(() -> value).limit(count).toArray();
    }

    private static CompletableFuture<InferResult> wait(RunningServer server, long steps) {
        return server.client().infer(waiting(steps));
    }

    private static InferRequest waiting(long steps) {
        return InferRequest.to("waiting")
                .input(Tensor.int64("IN", Shape.of(1, 1), steps))
                .timeout(Duration.ofMinutes(1))
                .build();
    }

    private static long pending(RunningServer server) {
        return server.metric("nv_inference_pending_request_count", "narrow");
    }

    private static ModelUsage usage(RunningServer server, String model) {
        return server.client().statistics(model).getFirst();
    }

    /** Failures by reason, without those that did not happen. */
    private static Map<String, Long> failures(RunningServer server, String model) {
        return server.metrics()
                .lines()
                .filter(line -> line.startsWith("nv_inference_request_failure{model=\"" + model + "\""))
                .filter(line -> !line.endsWith(" 0"))
                .collect(Collectors.toMap(
                        line -> line.replaceFirst(".*reason=\"(\\w+)\".*", "$1"),
                        line -> Long.valueOf(line.substring(line.lastIndexOf(' ') + 1))));
    }

    private static ModelState state(RunningServer server, String model) {
        return server.client().repositoryIndex().stream()
                .filter(state -> state.model().equals(model))
                .findFirst()
                .orElseThrow();
    }
}
