package io.saccade.modelserver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import com.google.protobuf.ByteString;
import io.grpc.Status.Code;
import io.grpc.StatusRuntimeException;
import io.saccade.triton.DataType;
import io.saccade.triton.InferRequest;
import io.saccade.triton.Shape;
import io.saccade.triton.Tensor;
import io.saccade.triton.proto.InferParameter;
import io.saccade.triton.proto.InferTensorContents;
import io.saccade.triton.proto.ModelInferRequest;
import io.saccade.triton.proto.ModelInferRequest.InferInputTensor;
import io.saccade.triton.proto.ModelInferRequest.InferRequestedOutputTensor;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What one request may be, what it answers, and in which words it is refused. */
@Timeout(60)
class InferIT {
    private static RunningServer server;

    @BeforeAll
    static void start() {
        server = RunningServer.withModels("*");
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    static Stream<Tensor> oneOfEachType() {
        Shape shape = Shape.of(2, 3);
        return Stream.of(
                Tensor.bool("in", shape, true, false, true, false, false, true),
                Tensor.uint8("in", shape, new byte[] {0, 1, -1, 127, -128, 7}),
                Tensor.of("in", DataType.UINT16, shape, bytes(12)),
                Tensor.of("in", DataType.UINT32, shape, bytes(24)),
                Tensor.of("in", DataType.UINT64, shape, bytes(48)),
                Tensor.of("in", DataType.INT8, shape, bytes(6)),
                Tensor.of("in", DataType.INT16, shape, bytes(12)),
                Tensor.int32("in", shape, 1, -1, Integer.MAX_VALUE, Integer.MIN_VALUE, 0, 9),
                Tensor.int64("in", shape, 1, -1, Long.MAX_VALUE, Long.MIN_VALUE, 0, 9),
                Tensor.fp16("in", shape, 1, -0.5f, 65504, 0, Float.NaN, Float.POSITIVE_INFINITY),
                Tensor.fp32("in", shape, 1, -0.1f, Float.MIN_VALUE, 0, Float.NaN, Float.NEGATIVE_INFINITY),
                Tensor.fp64("in", shape, 1, -0.1, Double.MIN_VALUE, 0, Double.NaN, Double.MAX_VALUE),
                Tensor.strings("in", shape, List.of("", "a", "Grüße", "日本", "\uD83D\uDC41", "long ".repeat(1000))),
                Tensor.bf16("in", shape, 1, -0.5f, 3e38f, 0, Float.NaN, Float.POSITIVE_INFINITY));
    }

    private static ByteBuffer bytes(int count) {
        ByteBuffer buffer = ByteBuffer.allocate(count);
        for (int i = 0; i < count; i++) {
            buffer.put(i, (byte) (i * 37 + 200));
        }
        return buffer;
    }

    @ParameterizedTest
    @MethodSource("oneOfEachType")
    void givesBackEveryTypeBitForBit(Tensor tensor) {
        // When
        var result = server.client()
                .inferBlocking(
                        InferRequest.to("identity_" + tensor.type().name().toLowerCase(Locale.ROOT))
                                .id("7")
                                .input(tensor)
                                .build());

        // Then
        var output = result.output("out", tensor.type(), tensor.shape());
        assertThat(output.data()).isEqualTo(tensor.data());
        assertThat(result.id()).isEqualTo("7");
        assertThat(result.version()).isEqualTo("1");
    }

    static Stream<Arguments> typedContents() {
        return Stream.of(
                arguments("BOOL", contents(c -> c.addBoolContents(true).addBoolContents(false)), new byte[] {1, 0}),
                arguments("INT8", contents(c -> c.addIntContents(-1).addIntContents(5)), new byte[] {-1, 5}),
                arguments("INT16", contents(c -> c.addIntContents(-2).addIntContents(256)), new byte[] {-2, -1, 0, 1}),
                arguments("INT32", contents(c -> c.addIntContents(-2).addIntContents(1)), new byte[] {
                    -2, -1, -1, -1, 1, 0, 0, 0
                }),
                arguments("UINT8", contents(c -> c.addUintContents(255).addUintContents(1)), new byte[] {-1, 1}),
                arguments("UINT16", contents(c -> c.addUintContents(65535).addUintContents(1)), new byte[] {-1, -1, 1, 0
                }),
                arguments("UINT32", contents(c -> c.addUintContents(-1).addUintContents(1)), new byte[] {
                    -1, -1, -1, -1, 1, 0, 0, 0
                }),
                arguments("INT64", contents(c -> c.addInt64Contents(-1).addInt64Contents(1)), new byte[] {
                    -1, -1, -1, -1, -1, -1, -1, -1, 1, 0, 0, 0, 0, 0, 0, 0
                }),
                arguments("UINT64", contents(c -> c.addUint64Contents(-1).addUint64Contents(1)), new byte[] {
                    -1, -1, -1, -1, -1, -1, -1, -1, 1, 0, 0, 0, 0, 0, 0, 0
                }),
                arguments("FP32", contents(c -> c.addFp32Contents(1).addFp32Contents(-2)), new byte[] {
                    0, 0, -128, 63, 0, 0, 0, -64
                }),
                arguments("FP64", contents(c -> c.addFp64Contents(1).addFp64Contents(-2)), new byte[] {
                    0, 0, 0, 0, 0, 0, -16, 63, 0, 0, 0, 0, 0, 0, 0, -64
                }),
                arguments(
                        "BYTES",
                        contents(c -> c.addBytesContents(ByteString.copyFromUtf8("ab"))
                                .addBytesContents(ByteString.EMPTY)),
                        new byte[] {2, 0, 0, 0, 'a', 'b', 0, 0, 0, 0}));
    }

    private static InferTensorContents contents(Consumer<InferTensorContents.Builder> fill) {
        var builder = InferTensorContents.newBuilder();
        fill.accept(builder);
        return builder.build();
    }

    @ParameterizedTest
    @MethodSource("typedContents")
    void takesTypedContentsAndAnswersRawOnes(String type, InferTensorContents contents, byte[] raw) {
        // Given
        var request = ModelInferRequest.newBuilder()
                .setModelName("identity_" + type.toLowerCase(Locale.ROOT))
                .addInputs(input("in", type, 1, 2).setContents(contents))
                .build();

        // When
        var answer = server.stub().modelInfer(request);

        // Then
        assertThat(answer.getRawOutputContents(0).toByteArray()).containsExactly(raw);
        assertThat(answer.getOutputs(0).hasContents()).isFalse();
        assertThat(answer.getOutputs(0).getDatatype()).isEqualTo(type);
    }

    @Test
    void answersAllOutputsWhenNoneIsNamedAndOnlyTheNamedOtherwise() {
        // When
        var all = server.client().inferBlocking(addSub().build());
        var one = server.client().inferBlocking(addSub().output("OUTPUT1").build());

        // Then
        assertThat(all.outputs().keySet()).containsExactly("OUTPUT0", "OUTPUT1");
        assertThat(all.output("OUTPUT0").asLongs()).containsOnly(7);
        assertThat(one.outputs().keySet()).containsExactly("OUTPUT1");
        assertThat(one.output("OUTPUT1").asLongs()).containsOnly(3);
    }

    @Test
    void answersOutputsOnceAndInTheModelsOrderHoweverTheyWereAskedFor() {
        // Given
        var request = addSubMessage()
                .addOutputs(output("OUTPUT1"))
                .addOutputs(output("OUTPUT0"))
                .addOutputs(output("OUTPUT1"))
                .build();

        // When
        var answer = server.stub().modelInfer(request);

        // Then
        assertThat(answer.getOutputsList()).extracting(o -> o.getName()).containsExactly("OUTPUT0", "OUTPUT1");
    }

    @Test
    void passesOverRawContentsThatNoInputClaims() {
        // Given
        var request = addSubMessage()
                .addRawInputContents(ByteString.copyFromUtf8("surplus"))
                .build();

        // When
        var answer = server.stub().modelInfer(request);

        // Then
        assertThat(answer.getOutputsCount()).isEqualTo(2);
    }

    @Test
    void servesModelsWithoutBatchDimension() {
        // When
        var result = server.client()
                .inferBlocking(InferRequest.to("fixed")
                        .input(Tensor.fp32("in", Shape.of(2, 3), 1, 2, 3, 4, 5, 6))
                        .build());

        // Then
        assertThat(result.output("out").asFloats()).containsExactly(1, 2, 3, 4, 5, 6);
    }

    @Test
    void reshapesBetweenTheDimensionsOfTheConfigurationAndThoseOfTheGraph() {
        // When
        var result = server.client()
                .inferBlocking(InferRequest.to("reshaped")
                        .input(Tensor.fp32("in", Shape.of(3, 1), 1, 2, 3))
                        .build());

        // Then
        assertThat(result.output("out").shape()).isEqualTo(Shape.of(3, 1));
    }

    @Test
    void carriesTensorsOfManyMegabytes() {
        // Given
        byte[] large = new byte[40 << 20];
        large[large.length - 1] = 42;

        // When
        var result = server.client()
                .inferBlocking(InferRequest.to("identity_uint8")
                        .input(Tensor.uint8("in", Shape.of(1, large.length), large))
                        .build());

        // Then
        assertThat(result.output("out").data().byteAt(large.length - 1)).isEqualTo((byte) 42);
    }

    /** The rows of the error table; codes and words are those Triton 2.51.0 was seen to answer. */
    static Stream<Arguments> refusals() {
        return Stream.of(
                refused(
                        "unknown model",
                        m -> m.setModelName("nope"),
                        Code.NOT_FOUND,
                        "Request for unknown model: 'nope' is not found"),
                refused(
                        "unknown version",
                        m -> m.setModelVersion("9"),
                        Code.NOT_FOUND,
                        "Request for unknown model: 'add_sub' version 9 is not found"),
                refused(
                        "version that is no number",
                        m -> m.setModelVersion("x"),
                        Code.INVALID_ARGUMENT,
                        "failed to get model version from specified version string 'x' (details: stol), version should be an integral value > 0"),
                refused(
                        "negative version",
                        m -> m.setModelVersion("-1"),
                        Code.INVALID_ARGUMENT,
                        "invalid model version specified '-1' , version should be an integral value > 0"),
                refused(
                        "wrong datatype",
                        m -> m.getInputsBuilder(0).setDatatype("FP32"),
                        Code.INVALID_ARGUMENT,
                        "[request id: <id_unknown>] inference input 'INPUT0' data-type is 'FP32', but model 'add_sub' expects 'INT32'"),
                refused(
                        "datatype that is none",
                        m -> m.getInputsBuilder(0).setDatatype("NONSENSE"),
                        Code.INVALID_ARGUMENT,
                        "inference input 'INPUT0' data-type is '<invalid>', but model 'add_sub' expects 'INT32'"),
                refused(
                        "the request's id in front",
                        m -> m.setId("77").getInputsBuilder(0).setDatatype("FP32"),
                        Code.INVALID_ARGUMENT,
                        "[request id: 77] inference input 'INPUT0'"),
                refused(
                        "wrong shape",
                        m -> m.getInputsBuilder(0).setShape(1, 15),
                        Code.INVALID_ARGUMENT,
                        "[request id: <id_unknown>] unexpected shape for input 'INPUT0' for model 'add_sub'. Expected [-1,16], got [1,15]. NOTE: Setting a non-zero max_batch_size"),
                refused(
                        "open dimension",
                        m -> m.getInputsBuilder(0).setShape(1, -1),
                        Code.INVALID_ARGUMENT,
                        "All input dimensions should be specified for input 'INPUT0' for model 'add_sub', got [1,-1]"),
                refused(
                        "no shape",
                        m -> m.getInputsBuilder(0).clearShape(),
                        Code.INVALID_ARGUMENT,
                        "input 'INPUT0' has no shape but model requires batch dimension for 'add_sub'"),
                refused(
                        "batch too large",
                        m -> {
                            m.getInputsBuilder(0).setShape(0, 9);
                            m.getInputsBuilder(1).setShape(0, 9);
                        },
                        Code.INVALID_ARGUMENT,
                        "[request id: <id_unknown>] inference request batch-size must be <= 8 for 'add_sub'"),
                refused(
                        "batches that differ",
                        m -> m.getInputsBuilder(1).setShape(0, 2),
                        Code.INVALID_ARGUMENT,
                        "[request id: <id_unknown>] input 'INPUT1' batch size does not match other inputs for 'add_sub'"),
                refused(
                        "too few bytes",
                        m -> m.setRawInputContents(0, ByteString.copyFrom(new byte[63])),
                        Code.INVALID_ARGUMENT,
                        "[request id: <id_unknown>] input byte size mismatch for input 'INPUT0' for model 'add_sub'. Expected 64, got 63"),
                refused(
                        "missing input",
                        m -> m.removeInputs(1),
                        Code.INVALID_ARGUMENT,
                        "[request id: <id_unknown>] expected 2 inputs but got 1 inputs for model 'add_sub'. Got input(s) ['INPUT0'], but missing required input(s) ['INPUT1']."),
                refused(
                        "unknown input",
                        m -> m.getInputsBuilder(1).setName("C"),
                        Code.INVALID_ARGUMENT,
                        "unexpected inference input 'C' for model 'add_sub'"),
                refused(
                        "unknown output",
                        m -> m.addOutputs(output("Z")),
                        Code.INVALID_ARGUMENT,
                        "unexpected inference output 'Z' for model 'add_sub'"),
                refused(
                        "duplicate input",
                        m -> m.getInputsBuilder(1).setName("INPUT0"),
                        Code.INVALID_ARGUMENT,
                        "[request id: <id_unknown>] input 'INPUT0' already exists in request"),
                refused(
                        "raw and typed together",
                        m -> m.getInputsBuilder(0)
                                .setContents(InferTensorContents.newBuilder().addIntContents(1)),
                        Code.INVALID_ARGUMENT,
                        "contents field must not be specified when using raw_input_contents for 'INPUT0' for model 'add_sub'"),
                refused(
                        "no data",
                        m -> m.clearRawInputContents().addRawInputContents(sixteen(5)),
                        Code.INVALID_ARGUMENT,
                        "unable to find data for input tensor 'INPUT1' for model 'add_sub' in request."),
                refused(
                        "typed contents of another type",
                        m -> {
                            m.clearRawInputContents();
                            m.getInputsBuilder(0)
                                    .setContents(
                                            InferTensorContents.newBuilder().addFp32Contents(1));
                        },
                        Code.INVALID_ARGUMENT,
                        "unexpected explicit tensor data for input tensor 'INPUT0' for model 'add_sub' of type 'FP32', expected datatype 'INT32'"),
                refused(
                        "reserved parameter",
                        m -> m.putParameters(
                                "triton_secret",
                                InferParameter.newBuilder().setBoolParam(true).build()),
                        Code.INVALID_ARGUMENT,
                        "parameter keys starting with 'triton_' are reserved for Triton usage. Only "),
                refused(
                        "shared memory nobody registered",
                        m -> m.getInputsBuilder(0)
                                .putParameters(
                                        "shared_memory_region",
                                        InferParameter.newBuilder()
                                                .setStringParam("none")
                                                .build()),
                        Code.NOT_FOUND,
                        "Unable to find shared memory region: 'none'"),
                refused(
                        "classes that are no number",
                        m -> m.addOutputs(output("OUTPUT0")
                                .putParameters(
                                        "classification",
                                        InferParameter.newBuilder()
                                                .setStringParam("3")
                                                .build())),
                        Code.INVALID_ARGUMENT,
                        "invalid value type for 'classification' parameter, expected int64_param"),
                refused(
                        "no classes",
                        m -> m.addOutputs(output("OUTPUT0")
                                .putParameters(
                                        "classification",
                                        InferParameter.newBuilder()
                                                .setInt64Param(0)
                                                .build())),
                        Code.INVALID_ARGUMENT,
                        "invalid value for 'classification' parameter, expected 1 or more, got 0"));
    }

    private static Arguments refused(String row, Consumer<ModelInferRequest.Builder> change, Code code, String text) {
        return arguments(row, change, code, text);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("refusals")
    void refusesInTritonsWords(String row, Consumer<ModelInferRequest.Builder> change, Code code, String text) {
        // Given
        var request = addSubMessage();
        change.accept(request);

        // When, Then
        assertThatExceptionOfType(StatusRuntimeException.class)
                .isThrownBy(() -> server.stub().modelInfer(request.build()))
                .satisfies(e -> assertThat(e.getStatus().getCode()).isEqualTo(code))
                .satisfies(e -> assertThat(e.getStatus().getDescription()).contains(text));
    }

    static Stream<Arguments> brokenStrings() {
        return Stream.of(
                arguments(
                        new byte[] {5, 0, 0, 0, 'a', 'b'},
                        "incomplete string data for inference input 'in' for model 'identity_bytes', expecting string of length 5 but only 2 bytes available"),
                arguments(
                        new byte[] {5, 0},
                        "incomplete string length indicator for inference input 'in' for model 'identity_bytes', expecting 4 bytes but only 2 bytes available"),
                arguments(
                        new byte[0],
                        "expected 1 string elements for inference input 'in' for model 'identity_bytes', got 0"),
                arguments(
                        new byte[8],
                        "unexpected number of string elements 2 for inference input 'in' for model 'identity_bytes', expecting 1"));
    }

    @ParameterizedTest
    @MethodSource("brokenStrings")
    void refusesStringsThatAreCutShort(byte[] raw, String text) {
        // Given
        var request = ModelInferRequest.newBuilder()
                .setModelName("identity_bytes")
                .addInputs(input("in", "BYTES", 1, 1))
                .addRawInputContents(ByteString.copyFrom(raw))
                .build();

        // When, Then
        assertThatExceptionOfType(StatusRuntimeException.class)
                .isThrownBy(() -> server.stub().modelInfer(request))
                .satisfies(e -> assertThat(e.getStatus().getCode()).isEqualTo(Code.INVALID_ARGUMENT))
                .withMessageContaining(text);
    }

    private static InferRequest.Builder addSub() {
        int[] fives = new int[16];
        int[] twos = new int[16];
        Arrays.fill(fives, 5);
        Arrays.fill(twos, 2);
        return InferRequest.to("add_sub")
                .input(Tensor.int32("INPUT0", Shape.of(1, 16), fives))
                .input(Tensor.int32("INPUT1", Shape.of(1, 16), twos));
    }

    private static ModelInferRequest.Builder addSubMessage() {
        return ModelInferRequest.newBuilder()
                .setModelName("add_sub")
                .addInputs(input("INPUT0", "INT32", 1, 16))
                .addInputs(input("INPUT1", "INT32", 1, 16))
                .addRawInputContents(sixteen(5))
                .addRawInputContents(sixteen(2));
    }

    private static ByteString sixteen(int value) {
        ByteBuffer buffer = ByteBuffer.allocate(64).order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < 16; i++) {
            buffer.putInt(value);
        }
        return ByteString.copyFrom(buffer.flip());
    }

    private static InferInputTensor.Builder input(String name, String type, long... shape) {
        var input = InferInputTensor.newBuilder().setName(name).setDatatype(type);
        for (long dim : shape) {
            input.addShape(dim);
        }
        return input;
    }

    private static InferRequestedOutputTensor.Builder output(String name) {
        return InferRequestedOutputTensor.newBuilder().setName(name);
    }
}
