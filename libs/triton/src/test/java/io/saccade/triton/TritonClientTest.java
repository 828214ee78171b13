package io.saccade.triton;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.grpc.Context;
import io.grpc.Metadata;
import io.grpc.Server;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.ServerInterceptors;
import io.grpc.Status;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.StreamObserver;
import io.saccade.triton.proto.GRPCInferenceServiceGrpc.GRPCInferenceServiceImplBase;
import io.saccade.triton.proto.ModelConfig;
import io.saccade.triton.proto.ModelConfigRequest;
import io.saccade.triton.proto.ModelConfigResponse;
import io.saccade.triton.proto.ModelInferRequest;
import io.saccade.triton.proto.ModelInferResponse;
import io.saccade.triton.proto.ModelMetadataRequest;
import io.saccade.triton.proto.ModelMetadataResponse;
import io.saccade.triton.proto.ModelReadyRequest;
import io.saccade.triton.proto.ModelReadyResponse;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.function.BiConsumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The client against a server in the same JVM whose answers the test writes. */
@Timeout(30)
class TritonClientTest {
    private final List<AutoCloseable> open = new ArrayList<>();

    @AfterEach
    void close() throws Exception {
        for (AutoCloseable each : open.reversed()) {
            each.close();
        }
    }

    @Test
    void answersWithWhatTheServerSent() {
        // Given
        var client = client(serverAnswering((request, answers) -> {
            answers.onNext(echo(request));
            answers.onCompleted();
        }));

        // When
        var result = client.inferBlocking(request().build());

        // Then
        assertThat(result.output("in").asLongs()).containsExactly(1, 2);
    }

    @Test
    void completesLaterWithoutHoldingAThread() {
        // Given
        var client = client(serverAnswering((request, answers) -> {
            answers.onNext(echo(request));
            answers.onCompleted();
        }));

        // When
        var result = client.infer(request().id("7").build());

        // Then
        assertThat(result).succeedsWithin(Duration.ofSeconds(10)).returns("7", InferResult::id);
    }

    @Test
    void failsWithTheServersReasonAndItsKind() {
        // Given
        var client = client(serverAnswering((_, answers) -> answers.onError(
                Status.UNAVAILABLE.withDescription("Exceeds maximum queue size").asRuntimeException())));

        // When, Then
        assertThatExceptionOfType(TritonException.class)
                .isThrownBy(() -> client.inferBlocking(request().build()))
                .withMessage("infer of model 'm' failed: UNAVAILABLE: Exceeds maximum queue size")
                .returns(Fault.OVERLOADED, TritonException::fault);
        assertThat(client.infer(request().build()))
                .failsWithin(Duration.ofSeconds(10))
                .withThrowableThat()
                .withCauseInstanceOf(TritonException.class);
    }

    @Test
    void givesUpAtTheDeadline() {
        // Given
        var client = client(serverAnswering((_, _) -> {}));

        // When, Then
        assertThatExceptionOfType(TritonException.class)
                .isThrownBy(() -> client.inferBlocking(
                        request().timeout(Duration.ofMillis(50)).build()))
                .returns(Status.Code.DEADLINE_EXCEEDED, TritonException::code)
                .returns(Fault.PASSING, TritonException::fault);
    }

    @Test
    void cancellingTheFutureCancelsTheCallAtTheServer() throws Exception {
        // Given
        var arrived = new CountDownLatch(1);
        var cancelled = new CountDownLatch(1);
        var client = client(serverAnswering((_, _) -> {
            Context.current().addListener(_ -> cancelled.countDown(), Runnable::run);
            arrived.countDown();
        }));
        var call = client.infer(request().build());
        assertThat(arrived.await(10, SECONDS)).isTrue();

        // When
        call.cancel(true);

        // Then
        assertThat(cancelled.await(10, SECONDS)).isTrue();
        assertThatThrownBy(call::join).isInstanceOf(CancellationException.class);
    }

    @Test
    void anInterruptCancelsTheCallAndKeepsTheFlag() throws Exception {
        // Given
        var arrived = new CountDownLatch(1);
        var client = client(serverAnswering((_, _) -> arrived.countDown()));
        BlockingQueue<Object> seen = new LinkedBlockingQueue<>();
        var thread = Thread.ofVirtual().start(() -> {
            try {
                client.inferBlocking(request().build());
            } catch (TritonException e) {
                seen.add(e.code() + " " + Thread.currentThread().isInterrupted());
            }
        });
        assertThat(arrived.await(10, SECONDS)).isTrue();

        // When
        thread.interrupt();

        // Then
        assertThat(seen.poll(10, SECONDS)).isEqualTo("CANCELLED true");
    }

