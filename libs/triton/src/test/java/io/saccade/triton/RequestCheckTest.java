package io.saccade.triton;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.grpc.Status;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class RequestCheckTest {
    private static final ModelInfo BATCHED = model(8);
    private static final ModelInfo SINGLE = model(0);

    private static ModelInfo model(int maxBatchSize) {
        return new ModelInfo(
                "m",
                "",
                List.of("1"),
                "onnxruntime_onnx",
                maxBatchSize,
                false,
                List.of(
                        new TensorSpec("image", DataType.UINT8, Shape.of(-1, 3), false),
                        new TensorSpec("scale", DataType.FP32, Shape.of(1), false),
                        new TensorSpec("hint", DataType.BYTES, Shape.of(1), true)),
                List.of(new TensorSpec("embedding", DataType.FP32, Shape.of(4), false)),
                Map.of());
    }

    private static Tensor image(long... dims) {
        return Tensor.uint8(
                "image", Shape.of(dims), new byte[(int) Shape.of(dims).elements()]);
    }

    private static Tensor scale(long... dims) {
        return Tensor.fp32(
                "scale", Shape.of(dims), new float[(int) Shape.of(dims).elements()]);
    }

    @Test
    void givesARightRequestBack() {
        // Given
        var batched = InferRequest.to("m")
                .input(image(8, 5, 3))
                .input(scale(8, 1))
                .output("embedding")
                .build();
        var single = InferRequest.to("m").input(image(5, 3)).input(scale(1)).build();

        // When, Then
        assertThat(BATCHED.check(batched)).isSameAs(batched);
        assertThat(SINGLE.check(single)).isSameAs(single);
    }

    @Test
    void saysEverythingThatIsWrongAtOnce() {
        // Given
        var request = InferRequest.to("other")
                .input(Tensor.int64("image", Shape.of(2, 3), 1, 2, 3, 4, 5, 6))
                .input(Tensor.bool("mask", Shape.of(9, 1), new boolean[9]))
                .output("caption")
                .build();

        // When
        var problems = BATCHED.problems(request);

        // Then
        assertThat(problems)
                .containsExactly(
                        "model 'm' was expected, got 'other'",
                        "input 'scale' (FP32 [-1,1]) was expected, got no input of this name",
                        "input 'image' must be UINT8, got INT64",
                        "input 'image' must have the shape [-1,-1,3] with the batch in front, got [2,3]",
                        "input 'mask' is none of the model's: [image, scale, hint] were expected",
                        "input 'mask' must have a batch of 1 to 8, got 9",
                        "all inputs must have the same batch, got 2 in 'image', 9 in 'mask'",
                        "output 'caption' is none of the model's: [embedding] may be asked for");
    }

    @Test
    void aWrongRequestIsAPermanentFault() {
        // Given
        var request = InferRequest.to("m").input(image(5, 4)).input(scale(1)).build();

        // When, Then
        assertThatExceptionOfType(TritonException.class)
                .isThrownBy(() -> SINGLE.check(request))
                .withMessage("request to model 'm' does not fit: input 'image' must have the shape [-1,3], got [5,4]")
                .returns(Fault.PERMANENT, TritonException::fault)
                .returns(Status.Code.INVALID_ARGUMENT, TritonException::code)
                .returns("m", TritonException::model);
    }

    @Test
    void anEmptyBatchIsNone() {
        assertThat(BATCHED.problems(InferRequest.to("m")
                        .input(image(0, 5, 3))
                        .input(scale(0, 1))
                        .build()))
                .containsExactly(
                        "input 'image' must have a batch of 1 to 8, got 0",
                        "input 'scale' must have a batch of 1 to 8, got 0");
    }
}
