package io.saccade.triton;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import com.google.protobuf.ByteString;
import io.grpc.Server;
import io.grpc.Status;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.StreamObserver;
import io.saccade.triton.proto.GRPCInferenceServiceGrpc.GRPCInferenceServiceImplBase;
import io.saccade.triton.proto.InferTensorContents;
import io.saccade.triton.proto.ModelInferRequest;
import io.saccade.triton.proto.ModelInferResponse;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What users, servers and networks do wrong, through the whole client: each ends in bounded time, as the right fault, with a sentence
 * that needs no knowledge of the code. What needs a certificate is in {@link EndpointsTest}.
 */
@Timeout(120)
class BadInputTest {
    private static final float NAN = Float.NaN;

    private final List<AutoCloseable> open = new ArrayList<>();

    @AfterEach
    void close() throws Exception {
        for (AutoCloseable each : open.reversed()) {
            each.close();
        }
    }

    @Test
    void aRequestOver2GiBIsRefusedBeforeItTravels() throws Exception {
        // Given two tensors that are the same 1 MiB over and over, so that they cost no memory
        ByteString mega = ByteString.copyFrom(new byte[1 << 20]);
        ByteString large = ByteString.EMPTY;
        for (int i = 0; i < 1200; i++) {
            large = large.concat(mega);
        }
        long each = large.size();
        var request = InferRequest.to("m")
                .input(Tensor.of("a", DataType.UINT8, Shape.of(each), large))
                .input(Tensor.of("b", DataType.UINT8, Shape.of(each), large))
                .build();
        var client = client(answering(_ -> ModelInferResponse.getDefaultInstance()));

        // When, Then
        assertThat(client.infer(request))
                .failsWithin(Duration.ofSeconds(60))
                .withThrowableThat()
                .havingCause()
                .isInstanceOfSatisfying(
                        TritonException.class, e -> assertThat(e.fault()).isEqualTo(Fault.PERMANENT))
                .withMessageMatching("a request to model 'm' must have less than 2 GiB, .*, got 25165\\d+ bytes.*");
        assertThatExceptionOfType(TritonException.class)
                .isThrownBy(() -> client.stream(request))
                .withMessageContaining("less than 2 GiB");
    }

