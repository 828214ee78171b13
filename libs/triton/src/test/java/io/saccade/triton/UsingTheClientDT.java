package io.saccade.triton;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import com.sun.net.httpserver.HttpServer;
import io.grpc.Server;
import io.grpc.Status;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.StreamObserver;
import io.opentelemetry.sdk.OpenTelemetrySdk;
import io.opentelemetry.sdk.testing.exporter.InMemorySpanExporter;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.export.SimpleSpanProcessor;
import io.saccade.triton.limit.CallGate;
import io.saccade.triton.limit.Gradient2;
import io.saccade.triton.metrics.MetricsReader;
import io.saccade.triton.metrics.ModelMetrics;
import io.saccade.triton.otel.OpenTelemetryMetrics;
import io.saccade.triton.otel.OpenTelemetryTracer;
import io.saccade.triton.proto.GRPCInferenceServiceGrpc.GRPCInferenceServiceImplBase;
import io.saccade.triton.proto.ModelConfigRequest;
import io.saccade.triton.proto.ModelConfigResponse;
import io.saccade.triton.proto.ModelInferRequest;
import io.saccade.triton.proto.ModelInferResponse;
import io.saccade.triton.proto.ModelMetadataRequest;
import io.saccade.triton.proto.ModelMetadataResponse;
import io.saccade.triton.proto.ModelStatistics;
import io.saccade.triton.proto.ModelStatisticsRequest;
import io.saccade.triton.proto.ModelStatisticsResponse;
import io.saccade.triton.proto.ModelStreamInferResponse;
import io.saccade.triton.vllm.ChatAnswer;
import io.saccade.triton.vllm.ChatRequest;
import io.saccade.triton.vllm.ChatStream;
import io.saccade.triton.vllm.FinishReason;
import io.saccade.triton.vllm.PromptTemplate;
import io.saccade.triton.vllm.SamplingParameters;
import io.saccade.triton.vllm.SpecialTokens;
import io.saccade.triton.vllm.VisionChat;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * The Java of {@code docs/guide/using-the-client.md}, run: each block of the guide is a part of this file between two marks, and a
 * test says so.
 */
@Timeout(120)
class UsingTheClientDT {
    private static final Path ROOT = Path.of(System.getProperty("saccade.root"));
    private static final Pattern BLOCK = Pattern.compile("```java\n(.*?)```", Pattern.DOTALL);
    private static final Pattern PART = Pattern.compile("// guide\n(.*?)\n *// end", Pattern.DOTALL);

    private final List<String> spoken = new ArrayList<>();
    private final byte[] pixels = new byte[64 * 64 * 3];
    private final byte[] png = {(byte) 0x89, 'P', 'N', 'G'};
    private final Models models = new Models();
    private Server server;
    private TritonClient client;
    private String endpoint;

    @BeforeEach
    void start() throws Exception {
        server = NettyServerBuilder.forAddress(new InetSocketAddress("127.0.0.1", 0))
                .addService(models)
                .build()
                .start();
        endpoint = "127.0.0.1:" + server.getPort();
        client = TritonClient.builder()
                .endpoint(endpoint)
                .timeout(Duration.ofSeconds(30))
                .build();
    }

    @AfterEach
    void stop() {
        client.close();
        server.shutdownNow();
    }

    @Test
    void everyBlockOfTheGuideIsRunHere() throws Exception {
        // Given
        String guide = Files.readString(ROOT.resolve("docs/guide/using-the-client.md"));
        String source =
                Files.readString(ROOT.resolve("libs/triton/src/test/java/io/saccade/triton/UsingTheClientDT.java"));

        // When
        var blocks = BLOCK.matcher(guide)
                .results()
                .map(block -> block.group(1).stripIndent().strip())
                .toList();
        var parts = PART.matcher(source)
                .results()
                .map(part -> part.group(1).stripIndent().strip())
                .toList();

        // Then
        assertThat(blocks).isNotEmpty().isEqualTo(parts);
    }

