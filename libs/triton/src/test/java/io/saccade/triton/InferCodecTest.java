package io.saccade.triton;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import com.google.protobuf.ByteString;
import io.saccade.triton.proto.InferTensorContents;
import io.saccade.triton.proto.ModelInferResponse;
import io.saccade.triton.proto.ModelInferResponse.InferOutputTensor;
import java.util.List;
import org.junit.jupiter.api.Test;

class InferCodecTest {
    private static final InferRequest REQUEST = InferRequest.to("m")
            .input(Tensor.int32("in", Shape.of(1), 1))
            .output("out")
            .build();

    @Test
    void putsEverythingIntoTheMessage() {
        // Given
        var request = InferRequest.to("caption")
                .version("3")
                .id("image-7")
                .input(Tensor.uint8("image", Shape.of(1, 2), new byte[] {1, 2}))
                .output("text")
                .parameter("priority", 1L)
                .parameter("style", "short")
                .parameter("draft", true)
                .parameter("temperature", 0.5)
                .build();

        // When
        var message = InferCodec.encode(request);

        // Then
        assertThat(message.getModelName()).isEqualTo("caption");
        assertThat(message.getModelVersion()).isEqualTo("3");
        assertThat(message.getId()).isEqualTo("image-7");
        assertThat(message.getInputs(0).getDatatype()).isEqualTo("UINT8");
        assertThat(message.getInputs(0).getShapeList()).containsExactly(1L, 2L);
        assertThat(message.getRawInputContents(0).toByteArray()).containsExactly(1, 2);
        assertThat(message.getOutputs(0).getName()).isEqualTo("text");
        assertThat(message.getParametersOrThrow("priority").getInt64Param()).isEqualTo(1);
        assertThat(message.getParametersOrThrow("style").getStringParam()).isEqualTo("short");
        assertThat(message.getParametersOrThrow("draft").getBoolParam()).isTrue();
        assertThat(message.getParametersOrThrow("temperature").getDoubleParam()).isEqualTo(0.5);
    }

    @Test
    void readsRawAnswers() {
        // Given
        var answer = ModelInferResponse.newBuilder()
                .setModelName("m")
                .setModelVersion("2")
                .setId("7")
                .addOutputs(output("out", "INT32", 1))
                .addRawOutputContents(ByteString.copyFrom(new byte[] {5, 0, 0, 0}))
                .build();

        // When
        var result = InferCodec.decode(REQUEST, answer);

        // Then
        assertThat(result.version()).isEqualTo("2");
        assertThat(result.id()).isEqualTo("7");
        assertThat(result.output("out").asLongs()).containsExactly(5);
    }

    @Test
    void readsTypedAnswersOfOtherServers() {
        assertThat(typed("INT8", InferTensorContents.newBuilder().addIntContents(-3))
                        .asLongs())
                .containsExactly(-3);
        assertThat(typed("INT16", InferTensorContents.newBuilder().addIntContents(-300))
                        .asLongs())
                .containsExactly(-300);
        assertThat(typed("INT32", InferTensorContents.newBuilder().addIntContents(70_000))
                        .asLongs())
                .containsExactly(70_000);
        assertThat(typed("INT64", InferTensorContents.newBuilder().addInt64Contents(1L << 40))
                        .asLongs())
                .containsExactly(1L << 40);
        assertThat(typed("UINT8", InferTensorContents.newBuilder().addUintContents(200))
                        .asLongs())
                .containsExactly(200);
        assertThat(typed("UINT16", InferTensorContents.newBuilder().addUintContents(60_000))
                        .asLongs())
                .containsExactly(60_000);
        assertThat(typed("UINT32", InferTensorContents.newBuilder().addUintContents(-1))
                        .asLongs())
                .containsExactly(4294967295L);
        assertThat(typed("UINT64", InferTensorContents.newBuilder().addUint64Contents(9))
                        .asLongs())
                .containsExactly(9);
        assertThat(typed("FP32", InferTensorContents.newBuilder().addFp32Contents(0.5f))
                        .asFloats())
                .containsExactly(0.5f);
        assertThat(typed("FP64", InferTensorContents.newBuilder().addFp64Contents(0.5))
                        .asDoubles())
                .containsExactly(0.5);
        assertThat(typed("BOOL", InferTensorContents.newBuilder().addBoolContents(true))
                        .asBooleans())
                .containsExactly(true);
        assertThat(typed("BYTES", InferTensorContents.newBuilder().addBytesContents(ByteString.copyFromUtf8("hi")))
                        .asStrings())
                .containsExactly("hi");
    }