    @Test
    void saysWhoRefusedTheConnection() throws Exception {
        // Given
        int nobody;
        try (var socket = new ServerSocket(0)) {
            nobody = socket.getLocalPort();
        }
        var client = client("127.0.0.1:" + nobody);

        // When, Then
        assertThatExceptionOfType(TritonException.class)
                .isThrownBy(() -> client.inferBlocking(request().build()))
                .returns(Fault.PASSING, TritonException::fault)
                .withMessageContaining("127.0.0.1:" + nobody);
        assertThat(client.serverReady()).isFalse();
        assertThat(client.serverLive()).isFalse();
        assertThat(client.modelReady("m")).isFalse();
    }

    @Test
    void goesOnWithTheServerThatIsThere() throws Exception {
        // Given
        int nobody;
        try (var socket = new ServerSocket(0)) {
            nobody = socket.getLocalPort();
        }
        String there = serverAnswering((request, answers) -> {
            answers.onNext(echo(request));
            answers.onCompleted();
        });
        var client = keep(TritonClient.builder()
                .endpoints(List.of("127.0.0.1:" + nobody, there))
                .channelsPerEndpoint(1)
                .build());
        assertThat(client.serverLive()).isFalse(); // the first turn finds out that nobody is there

        // When
        var results =
                Stream.generate(() -> client.infer(request().build())).limit(6).toList();

        // Then
        assertThat(results).allSatisfy(result -> assertThat(result).succeedsWithin(Duration.ofSeconds(10)));
    }

    @Test
    void sendsHeadersOfTheClientAndOfTheCall() throws Exception {
        // Given
        BlockingQueue<Metadata> seen = new LinkedBlockingQueue<>();
        var service = new Scripted((request, answers) -> {
            answers.onNext(echo(request));
            answers.onCompleted();
        });
        String target = start(NettyServerBuilder.forAddress(new InetSocketAddress("127.0.0.1", 0))
                .addService(ServerInterceptors.intercept(service, new ServerInterceptor() {
                    @Override
                    public <Q, A> ServerCall.Listener<Q> interceptCall(
                            ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
                        seen.add(headers);
                        return next.startCall(call, headers);
                    }
                }))
                .build());
        var client = keep(TritonClient.builder()
                .endpoint(target)
                .header("triton-grpc-protocol-key", "k")
                .build());

        // When
        client.inferBlocking(request().header("traceparent", "00-a-b-01").build());

        // Then
        var headers = seen.poll(10, SECONDS);
        assertThat(headers.get(key("triton-grpc-protocol-key"))).isEqualTo("k");
        assertThat(headers.get(key("traceparent"))).isEqualTo("00-a-b-01");
        assertThat(headers.get(key("user-agent"))).startsWith("saccade-triton");
    }

    @Test
    void tellsTheListenerOfEachStartAndEachEnd() {
        // Given
        BlockingQueue<String> seen = new LinkedBlockingQueue<>();
        String target = serverAnswering((request, answers) -> {
            if (request.getId().equals("bad")) {
                answers.onError(Status.INVALID_ARGUMENT.asRuntimeException());
            } else {
                answers.onNext(echo(request));
                answers.onCompleted();
            }
        });
        var client = keep(TritonClient.builder()
                .endpoint(target)
                .listener(new InferListener() {
                    @Override
                    public void started(String model) {
                        seen.add("started " + model);
                    }

                    @Override
                    public void finished(String model, Duration took, @Nullable Fault fault) {
                        seen.add("finished " + model + " " + fault + " " + took.isPositive());
                    }
                })
                .build());

        // When
        client.inferBlocking(request().build());
        assertThatExceptionOfType(TritonException.class)
                .isThrownBy(() -> client.inferBlocking(request().id("bad").build()));

        // Then
        assertThat(seen).containsExactly("started m", "finished m null true", "started m", "finished m PERMANENT true");
    }

    @Test
    void refusesAnAnswerLargerThanItsLimit() {
        // Given
        String target = serverAnswering((request, answers) -> {
            answers.onNext(echo(request).toBuilder().setId("x".repeat(100_000)).build());
            answers.onCompleted();
        });
        var client = keep(
                TritonClient.builder().endpoint(target).maxInboundBytes(50_000).build());

        // When, Then
        assertThatExceptionOfType(TritonException.class)
                .isThrownBy(() -> client.inferBlocking(request().build()))
                .returns(Status.Code.RESOURCE_EXHAUSTED, TritonException::code)
                .returns(Fault.PERMANENT, TritonException::fault);
    }

