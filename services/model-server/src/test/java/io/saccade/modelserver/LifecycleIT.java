package io.saccade.modelserver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import com.google.protobuf.ByteString;
import io.grpc.Status.Code;
import io.grpc.StatusRuntimeException;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.health.v1.HealthGrpc;
import io.saccade.triton.DataType;
import io.saccade.triton.Fault;
import io.saccade.triton.InferRequest;
import io.saccade.triton.ModelContract;
import io.saccade.triton.ModelState;
import io.saccade.triton.Shape;
import io.saccade.triton.Tensor;
import io.saccade.triton.TritonClient;
import io.saccade.triton.TritonException;
import io.saccade.triton.proto.LogSettingsRequest;
import io.saccade.triton.proto.ModelMetadataRequest;
import io.saccade.triton.proto.ModelRepositoryParameter;
import io.saccade.triton.proto.ModelStatisticsRequest;
import io.saccade.triton.proto.RepositoryModelLoadRequest;
import io.saccade.triton.proto.TraceSettingRequest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Which models there are, what they say of themselves, and how they come and go. */
@Timeout(60)
class LifecycleIT {

    @TempDir
    private Path folder;

    @Test
    void saysWhoItIsAndWhatItCan() {
        try (var server = RunningServer.withModels("add_sub")) {
            // When
            var info = server.client().serverMetadata();

            // Then
            assertThat(info.name()).isEqualTo("saccade-model-server");
            assertThat(info.extensions())
                    .contains("binary_tensor_data", "statistics", "model_repository", "classification")
                    .doesNotContain("cuda_shared_memory", "trace");
            assertThat(server.client().serverLive()).isTrue();
            assertThat(server.client().serverReady()).isTrue();
            assertThat(server.http("/v2/health/live").statusCode()).isEqualTo(200);
            assertThat(server.http("/v2/health/ready").statusCode()).isEqualTo(200);
            assertThat(server.http("/v2/health/ready/").statusCode()).isEqualTo(404);
            assertThat(HealthGrpc.newBlockingStub(server.channel())
                            .check(HealthCheckRequest.getDefaultInstance())
                            .getStatus())
                    .isEqualTo(ServingStatus.SERVING);
        }
    }

    @Test
    void describesAModelWithItsManifest() {
        try (var server = RunningServer.withModels("add_sub")) {
            // When
            var model = ModelContract.of()
                    .input("INPUT0", DataType.INT32, 16)
                    .output("OUTPUT1", DataType.INT32, 16)
                    .parameter("family")
                    .batchOf(8)
                    .require(server.client().describe("add_sub"));

            // Then
            assertThat(model.parameter("family")).contains("sample");
            assertThat(model.platform()).isEqualTo("onnxruntime_onnx");
            assertThat(model.versions()).containsExactly("1");
        }
    }

    @Test
    void describesAModelThatHasNoConfiguration() {
        try (var server = RunningServer.withModels("automatic")) {
            // When
            var model = server.client().describe("automatic");

            // Then
            assertThat(model.maxBatchSize()).isEqualTo(4);
            assertThat(model.requireInput("INPUT1", DataType.INT32, 16).dims()).isEqualTo(Shape.of(16));
        }
    }

    @Test
    void servesTheVersionsOfThePolicyAndTheNewestByItself() {
        try (var server = RunningServer.withModels("newest", "newest_two", "every", "chosen")) {
            assertThat(server.client().describe("newest").versions()).containsExactly("3");
            assertThat(server.client().describe("newest_two").versions()).containsExactly("2", "3");
            assertThat(server.client().describe("every").versions()).containsExactly("1", "2", "3");
            assertThat(server.client().describe("chosen").versions()).containsExactly("1", "3");
            assertThat(times(server, "every", "")).isEqualTo(30);
            assertThat(times(server, "every", "1")).isEqualTo(10);
            assertThat(times(server, "every", "2")).isEqualTo(20);
            assertThatExceptionOfType(TritonException.class)
                    .isThrownBy(() -> times(server, "newest", "1"))
                    .withMessageContaining("Request for unknown model: 'newest' version 1 is not found")
                    .returns(Fault.PASSING, TritonException::fault);
        }
    }

