package io.saccade.cli.stack;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StackPlanTest {

    @TempDir
    Path root;

    private Installation installation;

    @BeforeEach
    void build() throws IOException {
        installation = new Installation(root, Path.of("/jdk/bin/java"));
        touch("libs/broker/target/saccade-broker-1.jar");
        touch("services/model-server/target/saccade-model-server-1.jar");
        for (var service : Installation.SERVICES) {
            touch("services/" + service + "/target/quarkus-app/quarkus-run.jar");
        }
    }

    @Test
    void startsBrokerModelServerAndServices() {
        // When
        var plan = plan(null, new ModelServerChoice.Ours(), null);

        // Then
        assertThat(plan.processes())
                .extracting(ProcessPlan::name)
                .containsExactly("kafka", "model-server", "encoder", "captioner", "vqa", "moderator", "joiner");
        assertThat(plan.processes()).allSatisfy(process -> assertThat(process.command())
                .startsWith("/jdk/bin/java")
                .anyMatch(argument -> argument.startsWith("-Xmx")));
        assertThat(plan.bootstrapServers()).isEqualTo("127.0.0.1:9092");
    }

    @Test
    void tellsAStageWhereEverythingIs() {
        // When
        var encoder = process(plan(null, new ModelServerChoice.Ours(), null), "encoder");

        // Then
        assertThat(encoder.environment())
                .containsEntry("QUARKUS_HTTP_HOST", "127.0.0.1")
                .containsEntry("QUARKUS_HTTP_PORT", "8081")
                .containsEntry("SACCADE_KAFKA_BOOTSTRAP_SERVERS", "127.0.0.1:9092")
                .containsEntry("SACCADE_TRITON_ENDPOINTS", "127.0.0.1:8001")
                .containsEntry(
                        "SACCADE_MODELS_DIRECTORY",
                        root.resolve("triton-models").toString())
                .containsEntry(
                        "SACCADE_IMAGES_FILE_ROOTS",
                        root.resolve("home/s/spool").toString())
                .containsEntry("QUARKUS_OTEL_SDK_DISABLED", "true")
                .doesNotContainKey("SACCADE_JOIN_DEADLINE");
    }

    @Test
    void tellsTheJoinerItsDeadlineAndNoModelServer() {
        // When
        var joiner = process(plan(null, new ModelServerChoice.Ours(), null), "joiner");

        // Then
        assertThat(joiner.environment())
                .containsEntry("SACCADE_JOIN_DEADLINE", "1500ms")
                .containsEntry(
                        "SACCADE_JOIN_STATE_DIRECTORY",
                        root.resolve("home/s/joiner").toString())
                .doesNotContainKey("SACCADE_TRITON_ENDPOINTS");
    }

    @Test
    void addsTheIntakeWhereItIsAskedForAndTellsItOfNoModel() throws IOException {
        // Given
        assertThat(installation.missing(true)).containsExactly("services/intake/target/quarkus-app/quarkus-run.jar");
        touch("services/intake/target/quarkus-app/quarkus-run.jar");
        var spec = new StackSpec(
                StackFolder.of(root.resolve("home"), "s"),
                null,
                new ModelServerChoice.Ours(),
                null,
                Duration.ofSeconds(30),
                true);

        // When
        var intake = process(StackPlan.of(spec, installation, ports()), "intake");

        // Then
        assertThat(installation.missing(true)).isEmpty();
        assertThat(intake.wave()).isEqualTo(ProcessPlan.Wave.SERVICES);
        assertThat(intake.environment())
                .containsEntry("QUARKUS_HTTP_PORT", "8086")
                .containsEntry("SACCADE_KAFKA_BOOTSTRAP_SERVERS", "127.0.0.1:9092")
                .doesNotContainKeys("SACCADE_TRITON_ENDPOINTS", "SACCADE_JOIN_DEADLINE", "SACCADE_IMAGES_FILE_ROOTS");
    }

    @Test
    void usesWhatRunsElsewhere() {
        // When
        var plan = plan("broker-1:9092", new ModelServerChoice.Elsewhere("gpu-1:8001"), "http://collector:4317");

        // Then
        assertThat(plan.processes()).extracting(ProcessPlan::name).doesNotContain("kafka", "model-server");
        assertThat(process(plan, "vqa").environment())
                .containsEntry("SACCADE_KAFKA_BOOTSTRAP_SERVERS", "broker-1:9092")
                .containsEntry("SACCADE_TRITON_ENDPOINTS", "gpu-1:8001")
                .containsEntry("QUARKUS_OTEL_EXPORTER_OTLP_ENDPOINT", "http://collector:4317")
                .doesNotContainKey("QUARKUS_OTEL_SDK_DISABLED");
    }

    @Test
    void runsTheModelsInTritonOnTheSamePorts() {
        // When
        var plan = plan(null, new ModelServerChoice.Triton(), null);

        // Then
        assertThat(plan.processes())
                .extracting(ProcessPlan::name)
                .containsExactly("kafka", "triton", "encoder", "captioner", "vqa", "moderator", "joiner");
        var triton = process(plan, "triton");
        assertThat(triton.command())
                .startsWith(
                        root.resolve("deploy/triton/run.sh").toString(),
                        root.resolve("triton-models").toString())
                .contains("--grpc-port=8001", "--http-port=8000", "--metrics-port=8002");
        assertThat(triton.wave()).isEqualTo(ProcessPlan.Wave.MODEL_SERVER);
        assertThat(process(plan, "vqa").environment()).containsEntry("SACCADE_TRITON_ENDPOINTS", "127.0.0.1:8001");
    }

    @Test
    void knowsWhatIsNotBuilt() throws IOException {
        // Given
        Files.delete(root.resolve("services/vqa/target/quarkus-app/quarkus-run.jar"));

        // When, then
        assertThat(installation.missing(false)).containsExactly("services/vqa/target/quarkus-app/quarkus-run.jar");
    }

    private StackPlan plan(@Nullable String kafka, ModelServerChoice modelServer, @Nullable String otlp) {
        var folder = StackFolder.of(root.resolve("home"), "s");
        var spec = new StackSpec(folder, kafka, modelServer, otlp, Duration.ofMillis(1_500));
        return StackPlan.of(spec, installation, ports());
    }

    private static Ports ports() {
        return Ports.choose(_ -> true, OptionalInt.empty(), OptionalInt.empty(), new HashSet<>()::add, () -> 0);
    }

    private static ProcessPlan process(StackPlan plan, String name) {
        return plan.processes().stream()
                .filter(process -> process.name().equals(name))
                .findFirst()
                .orElseThrow();
    }

    private void touch(String file) throws IOException {
        Files.createDirectories(root.resolve(file).getParent());
        Files.createFile(root.resolve(file));
    }
}