    @Test
    void asksOnce() {
        // guide
        ModelInfo model = ModelContract.of()
                .input("image", DataType.UINT8, -1, -1, 3)
                .output("embedding", DataType.FP32, -1)
                .require(client.describe("image-embedding"));

        InferRequest request = InferRequest.to("image-embedding")
                .input(Tensor.uint8("image", Shape.of(1, 64, 64, 3), pixels))
                .timeout(Duration.ofSeconds(20))
                .build();
        InferResult result = client.inferBlocking(model.check(request));
        float[] embedding = result.output("embedding").asFloats();
        // end
        assertThat(embedding).containsExactly(0.5f, -0.5f);
    }

    @Test
    void tellsFailuresApart() {
        InferRequest request = InferRequest.to("full")
                .input(Tensor.int64("in", Shape.of(1), 1))
                .build();
        List<String> done = new ArrayList<>();
        // guide
        try {
            client.inferBlocking(request);
        } catch (TritonException e) {
            switch (e.fault()) {
                case PERMANENT -> done.add("put the item aside: " + e.getMessage());
                case PASSING -> done.add("try the item again later");
                case OVERLOADED -> done.add("stop taking items for a moment, then try again");
            }
        }
        // end
        assertThat(done).containsExactly("stop taking items for a moment, then try again");
    }

    @Test
    void readsAStream() {
        InferRequest request = InferRequest.to("words")
                .input(Tensor.strings("text_input", Shape.of(1), List.of("Hello")))
                .build();
        // guide
        try (InferStream results = client.stream(request)) {
            while (results.hasNext()) {
                spoken.addAll(results.next().output("text_output").asStrings());
            }
        }
        // end
        assertThat(spoken).containsExactly("a red ", "circle");
    }

    @Test
    void asksAboutAnImage() {
        // guide
        var template = new PromptTemplate(
                "USER: {images}{text} ASSISTANT:", "<image>\n", SpecialTokens.COMMON.and("<my_added_token>"));
        var chat = new VisionChat(client, "llava", template);

        ChatRequest question = ChatRequest.of("What is on this picture?")
                .image(png)
                .sampling(SamplingParameters.greedy(64))
                .build();
        try (ChatStream pieces = chat.stream(question)) {
            pieces.forEachRemaining(spoken::add);
        }
        ChatAnswer answer = chat.ask(question);
        // end
        assertThat(spoken).containsExactly("a red ", "circle");
        assertThat(answer).isEqualTo(new ChatAnswer("a red circle", FinishReason.STOP, 0, 0));
    }

    @Test
    void limitsTheCallsInFlight() {
        InferRequest request = imageRequest();
        // guide
        var gate = new CallGate(Gradient2.between(1, 20, 200), System::nanoTime);

        // Waits in a queue until there is room:
        CompletableFuture<InferResult> answer = gate.call(() -> client.infer(request));
        // Refused when there is none:
        gate.tryEnter().ifPresent(permit -> {
            try (permit) {
                client.inferBlocking(request);
                permit.answered();
            }
        });
        // Told when there is some, as a consumer that has paused wants to be:
        gate.whenFree().thenAccept(permit -> {
            permit.close();
            spoken.add("resume");
        });
        // end
        assertThat(answer).succeedsWithin(Duration.ofSeconds(30));
        assertThat(spoken).containsExactly("resume");
    }

    @Test
    void collectsItems() {
        InferRequest item = InferRequest.to("image-embedding")
                .input(Tensor.uint8("image", Shape.of(64, 64, 3), pixels))
                .build();
        try (var executor = Executors.newVirtualThreadPerTaskExecutor()) {
            // guide
            var batcher = new MicroBatcher(client::infer, 16, Duration.ofMillis(2), MicroBatcher.Timer.on(executor));
            CompletableFuture<InferResult> result = batcher.submit(item);
            // end
            assertThat(result).succeedsWithin(Duration.ofSeconds(30)).satisfies(one -> assertThat(
                            one.output("embedding").shape())
                    .isEqualTo(Shape.of(2)));
        }
    }