    @Test
    void loadsAndUnloadsByRequest() {
        try (var server = RunningServer.withModels("add_sub")) {
            // Given
            var client = server.client();
            assertThat(client.modelReady("newest")).isFalse();
            assertThat(state(client, "newest")).isEqualTo(new ModelState("newest", "", "", ""));

            // When, Then
            client.loadModel("newest");
            assertThat(client.modelReady("newest")).isTrue();
            assertThat(times(server, "newest", "")).isEqualTo(30);
            assertThat(state(client, "newest")).isEqualTo(new ModelState("newest", "3", "READY", ""));

            // When, Then
            client.unloadModel("newest");
            assertThat(client.modelReady("newest")).isFalse();
            assertThat(client.serverReady()).isTrue();
            assertThat(state(client, "newest")).isEqualTo(new ModelState("newest", "3", "UNAVAILABLE", "unloaded"));
            assertThatExceptionOfType(TritonException.class)
                    .isThrownBy(() -> times(server, "newest", ""))
                    .withMessageContaining("Request for unknown model: 'newest' has no available versions")
                    .returns(Code.NOT_FOUND, TritonException::code);
            assertThatExceptionOfType(TritonException.class)
                    .isThrownBy(() -> times(server, "newest", "3"))
                    .withMessageContaining("Request for unknown model: 'newest' version 3 is not at ready state")
                    .returns(Code.UNAVAILABLE, TritonException::code);
            client.unloadModel("nobody knows it");
        }
    }

    @Test
    void takesANewVersionWhenAModelIsLoadedAgain() throws IOException {
        // Given
        Path model = RunningServer.copy("newest", folder);
        Path third = model.resolve("3/model.onnx");
        Path fourth = model.resolve("4/model.onnx");
        Files.move(third, folder.resolve("away.onnx"));
        Files.delete(third.getParent());
        try (var server = RunningServer.start(RunningServer.options(folder, true, List.of("newest")))) {
            assertThat(times(server, "newest", "")).isEqualTo(20);
            Files.createDirectories(fourth.getParent());
            Files.move(folder.resolve("away.onnx"), fourth);

            // When
            server.client().loadModel("newest");

            // Then
            assertThat(times(server, "newest", "")).isEqualTo(30);
            assertThat(server.client().describe("newest").versions()).containsExactly("4");
        }
    }

    @Test
    void keepsTheModelThatRunsWhenTheNewOneCannotBeLoaded() throws IOException {
        // Given
        Path model = RunningServer.copy("newest", folder);
        try (var server = RunningServer.start(RunningServer.options(folder, true, List.of("newest")))) {
            Files.writeString(model.resolve("config.pbtxt"), "max_batch_sise: 4");

            // When, Then
            assertThatExceptionOfType(TritonException.class)
                    .isThrownBy(() -> server.client().loadModel("newest"))
                    .withMessageContaining("config.pbtxt:1: field 'max_batch_sise'");
            assertThat(times(server, "newest", "")).isEqualTo(30);
        }
    }

    @Test
    void refusesToLoadWhatIsNotThere() {
        try (var server = RunningServer.withModels("add_sub")) {
            for (String name : List.of("nope", "../repository/newest", ".", "")) {
                assertThatExceptionOfType(TritonException.class)
                        .isThrownBy(() -> server.client().loadModel(name))
                        .withMessageContaining("failed to load '" + name + "', failed to poll from model repository")
                        .returns(Code.INTERNAL, TritonException::code);
            }
        }
    }

    @Test
    void loadsNothingByRequestWhenAllIsLoadedAtStart() {
        // Given
        RunningServer.copy("newest", folder);
        try (var server = RunningServer.start(RunningServer.options(folder, false, List.of()))) {
            // When, Then
            assertThatExceptionOfType(TritonException.class)
                    .isThrownBy(() -> server.client().loadModel("newest"))
                    .withMessageContaining("explicit model load / unload is not allowed")
                    .returns(Code.UNAVAILABLE, TritonException::code);
        }
    }

    @Test
    void refusesStatisticsOfWhatIsNotThereInTritonsWords() {
        try (var server = RunningServer.withModels("add_sub")) {
            assertThatExceptionOfType(TritonException.class)
                    .isThrownBy(() -> server.client().statistics("nope"))
                    .withMessageContaining("requested model 'nope' is not available")
                    .returns(Code.INVALID_ARGUMENT, TritonException::code);
            assertThatExceptionOfType(StatusRuntimeException.class)
                    .isThrownBy(() -> server.stub()
                            .modelStatistics(ModelStatisticsRequest.newBuilder()
                                    .setName("add_sub")
                                    .setVersion("9")
                                    .build()))
                    .withMessageContaining("requested model version is not available for model 'add_sub'");
            assertThat(server.client().statistics("")).hasSize(1);
        }
    }

