package io.saccade.modelserver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.saccade.triton.TritonException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What runs before a model is ready. */
@Timeout(60)
class WarmUpIT {
    @TempDir
    private Path folder;

    @Test
    void isNotCounted() {
        try (var server = RunningServer.withModels("picky")) {
            assertThat(server.client().modelReady("picky")).isTrue();
            assertThat(server.client().statistics("picky").getFirst().executions())
                    .isZero();
        }
    }

    @Test
    void takesAnyTypeOfInput() throws IOException {
        for (String type : List.of("bool", "int8", "uint16", "uint64", "fp16", "bf16", "fp32", "fp64", "bytes")) {
            Path model = RunningServer.copy("identity_" + type, folder);
            String configured = type.equals("bytes") ? "STRING" : type.toUpperCase(Locale.ROOT);
            append(
                    model,
                    "name: 'zeros' batch_size: 2 inputs { key: 'in' value { data_type: TYPE_" + configured
                            + " dims: [ 3 ] zero_data: true } }");
            append(
                    model,
                    "name: 'any' inputs { key: 'in' value { data_type: TYPE_" + configured
                            + " dims: [ 3 ] random_data: true } }");
        }
        try (var server = RunningServer.start(RunningServer.options(folder, false, List.of()))) {
            assertThat(server.client().serverReady()).isTrue();
            assertThat(server.server().models()).hasSize(9);
        }
    }

    @Test
    void aModelWhoseWarmUpFailsIsNotLoaded() throws IOException {
        // Given: an index at random is beyond the table
        Path model = RunningServer.copy("picky", folder);
        append(
                model,
                "name: 'wild' inputs { key: 'index' value { data_type: TYPE_INT32 dims: [ 1 ] random_data: true } }");
        try (var server = RunningServer.start(RunningServer.options(folder, true, List.of()))) {
            // When, Then
            assertThatExceptionOfType(TritonException.class)
                    .isThrownBy(() -> server.client().loadModel("picky"))
                    .withMessageContaining("load failed for model 'picky': " + model.resolve("config.pbtxt") + ":")
                    .withMessageContaining("field 'model_warmup': sample 'wild': expected a run that succeeds, got: ");
            assertThat(server.client().modelReady("picky")).isFalse();
            assertThat(server.client().serverReady()).isFalse();
        }
    }

    @Test
    void saysWhatIsWrongWithASample() throws IOException {
        for (var wrong : List.of(
                List.of(
                        "batch_size: 9 inputs { key: 'index' value { data_type: TYPE_INT32 dims: [ 1 ] zero_data: true } }",
                        "batch_size: expected at most 8, got 9"),
                List.of("count: 1", "expected all inputs of the model, got none for 'index'"),
                List.of(
                        "inputs { key: 'index' value { data_type: TYPE_INT64 dims: [ 1 ] zero_data: true } }",
                        "data_type of 'index': expected TYPE_INT32, got TYPE_INT64"),
                List.of(
                        "inputs { key: 'index' value { data_type: TYPE_INT32 dims: [ -1 ] zero_data: true } }",
                        "dims of 'index': expected 1 or more each, within [1], got [-1]"),
                List.of(
                        "inputs { key: 'index' value { data_type: TYPE_INT32 dims: [ 1 ] input_data_file: 'x' } }",
                        "'index': expected zero_data or random_data, got input_data_file"))) {
            // Given
            Path repository = Files.createTempDirectory(folder, "case");
            append(RunningServer.copy("picky", repository), "name: 'wrong' " + wrong.get(0));
            try (var server = RunningServer.start(RunningServer.options(repository, true, List.of()))) {
                // When, Then
                assertThatExceptionOfType(TritonException.class)
                        .isThrownBy(() -> server.client().loadModel("picky"))
                        .withMessageContaining("sample 'wrong': ")
                        .withMessageContaining(wrong.get(1));
            }
        }
    }

    private static void append(Path model, String sample) throws IOException {
        Path config = model.resolve("config.pbtxt");
        Files.writeString(config, Files.readString(config) + "model_warmup { " + sample + " }\n");
    }
}
