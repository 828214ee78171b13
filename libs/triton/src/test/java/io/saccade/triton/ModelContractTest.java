package io.saccade.triton;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ModelContractTest {
    private static final ModelInfo MODEL = new ModelInfo(
            "image-embedding",
            "",
            List.of("1"),
            "onnxruntime_onnx",
            16,
            false,
            List.of(new TensorSpec("image", DataType.UINT8, Shape.of(64, 64, 3), false)),
            List.of(new TensorSpec("embedding", DataType.FP32, Shape.of(-1), false)),
            Map.of("embedding.space", "sample-v1"));

    @Test
    void letsAModelPassThatFits() {
        // When
        var model = ModelContract.of()
                .input("image", DataType.UINT8, -1, -1, 3)
                .output("embedding", DataType.FP32, 512)
                .parameter("embedding.space")
                .batchOf(4)
                .oneAnswer()
                .require(MODEL);

        // Then
        assertThat(model.requireInput("image", DataType.UINT8, -1, -1, 3).dims())
                .isEqualTo(Shape.of(64, 64, 3));
        assertThat(model.requireParameter("embedding.space")).isEqualTo("sample-v1");
    }

    @Test
    void namesEverythingThatDoesNotFitAtOnce() {
        // Given
        var contract = ModelContract.of()
                .input("image", DataType.FP32, 3, 224, 224)
                .input("mask", DataType.BOOL, 1)
                .output("vector", DataType.FP32, 512)
                .parameter("tokenizer.length")
                .batchOf(32);

        // When, Then
        assertThatExceptionOfType(ModelMismatchException.class)
                .isThrownBy(() -> contract.require(MODEL))
                .satisfies(e -> assertThat(e.problems()).hasSize(5))
                .withMessageStartingWith("model 'image-embedding' does not fit: ")
                .withMessageContaining(
                        "Input 'image' must be FP32 [3,224,224] (without the batch), got UINT8 [64,64,3]: export the model")
                .withMessageContaining("Input 'mask' (BOOL [1]) was expected, got ['image']:")
                .withMessageContaining("Output 'vector' (FP32 [512]) was expected, got ['embedding']:")
                .withMessageContaining("Parameter 'tokenizer.length' was expected, got [embedding.space]: add it")
                .withMessageContaining("A max_batch_size of at least 32 was expected, got 16:");
    }

    @Test
    void refusesADecoupledModelWhereOneAnswerIsNeeded() {
        // Given
        var decoupled = new ModelInfo("chat", "", List.of(), "", 0, true, List.of(), List.of(), Map.of());

        // When, Then
        assertThatExceptionOfType(ModelMismatchException.class)
                .isThrownBy(() -> ModelContract.of().oneAnswer().require(decoupled))
                .withMessageContaining("One answer per request was expected, got a decoupled model");
    }
}