    @Test
    void refusesAnswersThatAreNone() {
        assertBroken(
                ModelInferResponse.newBuilder()
                        .addOutputs(output("out", "INT32", 1))
                        .addOutputs(output("b", "INT32", 1))
                        .addRawOutputContents(ByteString.EMPTY),
                "model 'm' broke the protocol: 2 outputs need as many raw contents, got 1");
        assertBroken(
                answerWith(output("out", "INT33", 1), new byte[4]),
                "model 'm' broke the protocol: output 'out' has the unknown datatype 'INT33'");
        assertBroken(
                answerWith(output("out", "INT32", 2), new byte[4]),
                "model 'm' broke the protocol: tensor 'out' of type INT32 and shape [2] must have 2 x 4 bytes, got 4");
        assertBroken(
                answerWith(output("out", "INT32", -1), new byte[4]),
                "model 'm' broke the protocol: tensor 'out' has an open dimension: [-1]");
        assertBroken(
                answerWith(output("out", "INT32", -7), new byte[4]),
                "model 'm' broke the protocol: a dimension must be 0 or more, or -1 for any, got [-7]");
        assertBroken(
                answerWith(output("other", "INT32", 1), new byte[4]),
                "model 'm' broke the protocol: output 'out' was asked for, got [other]");
        assertBroken(
                ModelInferResponse.newBuilder(), "model 'm' broke the protocol: output 'out' was asked for, got []");
        assertBroken(
                answerWith(
                        output("out", "FP16", 1).toBuilder()
                                .setContents(InferTensorContents.newBuilder().addFp32Contents(1))
                                .build(),
                        new byte[0]),
                "model 'm' broke the protocol: FP16 has no typed contents, only raw ones");
    }

    @Test
    void saysWhichOutputIsNotAsExpected() {
        // Given
        var result = InferCodec.decode(
                REQUEST, answerWith(output("out", "INT32", 1), new byte[4]).build());

        // When, Then
        assertThat(result.output("out", DataType.INT32, Shape.of(Shape.VARIABLE))
                        .asLongs())
                .containsExactly(0);
        assertThatExceptionOfType(TritonException.class)
                .isThrownBy(() -> result.output("out", DataType.FP32, Shape.of(1, 512)))
                .withMessageContaining("output 'out' must be FP32 [1,512], got INT32 [1]");
        assertThatExceptionOfType(TritonException.class)
                .isThrownBy(() -> result.output("none"))
                .withMessageContaining("output 'none' was expected, got [out]");
    }

    @Test
    void refusesRequestsThatNoServerWouldTake() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> InferRequest.to("m").build())
                .withMessageContaining("at least one input");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> InferRequest.to("m")
                        .input(Tensor.int32("a", Shape.of(1), 1))
                        .input(Tensor.int32("a", Shape.of(1), 1))
                        .build())
                .withMessage("input 'a' occurs twice in a request to model 'm'");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> InferRequest.to("m")
                        .input(Tensor.int32("a", Shape.of(1), 1))
                        .parameter("priority", List.of())
                        .build())
                .withMessageContaining("parameter 'priority' must be Boolean, Long, Double or String");
    }

    private static Tensor typed(String type, InferTensorContents.Builder contents) {
        var answer = ModelInferResponse.newBuilder()
                .addOutputs(output("out", type, 1).toBuilder().setContents(contents))
                .build();
        return InferCodec.decode(REQUEST, answer).output("out");
    }

    private static void assertBroken(ModelInferResponse.Builder answer, String message) {
        assertThatExceptionOfType(TritonException.class)
                .isThrownBy(() -> InferCodec.decode(REQUEST, answer.build()))
                .withMessage(message)
                .returns(Fault.PERMANENT, TritonException::fault);
    }

    private static ModelInferResponse.Builder answerWith(InferOutputTensor output, byte[] raw) {
        return ModelInferResponse.newBuilder().addOutputs(output).addRawOutputContents(ByteString.copyFrom(raw));
    }

    private static InferOutputTensor output(String name, String type, long dim) {
        return InferOutputTensor.newBuilder()
                .setName(name)
                .setDatatype(type)
                .addShape(dim)
                .build();
    }
}