    @Test
    void anUnknownModelIsNotReadyHoweverTheServerSaysSo() {
        // Given
        var client = client(serverAnswering((_, _) -> {}));

        // When, Then
        assertThat(client.modelReady("ready")).isTrue();
        assertThat(client.modelReady("unloaded")).isFalse();
        assertThat(client.modelReady("unknown")).isFalse();
    }

    @Test
    void describesAModelFromItsConfiguration() {
        // Given
        var client = client(serverAnswering((_, _) -> {}));

        // When
        var model = client.describe("embedding");

        // Then
        assertThat(model.versions()).containsExactly("1");
        assertThat(model.maxBatchSize()).isEqualTo(8);
        assertThat(model.input("image")).contains(new TensorSpec("image", DataType.UINT8, Shape.of(64, 64, 3), false));
        assertThat(model.output("embedding"))
                .contains(new TensorSpec("embedding", DataType.FP32, Shape.of(128), false));
        assertThat(model.parameter("space")).contains("s");
    }

    @Test
    void needsAnEndpoint() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> TritonClient.builder().build())
                .withMessageContaining("at least one endpoint");
    }

    private static Metadata.Key<String> key(String name) {
        return Metadata.Key.of(name, Metadata.ASCII_STRING_MARSHALLER);
    }

    private static InferRequest.Builder request() {
        return InferRequest.to("m").input(Tensor.int64("in", Shape.of(2), 1, 2));
    }

    private static ModelInferResponse echo(ModelInferRequest request) {
        return ModelInferResponse.newBuilder()
                .setModelName(request.getModelName())
                .setId(request.getId())
                .addOutputs(ModelInferResponse.InferOutputTensor.newBuilder()
                        .setName("in")
                        .setDatatype("INT64")
                        .addAllShape(request.getInputs(0).getShapeList()))
                .addRawOutputContents(request.getRawInputContents(0))
                .build();
    }

    private TritonClient client(String target) {
        return keep(TritonClient.builder().endpoint(target).build());
    }

    private TritonClient keep(TritonClient client) {
        open.add(client);
        return client;
    }

    private String serverAnswering(BiConsumer<ModelInferRequest, StreamObserver<ModelInferResponse>> script) {
        return start(NettyServerBuilder.forAddress(new InetSocketAddress("127.0.0.1", 0))
                .addService(new Scripted(script))
                .build());
    }

    private String start(Server server) {
        try {
            server.start();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        open.add(server::shutdownNow);
        return "127.0.0.1:" + server.getPort();
    }

    private static final class Scripted extends GRPCInferenceServiceImplBase {
        private final BiConsumer<ModelInferRequest, StreamObserver<ModelInferResponse>> script;

        Scripted(BiConsumer<ModelInferRequest, StreamObserver<ModelInferResponse>> script) {
            this.script = script;
        }

        @Override
        public void modelInfer(ModelInferRequest request, StreamObserver<ModelInferResponse> answers) {
            script.accept(request, answers);
        }

        @Override
        public void modelReady(ModelReadyRequest request, StreamObserver<ModelReadyResponse> answers) {
            if (request.getName().equals("unknown")) {
                answers.onError(Status.NOT_FOUND.asRuntimeException());
                return;
            }
            answers.onNext(ModelReadyResponse.newBuilder()
                    .setReady(request.getName().equals("ready"))
                    .build());
            answers.onCompleted();
        }

        @Override
        public void modelMetadata(ModelMetadataRequest request, StreamObserver<ModelMetadataResponse> answers) {
            answers.onNext(ModelMetadataResponse.newBuilder()
                    .setName(request.getName())
                    .addVersions("1")
                    .addOutputs(ModelMetadataResponse.TensorMetadata.newBuilder()
                            .setName("embedding")
                            .setDatatype("FP32")
                            .addAllShape(List.of(-1L, 128L)))
                    .build());
            answers.onCompleted();
        }

        @Override
        public void modelConfig(ModelConfigRequest request, StreamObserver<ModelConfigResponse> answers) {
            ModelConfig.Builder config =
                    ModelConfig.newBuilder().setName(request.getName()).setMaxBatchSize(8);
            config.addInputBuilder()
                    .setName("image")
                    .setDataType(io.saccade.triton.proto.DataType.TYPE_UINT8)
                    .addAllDims(List.of(64L, 64L, 3L));
            config.putParameters(
                    "space",
                    io.saccade.triton.proto.ModelParameter.newBuilder()
                            .setStringValue("s")
                            .build());
            answers.onNext(ModelConfigResponse.newBuilder().setConfig(config).build());
            answers.onCompleted();
        }
    }
}