    @Test
    void goesToSeveralServersOverTls(@TempDir Path folder) throws Exception {
        var certificates = TestCertificates.make(folder);
        Path authorities = certificates.authorities();
        Path certificate = certificates.clientCertificate();
        Path key = certificates.clientKey();
        // guide
        try (var triton = TritonClient.builder()
                .endpoints(List.of("triton-0.models:8001", "triton-1.models:8001"))
                .mutualTls(authorities, certificate, key)
                .restrictedProtocol("admin-key", "secret")
                .controlTimeout(Duration.ofSeconds(1))
                .build()) {
            spoken.add(triton.serverReady() ? "ready" : "not ready");
        }
        // end
        assertThat(spoken).containsExactly("not ready");
    }

    @Test
    void sharesMemoryOrSaysWhyNot() {
        // guide
        try (var triton = TritonClient.builder()
                .endpoint(endpoint)
                .sharedMemory(8, 1 << 20)
                .build()) {
            InferResult result = triton.inferBlocking(InferRequest.to("image-embedding")
                    .input(Tensor.uint8("image", Shape.of(1, 64, 64, 3), pixels))
                    .output("embedding", 4096)
                    .build());
            spoken.add(result.output("embedding").shape() + ", " + triton.sharedMemoryUse());
        }
        // end
        assertThat(spoken).singleElement().satisfies(text -> assertThat(text)
                .startsWith("[1,2], SharedMemoryUse[slots=0, carried=0, byNetwork=1"));
    }

    @Test
    void asksForFiniteNumbers() {
        InferRequest request = imageRequest();
        // guide
        float[] vector = client.inferBlocking(request)
                .requireFinite()
                .output("embedding")
                .asFloats();
        // end
        assertThat(vector).containsExactly(0.5f, -0.5f);
    }

    @Test
    void watches() {
        // guide
        Map<String, Integer> calls = new ConcurrentHashMap<>();
        InferListener counter = new InferListener() {
            @Override
            public void finished(String model, Duration took, @Nullable Fault fault) {
                calls.merge(model + " " + (fault == null ? "answered" : fault), 1, Integer::sum);
            }
        };
        try (var triton = TritonClient.builder()
                .endpoint(endpoint)
                .timeout(Duration.ofSeconds(30))
                .listener(counter)
                .build()) {
            ModelUsage before = triton.statistics("image-embedding").getFirst();
            triton.inferBlocking(InferRequest.to("image-embedding")
                    .input(Tensor.uint8("image", Shape.of(1, 64, 64, 3), pixels))
                    .headers(TraceContext.start(new SecureRandom()).headers())
                    .build());
            ModelUsage between = triton.statistics("image-embedding").getFirst().since(before);
            spoken.add(between.items() + " items, queued for " + between.queue().average());
        }
        // end
        assertThat(calls).isEqualTo(Map.of("image-embedding answered", 1));
        assertThat(spoken).containsExactly("1 items, queued for PT0S");
        assertThatExceptionOfType(TritonException.class)
                .isThrownBy(() -> client.inferBlocking(InferRequest.to("unknown")
                        .input(Tensor.int64("in", Shape.of(1), 1))
                        .build()));
    }

    @Test
    void readsTheMetricsPage() throws Exception {
        InferRequest request = imageRequest();
        TritonClient triton = client;
        HttpServer page = HttpServer.create(new InetSocketAddress("127.0.0.1", 0), 0);
        page.createContext("/metrics", exchange -> {
            byte[] text = ("nv_inference_count{model=\"image-embedding\",version=\"1\"} " + models.asked
                            + "\nnv_inference_exec_count{model=\"image-embedding\",version=\"1\"} " + models.asked
                            + "\n")
                    .getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(200, text.length);
            try (var body = exchange.getResponseBody()) {
                body.write(text);
            }
        });
        page.start();
        String metricsAddress = "127.0.0.1:" + page.getAddress().getPort();
        try {
            // guide
            try (var reader =
                    new MetricsReader(URI.create("http://" + metricsAddress + "/metrics"), Duration.ofSeconds(30))) {
                ModelMetrics before = reader.read().models().getFirst();
                triton.inferBlocking(request);
                ModelMetrics between = reader.read().models().getFirst().since(before);
                spoken.add(between.items() + " items in " + between.executions() + " runs, " + between.failure()
                        + " failed");
            }
            // end
        } finally {
            page.stop(0);
        }
        assertThat(spoken).containsExactly("1 items in 1 runs, 0 failed");
    }