    @Test
    void aTensorOver2GiBIsRefusedWithItsNameAndSize(@TempDir Path folder) throws Exception {
        // Given a file with a hole, which takes no room
        try (var arena = Arena.ofConfined();
                var file = FileChannel.open(
                        folder.resolve("large"),
                        StandardOpenOption.CREATE_NEW,
                        StandardOpenOption.READ,
                        StandardOpenOption.WRITE)) {
            long size = 3L << 30;
            var memory = file.map(FileChannel.MapMode.READ_WRITE, 0, size, arena);

            // When, Then
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> Tensor.of("video", DataType.UINT8, Shape.of(size), memory))
                    .withMessage(
                            "tensor 'video' must have less than 2 GiB, got " + size + " bytes: send smaller batches");
        }
    }

    @Test
    void aVersionThatIsNotThereIsNamedBesideThoseThatAre() {
        // Given
        var model = new ModelInfo(
                "m",
                "",
                List.of("1", "2"),
                "onnxruntime_onnx",
                0,
                false,
                List.of(new TensorSpec("in", DataType.INT64, Shape.of(1), false)),
                List.of(),
                Map.of());

        // When
        var problems = model.problems(request().version("9").build());

        // Then
        assertThat(problems).containsExactly("version '9' is none of the model's that are ready: [1, 2] may be asked");
        assertThat(model.problems(request().version("2").build())).isEmpty();
    }

    @Test
    void outputsInAnotherOrderAreFoundByTheirNames() throws Exception {
        // Given
        var client =
                client(answering(_ -> answer(Tensor.int32("b", Shape.of(1), 2), Tensor.int32("a", Shape.of(1), 1))));

        // When
        var result = client.inferBlocking(request().output("a").output("b").build());

        // Then
        assertThat(result.output("a").asLongs()).containsExactly(1);
        assertThat(result.output("b").asLongs()).containsExactly(2);
    }

    @Test
    void typedContentsAreReadLikeRawOnes() throws Exception {
        // Given
        var client = client(answering(_ -> ModelInferResponse.newBuilder()
                .addOutputs(ModelInferResponse.InferOutputTensor.newBuilder()
                        .setName("a")
                        .setDatatype("FP32")
                        .addShape(2)
                        .setContents(InferTensorContents.newBuilder()
                                .addFp32Contents(0.5f)
                                .addFp32Contents(-1)))
                .build()));

        // When
        var result = client.inferBlocking(request().output("a").build());

        // Then
        assertThat(result.output("a").asFloats()).containsExactly(0.5f, -1);
    }

    static Stream<ModelInferResponse> brokenAnswers() {
        var one = Tensor.int32("a", Shape.of(1), 1);
        return Stream.of(
                answer(),
                answer(Tensor.int32("other", Shape.of(1), 1)),
                answer(one, one),
                answer(one).toBuilder().clearRawOutputContents().build(),
                answer(one).toBuilder().addRawOutputContents(ByteString.EMPTY).build(),
                answer(one).toBuilder()
                        .setRawOutputContents(0, ByteString.copyFrom(new byte[3]))
                        .build());
    }

    @ParameterizedTest
    @MethodSource("brokenAnswers")
    void anAnswerThatIsNoneIsPermanentAndNamesTheModel(ModelInferResponse broken) throws Exception {
        // Given
        var client = client(answering(_ -> broken));

        // When, Then
        assertThatExceptionOfType(TritonException.class)
                .isThrownBy(() -> client.inferBlocking(request().output("a").build()))
                .returns(Fault.PERMANENT, TritonException::fault)
                .withMessageStartingWith("model 'm' broke the protocol: ")
                .withMessageMatching(".*('a'|outputs).*");
    }

    @Test
    void textThatIsNotUtf8IsPermanentAndNamesTensorAndElement() throws Exception {
        // Given
        var client = client(answering(_ -> answer(Tensor.bytes(
                "a", Shape.of(2), List.of("fine".getBytes(StandardCharsets.UTF_8), new byte[] {(byte) 0xC3})))));
        var result = client.inferBlocking(request().build());

        // When, Then
        assertThatExceptionOfType(TritonException.class)
                .isThrownBy(() -> result.output("a").asStrings())
                .returns(Fault.PERMANENT, TritonException::fault)
                .withMessage("element 1 of tensor 'a' is not valid UTF-8 (1 bytes)");
    }

    static Stream<Tensor> numbersThatAreNone() {
        Shape shape = Shape.of(2, 3);
        return Stream.of(
                Tensor.fp32("a", shape, 1, 2, 3, 4, NAN, 6),
                Tensor.fp64("a", shape, 1, 2, 3, 4, Double.POSITIVE_INFINITY, NAN),
                Tensor.fp16("a", shape, 1, 2, 3, 4, 70_000, 6),
                Tensor.bf16("a", shape, 1, 2, 3, 4, Float.NEGATIVE_INFINITY, 6));
    }

    @ParameterizedTest
    @MethodSource("numbersThatAreNone")
    void numbersThatAreNoneAreFoundWhereAsked(Tensor output) throws Exception {
        // Given
        var client = client(answering(_ -> answer(Tensor.int32("whole", Shape.of(1), -1), output)));
        var result = client.inferBlocking(request().build());

        // When, Then
        assertThatExceptionOfType(TritonException.class)
                .isThrownBy(result::requireFinite)
                .returns(Fault.PERMANENT, TritonException::fault)
                .withMessage("answer of model 'm': output 'a' (" + output.type()
                        + " [2,3]) must hold finite numbers, got NaN or an infinity at [1,1]");
    }

    @Test
    void finiteNumbersPassTheCheck() throws Exception {
        // Given
        var client = client(answering(_ -> answer(
                Tensor.fp32("a", Shape.of(2), Float.MAX_VALUE, Float.MIN_VALUE),
                Tensor.fp16("empty", Shape.of(0)),
                Tensor.strings("text", Shape.of(1), List.of("NaN")))));
        var result = client.inferBlocking(request().build());

        // When, Then
        assertThat(result.requireFinite()).isSameAs(result);
    }

    @Test
    void aServerThatNeverAnswersHoldsNoCallLongerThanItsTime() throws Exception {
        // Given it accepts connections and says nothing, with and without TLS
        var silent = keep(new ServerSocket(0, 50, InetAddress.getLoopbackAddress()));
        String endpoint = "127.0.0.1:" + silent.getLocalPort();
        for (var builder :
                List.of(TritonClient.builder(), TritonClient.builder().tls())) {
            var client = keep(builder.endpoint(endpoint)
                    .timeout(Duration.ofMillis(200))
                    .controlTimeout(Duration.ofMillis(200))
                    .build());

            // When, Then
            assertThatExceptionOfType(TritonException.class)
                    .isThrownBy(() -> client.inferBlocking(request().build()))
                    .returns(Fault.PASSING, TritonException::fault)
                    .returns(Status.Code.DEADLINE_EXCEEDED, TritonException::code);
            assertThatExceptionOfType(TritonException.class)
                    .isThrownBy(() -> {
                        try (var results = client.stream(request().build())) {
                            results.hasNext();
                        }
                    })
                    .returns(Fault.PASSING, TritonException::fault);
            assertThatExceptionOfType(TritonException.class)
                    .isThrownBy(() -> client.describe("m"))
                    .returns(Fault.PASSING, TritonException::fault);
            assertThat(client.serverReady()).isFalse();
        }
    }

    @Test
    void aPortThatSpeaksHttpIsToldFromAGrpcPort() throws Exception {
        // Given what answers as Triton's HTTP port does
        var http = keep(new ServerSocket(0, 50, InetAddress.getLoopbackAddress()));
        Thread.ofVirtual().start(() -> {
            try {
                while (true) {
                    var socket = http.accept();
                    socket.getOutputStream()
                            .write("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"
                                    .getBytes(StandardCharsets.US_ASCII));
                    socket.getOutputStream().flush();
                }
            } catch (IOException _) {
                // the test is over
            }
        });
        var client = client("127.0.0.1:" + http.getLocalPort());

        // When, Then
        assertThatExceptionOfType(TritonException.class)
                .isThrownBy(() -> client.inferBlocking(request().build()))
                .returns(Fault.PASSING, TritonException::fault)
                .withMessageContaining("it is no gRPC port, which is 8001 for Triton");
    }

    private static ModelInferResponse answer(Tensor... outputs) {
        return FakeServer.response(
                        ModelInferRequest.newBuilder().setModelName("m").build(), true, outputs)
                .getInferResponse();
    }

    private static InferRequest.Builder request() {
        return InferRequest.to("m").input(Tensor.int64("in", Shape.of(1), 1));
    }

    private TritonClient client(String endpoint) {
        return keep(TritonClient.builder()
                .endpoint(endpoint)
                .timeout(Duration.ofSeconds(60))
                .build());
    }

    private String answering(Function<ModelInferRequest, ModelInferResponse> script) throws Exception {
        Server server = NettyServerBuilder.forAddress(new InetSocketAddress("127.0.0.1", 0))
                .addService(new GRPCInferenceServiceImplBase() {
                    @Override
                    public void modelInfer(ModelInferRequest request, StreamObserver<ModelInferResponse> answers) {
                        answers.onNext(script.apply(request));
                        answers.onCompleted();
                    }
                })
                .build()
                .start();
        keep(server::shutdownNow);
        return "127.0.0.1:" + server.getPort();
    }

    private <T extends AutoCloseable> T keep(T each) {
        open.add(each);
        return each;
    }
}
