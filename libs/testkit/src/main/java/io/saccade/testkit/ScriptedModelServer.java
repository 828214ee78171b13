package io.saccade.testkit;

import com.google.protobuf.ByteString;
import com.google.protobuf.TextFormat;
import io.grpc.Server;
import io.grpc.Status;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.saccade.triton.DataType;
import io.saccade.triton.Shape;
import io.saccade.triton.Tensor;
import io.saccade.triton.proto.GRPCInferenceServiceGrpc;
import io.saccade.triton.proto.ModelConfig;
import io.saccade.triton.proto.ModelConfigRequest;
import io.saccade.triton.proto.ModelConfigResponse;
import io.saccade.triton.proto.ModelInferRequest;
import io.saccade.triton.proto.ModelInferResponse;
import io.saccade.triton.proto.ModelMetadataRequest;
import io.saccade.triton.proto.ModelMetadataResponse;
import io.saccade.triton.proto.ModelReadyRequest;
import io.saccade.triton.proto.ModelReadyResponse;
import io.saccade.triton.proto.RepositoryIndexRequest;
import io.saccade.triton.proto.RepositoryIndexResponse;
import io.saccade.triton.proto.ServerLiveRequest;
import io.saccade.triton.proto.ServerLiveResponse;
import io.saccade.triton.proto.ServerMetadataRequest;
import io.saccade.triton.proto.ServerMetadataResponse;
import io.saccade.triton.proto.ServerReadyRequest;
import io.saccade.triton.proto.ServerReadyResponse;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A model server whose models are their {@code config.pbtxt} alone: what they answer is a script. It speaks Triton's gRPC
 * protocol on a free port of 127.0.0.1, so that the real client is part of the test. Faults are its purpose, so it checks
 * nothing of what a script answers.
 *
 * <p>Thread-safe. A model without a script fails each call as unimplemented.
 */
public final class ScriptedModelServer implements AutoCloseable {

    private static final String VERSION = "1";
    private static final int MAX_MESSAGE = 64 << 20;

    private final Map<String, ModelConfig> models = new ConcurrentHashMap<>();
    private final Map<String, Function<Call, Reply>> scripts = new ConcurrentHashMap<>();
    private final Set<String> notReady = ConcurrentHashMap.newKeySet();
    private final List<Call> calls = new CopyOnWriteArrayList<>();
    private final AtomicInteger inFlight = new AtomicInteger();
    private final AtomicInteger mostInFlight = new AtomicInteger();
    private final ScheduledExecutorService timer;
    private @Nullable Server server;
    private int port;

    private ScriptedModelServer() {
        timer = Executors.newSingleThreadScheduledExecutor(
                Thread.ofPlatform().daemon().name("scripted-model-server").factory());
    }

    /** A server without models. */
    public static ScriptedModelServer start() {
        var scripted = new ScriptedModelServer();
        scripted.listen();
        return scripted;
    }