    @Test
    void keepsTheSettingsOfTracesAndOfTheLogUntilOneIsWrong() {
        try (var server = RunningServer.withModels("add_sub", "newest")) {
            // Given
            var _ = server.stub().traceSetting(rate("", "7"));
            var _ = server.stub().traceSetting(rate("newest", "9"));

            // When
            assertThatExceptionOfType(StatusRuntimeException.class)
                    .isThrownBy(() -> server.stub().traceSetting(rate("newest", "9".repeat(100_000))))
                    .withMessageContaining("value is out of range [ 0, 4294967295 ]");

            // Then
            assertThat(rate(server, "")).isEqualTo("7");
            assertThat(rate(server, "add_sub")).isEqualTo("7");
            assertThat(rate(server, "newest")).isEqualTo("9");
            assertThat(server.stub()
                            .logSettings(LogSettingsRequest.getDefaultInstance())
                            .getSettingsOrThrow("log_info")
                            .getBoolParam())
                    .isTrue();
        }
    }

    @Test
    void cutsWhatARefusalSaysOfAVeryLongName() {
        try (var server = RunningServer.withModels("newest")) {
            for (String letter : List.of("x", "\u20ac")) {
                assertThatExceptionOfType(StatusRuntimeException.class)
                        .isThrownBy(() -> server.stub()
                                .modelMetadata(ModelMetadataRequest.newBuilder()
                                        .setName(letter.repeat(100_000))
                                        .build()))
                        .satisfies(e -> assertThat(e.getStatus().getCode()).isEqualTo(Code.NOT_FOUND))
                        .withMessageContaining("Request for unknown model: '" + letter.repeat(500))
                        .withMessageEndingWith(letter + " ...");
            }
        }
    }

    private static TraceSettingRequest rate(String model, String rate) {
        return TraceSettingRequest.newBuilder()
                .setModelName(model)
                .putSettings(
                        "trace_rate",
                        TraceSettingRequest.SettingValue.newBuilder()
                                .addValue(rate)
                                .build())
                .build();
    }

    private static String rate(RunningServer server, String model) {
        return server.stub()
                .traceSetting(
                        TraceSettingRequest.newBuilder().setModelName(model).build())
                .getSettingsOrThrow("trace_rate")
                .getValue(0);
    }

    @Test
    void takesAWholeModelFromTheLoadRequest() throws IOException {
        try (var server = RunningServer.withModels("newest")) {
            // Given
            byte[] graph = Files.readAllBytes(RunningServer.REPOSITORY.resolve("newest/1/model.onnx"));

            // When
            var _ = server.stub()
                    .repositoryModelLoad(RepositoryModelLoadRequest.newBuilder()
                            .setModelName("brought")
                            .putParameters(
                                    "config",
                                    ModelRepositoryParameter.newBuilder()
                                            .setStringParam("{}")
                                            .build())
                            .putParameters(
                                    "file:5/model.onnx",
                                    ModelRepositoryParameter.newBuilder()
                                            .setBytesParam(ByteString.copyFrom(graph))
                                            .build())
                            .build());

            // Then
            assertThat(server.client().describe("brought").versions()).containsExactly("5");
            assertThat(times(server, "brought", "")).isEqualTo(10);
        }
    }

    @Test
    void takesAConfigurationFromTheLoadRequestUntilItIsLoadedWithout() {
        try (var server = RunningServer.withModels("newest")) {
            // When, Then
            load(
                    server,
                    "config",
                    "{\"parameters\": {\"from\": {\"string_value\": \"request\"}}, \"version_policy\": {\"all\": {}}}");
            assertThat(server.client().describe("newest").parameter("from")).contains("request");
            assertThat(server.client().describe("newest").versions()).containsExactly("1", "2", "3");

            // When, Then
            server.client().loadModel("newest");
            assertThat(server.client().describe("newest").parameter("from")).isEmpty();
            assertThat(server.client().describe("newest").versions()).containsExactly("3");
        }
    }

