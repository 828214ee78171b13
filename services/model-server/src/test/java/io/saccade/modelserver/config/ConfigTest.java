package io.saccade.modelserver.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import io.saccade.triton.DataType;
import io.saccade.triton.Shape;
import io.saccade.triton.TensorSpec;
import io.saccade.triton.proto.ModelConfig;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class ConfigTest {
    private static final Path FILE = Path.of("models/caption/config.pbtxt");
    private static final Signature GRAPH = new Signature(
            List.of(spec("image", DataType.UINT8, -1, 64, 64, 3)), List.of(spec("text", DataType.BYTES, -1, 1)));

    private static final String ENSEMBLE =
            "ensemble_scheduling { step { model_name: 'm' input_map { key: 'x' value: 'a' } output_map { key: 'y' value: 'b' } } }\n";

    private static final String REPEAT = "backend: 'repeat' model_transaction_policy { decoupled: true }\n";

    private static final String GOOD = """
            # what a caption needs
            name: "caption"
            backend: "onnxruntime"
            max_batch_size: 16
            input [
              { name: "image" data_type: TYPE_UINT8 dims: [ 64, 64, 3 ] }
            ]
            output [
              { name: "text" data_type: TYPE_STRING dims: [ 1 ] }
            ]
            """;

    @Test
    void readsAConfigurationAndFillsInWhatItLeavesOut() throws Exception {
        // When
        var config = complete(GOOD);

        // Then
        assertThat(config.getPlatform()).isEqualTo("onnxruntime_onnx");
        assertThat(config.getDefaultModelFilename()).isEqualTo("model.onnx");
        assertThat(config.getInstanceGroup(0).getCount()).isEqualTo(2);
        assertThat(config.getVersionPolicy().getLatest().getNumVersions()).isEqualTo(1);
        assertThat(config.hasDynamicBatching()).isFalse();
    }

    @Test
    void takesEverythingFromTheGraphWhenThereIsNoFile() throws Exception {
        // When
        var config = complete("");

        // Then
        assertThat(config.getName()).isEqualTo("caption");
        assertThat(config.getMaxBatchSize()).isEqualTo(4);
        assertThat(config.hasDynamicBatching()).isTrue();
        assertThat(config.getInput(0).getDimsList()).containsExactly(64L, 64L, 3L);
        assertThat(config.getOutput(0).getDataType().name()).isEqualTo("TYPE_STRING");
    }

    @Test
    void doesNotBatchByItselfAGraphWithAFixedFirstDimension() throws Exception {
        // Given
        var fixed = new Signature(List.of(spec("x", DataType.FP32, 2, 3)), List.of(spec("y", DataType.FP32, 2, 3)));

        // When
        var config = CompleteConfig.of("caption", ConfigFile.parse(FILE, "")).with(fixed);

        // Then
        assertThat(config.getMaxBatchSize()).isZero();
        assertThat(config.getInput(0).getDimsList()).containsExactly(2L, 3L);
    }

    static Stream<Arguments> wrong() {
        return Stream.of(
                arguments(
                        "max_batch_sise: 4",
                        "models/caption/config.pbtxt:1: field 'max_batch_sise': expected a field of ModelConfig, got one that does not exist"),
                arguments(
                        "\ninput [ { name: \"x\" size: 3 } ]",
                        "models/caption/config.pbtxt:2: field 'size': expected a field of ModelInput, got one that does not exist"),
                arguments("\n\nmax_batch_size: \"four\"", "models/caption/config.pbtxt:3: field 'max_batch_size': "),
                arguments("input [ { data_type: TYPE_FLOAT } ]", "models/caption/config.pbtxt:1: field 'data_type': "),
                arguments("dynamic_batching {", "models/caption/config.pbtxt:1: "),
                arguments(
                        "name: \"vqa\"",
                        "models/caption/config.pbtxt:1: field 'name': expected 'caption' as the folder is called, got 'vqa'"),
                arguments(
                        "\nbackend: \"python\"",
                        "models/caption/config.pbtxt:2: field 'backend': expected 'onnxruntime', or 'repeat' or 'vllm_echo' for tests, got 'python'"),
                arguments(
                        "platform: \"tensorrt_plan\"",
                        "models/caption/config.pbtxt:1: field 'platform': expected 'onnxruntime_onnx'"),
                arguments("max_batch_size: -1", "field 'max_batch_size': expected 0 or more, got -1"),
                arguments(
                        "default_model_filename: \"../secret.onnx\"",
                        "field 'default_model_filename': expected the name of a file in the version's folder"),
                arguments(
                        "instance_group [ { kind: KIND_GPU } ]",
                        "field 'instance_group': expected KIND_CPU or KIND_AUTO, got KIND_GPU"),
                arguments(
                        "model_transaction_policy { decoupled: true }",
                        "field 'model_transaction_policy': expected decoupled false"),
                arguments("sequence_batching { }", "field 'sequence_batching': expected dynamic_batching or nothing"),
                arguments(
                        "ensemble_scheduling { }",
                        "field 'ensemble_scheduling': expected at least one step in an ensemble, got none"),
                arguments("platform: 'ensemble'", "field 'ensemble_scheduling': expected at least one step"),
                arguments(
                        "platform: 'ensemble'\nensemble_scheduling {\n step { model_name: 'm' } }",
                        "caption/config.pbtxt:2: field 'ensemble_scheduling': step 1: expected model_name, input_map and"
                                + " output_map, got 'm', 0 inputs and 0 outputs"),
                arguments(ENSEMBLE, "field 'input': expected at least one, as there is no graph"),
                arguments(
                        ENSEMBLE + "instance_group { count: 2 }",
                        "field 'instance_group': expected none in an ensemble"),
                arguments(
                        ENSEMBLE + "input { name: 'a' data_type: TYPE_INT8 dims: [ 0 ] } output { name: 'b' }",
                        "field 'input': dims of 'a': expected 1 or more, or -1 for any, got [0]"),
                arguments(
                        "backend: 'repeat'", "field 'model_transaction_policy': expected decoupled true with backend"),
                arguments(
                        REPEAT + "input { name: 'IN' data_type: TYPE_INT8 dims: 1 }"
                                + "output { name: 'OUT' data_type: TYPE_INT16 dims: 1 }",
                        "field 'output': data_type of 'OUT': expected TYPE_INT8, got TYPE_INT16"),
                arguments(
                        REPEAT + "input { name: 'DELAY' data_type: TYPE_INT32 dims: 1 }"
                                + "output { name: 'OUT' data_type: TYPE_INT16 dims: 1 }",
                        "field 'input': data_type of 'DELAY': expected TYPE_UINT32, got TYPE_INT32"),
                arguments(
                        REPEAT + "max_batch_size: 4",
                        "field 'max_batch_size': expected 0 with backend 'repeat', got 4"),
                arguments(
                        "max_batch_size: 4 dynamic_batching { preferred_batch_size: [ 8 ] }",
                        "preferred_batch_size: expected 1 to max_batch_size, which is 4, got 8"),
                arguments(
                        "dynamic_batching { priority_levels: 2 }",
                        "default_priority_level: expected 1 to priority_levels, which is 2, got 0"),
                arguments(
                        GOOD.replace("\"image\"", "\"pixels\""),
                        "models/caption/config.pbtxt:6: field 'input': name: expected one of the graph's, ['image'], got 'pixels'"),
                arguments(
                        GOOD.replace("TYPE_UINT8", "TYPE_FP32"),
                        "models/caption/config.pbtxt:6: field 'input': data_type of 'image': expected TYPE_UINT8 as the graph has it, got TYPE_FP32"),
                arguments(
                        GOOD.replace("data_type: TYPE_UINT8 ", ""),
                        "data_type of 'image': expected TYPE_UINT8, got none"),
                arguments(
                        GOOD.replace("64, 64, 3", "32, 32, 3"),
                        "models/caption/config.pbtxt:6: field 'input': dims of 'image': expected [-1,64,64,3] as the graph has it, got [-1,32,32,3], where the first -1 is the batch of max_batch_size"),
                arguments(
                        GOOD.replace("64, 64, 3", "0, 64, 3"),
                        "dims of 'image': expected 1 or more, or -1 for any, got 0"),
                arguments(
                        GOOD.replace("max_batch_size: 16", ""),
                        "dims of 'image': expected [-1,64,64,3] as the graph has it, got [64,64,3]"),
                arguments(
                        "max_batch_size: 4 output [ { name: \"text\" data_type: TYPE_STRING dims: [ 2 ] } ]",
                        "field 'output': dims of 'text': expected [-1,1] as the graph has it, got [-1,2]"));
    }

    @ParameterizedTest
    @MethodSource("wrong")
    void namesFileLineAndFieldOfWhatIsWrong(String text, String message) {
        assertThatExceptionOfType(ConfigException.class)
                .isThrownBy(() -> complete(text))
                .withMessageContaining(message)
                .satisfies(e -> assertThat(e.getMessage()).doesNotContain("\n"));
    }

    @Test
    void saysWhichInputOfTheGraphIsNotConfigured() {
        // Given
        var two = new Signature(
                List.of(spec("image", DataType.UINT8, -1, 64, 64, 3), spec("question", DataType.INT64, -1, 8)),
                GRAPH.outputs());

        // When, Then
        assertThatExceptionOfType(ConfigException.class)
                .isThrownBy(() -> CompleteConfig.of("caption", ConfigFile.parse(FILE, GOOD))
                        .with(two))
                .withMessageContaining("expected all inputs of the graph, got none for 'question' (INT64 [-1,8])");
    }

    @Test
    void refusesABatchForAGraphThatHasNone() {
        // Given
        var fixed = new Signature(List.of(spec("x", DataType.FP32, 2, 3)), List.of(spec("y", DataType.FP32, 2, 3)));

        // When, Then
        assertThatExceptionOfType(ConfigException.class)
                .isThrownBy(() -> CompleteConfig.of("caption", ConfigFile.parse(FILE, "max_batch_size: 4"))
                        .with(fixed))
                .withMessageContaining(
                        ":1: field 'max_batch_size': expected 0, as input 'x' of the graph has no open first"
                                + " dimension ([2,3])");
    }

    private static ModelConfig complete(String text) throws ConfigException {
        return CompleteConfig.of("caption", ConfigFile.parse(FILE, text)).with(GRAPH);
    }

    private static TensorSpec spec(String name, DataType type, long... dims) {
        return new TensorSpec(name, type, Shape.of(dims), false);
    }
}