    /** A server with the models of a repository: each folder with a {@code config.pbtxt}. */
    public static ScriptedModelServer start(Path modelRepository) {
        var scripted = new ScriptedModelServer();
        try (var folders = Files.list(modelRepository)) {
            for (var folder : folders.toList()) {
                var config = folder.resolve("config.pbtxt");
                if (Files.exists(config)) {
                    var model = ModelConfig.newBuilder();
                    TextFormat.merge(Files.readString(config), model);
                    scripted.model(model.build());
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException("could not read the models of " + modelRepository, e);
        }
        scripted.listen();
        return scripted;
    }

    /** Adds a model, or replaces one of its name. */
    public ScriptedModelServer model(ModelConfig config) {
        models.put(config.getName(), config);
        return this;
    }

    /** What a model answers from now on. The script runs on gRPC's threads, several at once. */
    public ScriptedModelServer script(String model, Function<Call, Reply> script) {
        scripts.put(model, script);
        return this;
    }

    /** What a model answers from now on: the replies one after the other, then the last of them for ever. */
    public ScriptedModelServer script(String model, Reply first, Reply... then) {
        var next = new AtomicInteger();
        return script(model, _ -> {
            int i = Math.min(next.getAndIncrement(), then.length);
            return i == 0 ? first : then[i - 1];
        });
    }

    /** Whether a model says that it is ready; every model does at first. */
    public ScriptedModelServer ready(String model, boolean ready) {
        if (ready) {
            notReady.remove(model);
        } else {
            notReady.add(model);
        }
        return this;
    }

    /** Where clients connect: {@code 127.0.0.1:PORT}, the same after {@link #restart()}. */
    public synchronized String endpoint() {
        return "127.0.0.1:" + port;
    }

    /** The inference calls so far, in the order they came. */
    public List<Call> calls() {
        return List.copyOf(calls);
    }

    /** Most inference calls that were open at one moment. */
    public int mostInFlight() {
        return mostInFlight.get();
    }

    /** Goes away at once, as a killed server does: open calls end as unavailable. */
    public synchronized void stop() {
        var running = server;
        if (running != null) {
            server = null;
            try {
                running.shutdownNow().awaitTermination(10, TimeUnit.SECONDS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /** Comes back on the same port. */
    public void restart() {
        stop();
        listen();
    }

    @Override
    public void close() {
        stop();
        timer.shutdownNow();
    }

    private synchronized void listen() {
        try {
            var started = NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getByName("127.0.0.1"), port))
                    .maxInboundMessageSize(MAX_MESSAGE)
                    .addService(new Service())
                    .build()
                    .start();
            port = started.getPort();
            server = started;
        } catch (IOException e) {
            throw new UncheckedIOException("the scripted model server could not listen on port " + port, e);
        }
    }

    /**
     * An inference call.
     *
     * @param number  counts all calls of the server, from 1
     * @param model   which model was asked
     * @param id      the request's id, often empty
     * @param inputs  by name
     */
    public record Call(int number, String model, String id, Map<String, Tensor> inputs) {
        public Call {
            inputs = Map.copyOf(inputs);
        }

        /** The rows of the first input: how many items the call carries. */
        public long batch() {
            return inputs.values().stream()
                    .findFirst()
                    .map(tensor ->
                            tensor.shape().rank() == 0 ? 1 : tensor.shape().dim(0))
                    .orElse(0L);
        }
    }

    private final class Service extends GRPCInferenceServiceGrpc.GRPCInferenceServiceImplBase {

        @Override
        public void serverLive(ServerLiveRequest request, StreamObserver<ServerLiveResponse> answer) {
            end(answer, ServerLiveResponse.newBuilder().setLive(true).build());
        }

        @Override
        public void serverReady(ServerReadyRequest request, StreamObserver<ServerReadyResponse> answer) {
            end(
                    answer,
                    ServerReadyResponse.newBuilder()
                            .setReady(notReady.isEmpty())
                            .build());
        }

        @Override
        public void serverMetadata(ServerMetadataRequest request, StreamObserver<ServerMetadataResponse> answer) {
            end(
                    answer,
                    ServerMetadataResponse.newBuilder()
                            .setName("saccade-scripted")
                            .setVersion(VERSION)
                            .build());
        }

        @Override
        public void modelReady(ModelReadyRequest request, StreamObserver<ModelReadyResponse> answer) {
            boolean ready = models.containsKey(request.getName()) && !notReady.contains(request.getName());
            end(answer, ModelReadyResponse.newBuilder().setReady(ready).build());
        }

        @Override
        public void repositoryIndex(RepositoryIndexRequest request, StreamObserver<RepositoryIndexResponse> answer) {
            var index = RepositoryIndexResponse.newBuilder();
            models.keySet().stream().sorted().forEach(name -> index.addModelsBuilder()
                    .setName(name)
                    .setVersion(VERSION)
                    .setState(notReady.contains(name) ? "UNAVAILABLE" : "READY"));
            end(answer, index.build());
        }

        @Override
        public void modelConfig(ModelConfigRequest request, StreamObserver<ModelConfigResponse> answer) {
            var model = find(request.getName(), answer);
            if (model != null) {
                end(answer, ModelConfigResponse.newBuilder().setConfig(model).build());
            }
        }

        @Override
        public void modelMetadata(ModelMetadataRequest request, StreamObserver<ModelMetadataResponse> answer) {
            var model = find(request.getName(), answer);
            if (model == null) {
                return;
            }
            var metadata = ModelMetadataResponse.newBuilder()
                    .setName(model.getName())
                    .addVersions(VERSION)
                    .setPlatform("scripted");
            boolean batches = model.getMaxBatchSize() > 0;
            model.getInputList()
                    .forEach(input -> metadata.addInputs(
                            tensor(input.getName(), input.getDataType(), input.getDimsList(), batches)));
            model.getOutputList()
                    .forEach(output -> metadata.addOutputs(
                            tensor(output.getName(), output.getDataType(), output.getDimsList(), batches)));
            end(answer, metadata.build());
        }

        @Override
        public void modelInfer(ModelInferRequest request, StreamObserver<ModelInferResponse> answer) {
            Call call;
            synchronized (calls) {
                call = new Call(calls.size() + 1, request.getModelName(), request.getId(), inputs(request));
                calls.add(call);
            }
            if (find(request.getModelName(), answer) == null) {
                return;
            }
            var script = scripts.get(request.getModelName());
            if (script == null) {
                answer.onError(Status.UNIMPLEMENTED
                        .withDescription("model '" + request.getModelName() + "' has no script")
                        .asRuntimeException());
                return;
            }
            mostInFlight.accumulateAndGet(inFlight.incrementAndGet(), Math::max);
            var open = new AtomicBoolean(true);
            Runnable settle = () -> {
                if (open.getAndSet(false)) {
                    inFlight.decrementAndGet();
                }
            };
            ((ServerCallStreamObserver<ModelInferResponse>) answer).setOnCancelHandler(settle);
            play(call, script.apply(call), answer, settle);
        }

        private void play(Call call, Reply reply, StreamObserver<ModelInferResponse> answer, Runnable settle) {
            switch (reply) {
                case Reply.Outputs(var outputs) -> {
                    settle.run();
                    end(answer, response(call, outputs));
                }
                case Reply.Failing(var status) -> {
                    settle.run();
                    if (isOpen(answer)) {
                        answer.onError(status.asRuntimeException());
                    }
                }
                case Reply.Later(var delay, var then) -> {
                    var _ = timer.schedule(
                            () -> play(call, then, answer, settle), delay.toNanos(), TimeUnit.NANOSECONDS);
                }
                case Reply.Silence() -> {
                    // The caller's deadline ends it.
                }
            }
        }

        private static boolean isOpen(StreamObserver<?> answer) {
            return !((ServerCallStreamObserver<?>) answer).isCancelled();
        }

        private @Nullable ModelConfig find(String name, StreamObserver<?> answer) {
            var model = models.get(name);
            if (model == null) {
                answer.onError(Status.NOT_FOUND
                        .withDescription("Request for unknown model: '" + name + "' is not found")
                        .asRuntimeException());
            }
            return model;
        }

        private static <T> void end(StreamObserver<T> answer, T message) {
            if (isOpen(answer)) {
                answer.onNext(message);
                answer.onCompleted();
            }
        }
    }

    private static ModelMetadataResponse.TensorMetadata tensor(
            String name, io.saccade.triton.proto.DataType type, List<Long> dims, boolean batches) {
        var tensor = ModelMetadataResponse.TensorMetadata.newBuilder()
                .setName(name)
                .setDatatype(DataType.of(type).orElseThrow().name());
        if (batches) {
            tensor.addShape(Shape.VARIABLE);
        }
        return tensor.addAllShape(dims).build();
    }

    private static Map<String, Tensor> inputs(ModelInferRequest request) {
        var inputs = new LinkedHashMap<String, Tensor>();
        for (int i = 0; i < request.getInputsCount(); i++) {
            var input = request.getInputs(i);
            var raw = i < request.getRawInputContentsCount() ? request.getRawInputContents(i) : ByteString.EMPTY;
            inputs.put(
                    input.getName(),
                    Tensor.of(
                            input.getName(),
                            DataType.ofWireName(input.getDatatype()).orElseThrow(),
                            Shape.of(input.getShapeList()),
                            raw));
        }
        return inputs;
    }

    private static ModelInferResponse response(Call call, List<Tensor> outputs) {
        var response = ModelInferResponse.newBuilder()
                .setModelName(call.model())
                .setModelVersion(VERSION)
                .setId(call.id());
        for (var output : outputs) {
            var tensor = response.addOutputsBuilder()
                    .setName(output.name())
                    .setDatatype(output.type().name());
            for (long dim : output.shape().dims()) {
                tensor.addShape(dim);
            }
            response.addRawOutputContents(output.data());
        }
        return response.build();
    }
}