    @Test
    void refusesLoadParametersItCannotFollow() {
        try (var server = RunningServer.withModels("newest")) {
            assertThatExceptionOfType(StatusRuntimeException.class)
                    .isThrownBy(() -> load(server, "config", "{\"max_batch_sise\": 4}"))
                    .withMessageStartingWith(
                            "INTERNAL: load failed for model 'newest': load parameter 'config' of 'newest'"
                                    + " cannot be read as the JSON of a model configuration: ");
            assertThatExceptionOfType(StatusRuntimeException.class)
                    .isThrownBy(() -> load(server, "config", "{\"max_batch_size\": -1}"))
                    .withMessageContaining(
                            "load parameter 'config' of 'newest': field 'max_batch_size': expected 0 or more, got -1");
            assertThatExceptionOfType(StatusRuntimeException.class)
                    .isThrownBy(() -> load(server, "file:1/model.onnx", "x"))
                    .withMessageStartingWith(
                            "INVALID_ARGUMENT: invalid value type for load parameter 'file:1/model.onnx', expected bytes_param.");
            assertThatExceptionOfType(StatusRuntimeException.class)
                    .isThrownBy(() -> load(server, "confg", "{}"))
                    .withMessageStartingWith("INVALID_ARGUMENT: unrecognized load parameter 'confg'.");
            assertThat(times(server, "newest", "")).isEqualTo(30);
        }
    }

    @Test
    void saysInTheIndexWhyAModelWithoutAReadableConfigurationIsNotThere() throws IOException {
        // Given
        Path model = RunningServer.copy("newest", folder);
        Files.writeString(model.resolve("config.pbtxt"), "max_batch_sise: 4");
        try (var server = RunningServer.start(RunningServer.options(folder, true, List.of()))) {
            // When
            assertThatExceptionOfType(TritonException.class)
                    .isThrownBy(() -> server.client().loadModel("newest"));

            // Then
            assertThat(state(server.client(), "newest").state()).isEqualTo("UNAVAILABLE");
            assertThat(state(server.client(), "newest").reason()).contains("config.pbtxt:1: field 'max_batch_sise'");
            assertThat(server.client().serverReady()).isFalse();
        }
    }

    @Test
    void tellsTheMachineAndTheTimeOfLoading() {
        try (var server = RunningServer.withModels("newest")) {
            assertThat(server.metrics())
                    .containsPattern("nv_model_load_duration_secs\\{model=\"newest\",version=\"3\"} \\d+\\.\\d{6}\n")
                    .containsPattern("nv_cpu_memory_total_bytes [1-9]\\d+\n")
                    .containsPattern("nv_cpu_memory_used_bytes [1-9]\\d+\n");
        }
    }

    private static void load(RunningServer server, String parameter, String value) {
        var _ = server.stub()
                .repositoryModelLoad(RepositoryModelLoadRequest.newBuilder()
                        .setModelName("newest")
                        .putParameters(
                                parameter,
                                ModelRepositoryParameter.newBuilder()
                                        .setStringParam(value)
                                        .build())
                        .build());
    }

    @Test
    void theSameClientGoesOnAfterARestart() {
        // Given
        var first = RunningServer.withModels("newest");
        int port = first.server().grpcPort();
        try (var client = TritonClient.builder().endpoint("127.0.0.1:" + port).build()) {
            assertThat(client.modelReady("newest")).isTrue();

            // When
            first.close();

            // Then
            assertThat(client.serverReady()).isFalse();
            assertThatExceptionOfType(TritonException.class)
                    .isThrownBy(() -> client.inferBlocking(request("newest", "")))
                    .returns(Fault.PASSING, TritonException::fault);

            // When
            var options = RunningServer.options(RunningServer.REPOSITORY, true, List.of("newest"));
            try (var _ = RunningServer.start(new ServerOptions(
                    options.repository(),
                    options.grpcAddress(),
                    port,
                    options.httpAddress(),
                    0,
                    options.metricsAddress(),
                    0,
                    options.control(),
                    options.loadAtStart(),
                    true,
                    true,
                    options.exitTimeout(),
                    1,
                    options.pollEvery(),
                    options.responseLimit(),
                    false))) {

                // Then
                Await.until("the client finds the new server", client::serverReady);
                assertThat(client.inferBlocking(request("newest", ""))
                                .output("out")
                                .asLongs())
                        .containsExactly(30);
            }
        }
    }

    private static ModelState state(TritonClient client, String model) {
        return client.repositoryIndex().stream()
                .filter(state -> state.model().equals(model))
                .findFirst()
                .orElseThrow();
    }

    private static long times(RunningServer server, String model, String version) {
        return server.client()
                .inferBlocking(request(model, version))
                .output("out")
                .asLongs()[0];
    }

    private static InferRequest request(String model, String version) {
        return InferRequest.to(model)
                .version(version)
                .input(Tensor.int32("in", Shape.of(1), 10))
                .build();
    }
}