    @Test
    void tracesWithOpenTelemetry() {
        InferRequest request = imageRequest();
        var spans = InMemorySpanExporter.create();
        try (var openTelemetry = OpenTelemetrySdk.builder()
                .setTracerProvider(SdkTracerProvider.builder()
                        .addSpanProcessor(SimpleSpanProcessor.create(spans))
                        .build())
                .build()) {
            // guide
            try (var triton = TritonClient.builder()
                    .endpoint(endpoint)
                    .tracer(new OpenTelemetryTracer(openTelemetry))
                    .listener(new OpenTelemetryMetrics(openTelemetry))
                    .build()) {
                triton.inferBlocking(request);
            }
            // end
            assertThat(spans.getFinishedSpanItems()).singleElement().satisfies(span -> assertThat(span.getName())
                    .isEqualTo("infer image-embedding"));
        }
    }

    private InferRequest imageRequest() {
        return InferRequest.to("image-embedding")
                .input(Tensor.uint8("image", Shape.of(1, 64, 64, 3), pixels))
                .build();
    }

    /** The models of the guide. */
    private static final class Models extends GRPCInferenceServiceImplBase {
        private final AtomicInteger asked = new AtomicInteger();

        @Override
        public void modelMetadata(ModelMetadataRequest request, StreamObserver<ModelMetadataResponse> answers) {
            answers.onNext(ModelMetadataResponse.newBuilder()
                    .setName(request.getName())
                    .addVersions("1")
                    .build());
            answers.onCompleted();
        }

        @Override
        public void modelConfig(ModelConfigRequest request, StreamObserver<ModelConfigResponse> answers) {
            var response = ModelConfigResponse.newBuilder();
            var config = response.getConfigBuilder().setName(request.getName()).setMaxBatchSize(16);
            config.addInputBuilder()
                    .setName("image")
                    .setDataType(DataType.UINT8.configured())
                    .addAllDims(List.of(-1L, -1L, 3L));
            config.addOutputBuilder()
                    .setName("embedding")
                    .setDataType(DataType.FP32.configured())
                    .addDims(2);
            answers.onNext(response.build());
            answers.onCompleted();
        }

        @Override
        public void modelInfer(ModelInferRequest request, StreamObserver<ModelInferResponse> answers) {
            switch (request.getModelName()) {
                case "image-embedding" -> {
                    asked.incrementAndGet();
                    var embedding = Tensor.fp32("embedding", Shape.of(1, 2), 0.5f, -0.5f);
                    answers.onNext(FakeServer.response(request, true, embedding).getInferResponse());
                    answers.onCompleted();
                }
                case "full" ->
                    answers.onError(Status.UNAVAILABLE
                            .withDescription("Exceeds maximum queue size")
                            .asRuntimeException());
                default -> answers.onError(Status.NOT_FOUND.asRuntimeException());
            }
        }

        @Override
        public void modelStatistics(ModelStatisticsRequest request, StreamObserver<ModelStatisticsResponse> answers) {
            answers.onNext(ModelStatisticsResponse.newBuilder()
                    .addModelStats(ModelStatistics.newBuilder()
                            .setName(request.getName())
                            .setVersion("1")
                            .setInferenceCount(asked.get())
                            .setExecutionCount(asked.get()))
                    .build());
            answers.onCompleted();
        }

        @Override
        public StreamObserver<ModelInferRequest> modelStreamInfer(StreamObserver<ModelStreamInferResponse> answers) {
            return new StreamObserver<>() {
                @Override
                public void onNext(ModelInferRequest request) {
                    for (String word : List.of("a red ", "circle")) {
                        answers.onNext(FakeServer.response(
                                request,
                                false,
                                Tensor.strings("text_output", Shape.of(1), List.of(word)),
                                Tensor.strings("finish_reason", Shape.of(1), List.of("stop"))));
                    }
                    answers.onNext(FakeServer.end(request));
                    answers.onCompleted();
                }

                @Override
                public void onError(Throwable failure) {}

                @Override
                public void onCompleted() {}
            };
        }
    }
}
