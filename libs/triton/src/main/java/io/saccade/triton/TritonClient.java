package io.saccade.triton;

import static java.util.Objects.requireNonNull;

import com.google.protobuf.ByteString;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ChannelCredentials;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptor;
import io.grpc.ClientInterceptors;
import io.grpc.Deadline;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.TlsChannelCredentials;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.MetadataUtils;
import io.grpc.stub.StreamObserver;
import io.saccade.triton.proto.GRPCInferenceServiceGrpc;
import io.saccade.triton.proto.ModelConfig;
import io.saccade.triton.proto.ModelConfigRequest;
import io.saccade.triton.proto.ModelInferRequest;
import io.saccade.triton.proto.ModelInferResponse;
import io.saccade.triton.proto.ModelInput;
import io.saccade.triton.proto.ModelMetadataRequest;
import io.saccade.triton.proto.ModelMetadataResponse;
import io.saccade.triton.proto.ModelMetadataResponse.TensorMetadata;
import io.saccade.triton.proto.ModelOutput;
import io.saccade.triton.proto.ModelReadyRequest;
import io.saccade.triton.proto.ModelStatisticsRequest;
import io.saccade.triton.proto.RepositoryIndexRequest;
import io.saccade.triton.proto.RepositoryModelLoadRequest;
import io.saccade.triton.proto.RepositoryModelUnloadRequest;
import io.saccade.triton.proto.ServerLiveRequest;
import io.saccade.triton.proto.ServerMetadataRequest;
import io.saccade.triton.proto.ServerReadyRequest;
import io.saccade.triton.proto.ServerReadyResponse;
import io.saccade.triton.proto.SystemSharedMemoryRegisterRequest;
import io.saccade.triton.proto.SystemSharedMemoryStatusRequest;
import io.saccade.triton.proto.SystemSharedMemoryUnregisterRequest;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Calls one or several equal Triton servers. Safe for any number of threads and calls at once; it sets no bound to the calls
 * in flight, that is the caller's business. Connects at the first call, so building it never fails for a server that is away.
 *
 * <p>Failures are {@link TritonException}s. Nothing is sent a second time, except what gRPC knows the server never saw.
 *
 * <p>{@link #infer} completes on gRPC's executor; what is chained to it must not block there. All other calls block, which is
 * cheap on a virtual thread.
 */
public final class TritonClient implements AutoCloseable {
    private final ChannelPool channels;
    private final List<ClientInterceptor> interceptors;
    private final Map<String, String> headers;
    private final Duration timeout;
    private final Duration controlTimeout;
    private final InferListener listener;
    private final CallTracer tracer;
    private final @Nullable SharedMemory sharedMemory;

    private TritonClient(Builder builder) {
        this.interceptors = List.copyOf(builder.interceptors);
        this.headers = Map.copyOf(builder.headers);
        this.timeout = builder.timeout;
        this.controlTimeout = builder.controlTimeout;
        this.listener = builder.listener;
        this.tracer = builder.tracer;
        this.channels = new ChannelPool(builder.lines(), this::probe, System::nanoTime);
        this.sharedMemory = builder.sharedSlots == 0
                ? null
                : new SharedMemory(
                        builder.sharedSlots,
                        builder.sharedSlotBytes,
                        builder.sharedFolder,
                        new SharedMemory.Server() {
                            @Override
                            public void register(SharedRegion region) {
                                registerSharedMemory(region);
                            }

                            @Override
                            public void unregister(String name) {
                                unregisterSharedMemory(name);
                            }

                            @Override
                            public List<SharedRegion> registered() {
                                return sharedMemoryStatus();
                            }
                        },
                        System::nanoTime);
    }

    /** Starts the settings of a client. */
    public static Builder builder() {
        return new Builder();
    }

    /**
     * Asks a model once.
     *
     * @return completes with the answer, or exceptionally with {@link TritonException}; cancelling it cancels the call, and a
     *         server that has not begun to run it will not
     */
    public CompletableFuture<InferResult> infer(InferRequest request) {
        InferCall call = new InferCall(request);
        try {
            call.start();
        } catch (TritonException e) {
            return CompletableFuture.failedFuture(e); // not sent
        }
        return call.future;
    }

    /**
     * Asks a model once and waits. An interrupt cancels the call; the thread stays interrupted.
     *
     * @throws TritonException when there is no answer
     */
    public InferResult inferBlocking(InferRequest request) {
        CompletableFuture<InferResult> future = infer(request);
        try {
            return future.get();
        } catch (InterruptedException e) {
            future.cancel(true);
            Thread.currentThread().interrupt();
            throw TritonException.of(
                    "infer",
                    request.model(),
                    Status.CANCELLED
                            .withDescription("the calling thread was interrupted")
                            .withCause(e)
                            .asRuntimeException());
        } catch (ExecutionException e) {
            throw rethrow(request.model(), e);
        } catch (CancellationException e) {
            throw TritonException.of(
                    "infer", request.model(), Status.CANCELLED.withCause(e).asRuntimeException());
        }
    }

    /**
     * Asks a model that answers any number of times: a decoupled one, such as a language model. Others may be asked so too and
     * answer once. The time limit is for the whole stream.
     *
     * <p>A failure of the model comes as a text, whose words decide its class. Triton 24.08 and newer end the stream with a gRPC
     * status instead if the request has the header {@code triton_grpc_error: true}. It is not sent unasked: 2.51.0 may crash where such
     * a stream ends or is cancelled while its model fails, and a lost server is worse than a coarser code.
     *
     * @return results as they come; to be closed
     */
    public InferStream stream(InferRequest request) {
        CallTracer.TracedCall span = tracer.started(request);
        Map<String, String> callHeaders = headers(request, span);
        InferStream stream = new InferStream(
                request,
                listener,
                span,
                channel(callHeaders).newCall(GRPCInferenceServiceGrpc.getModelStreamInferMethod(), options(request)));
        stream.start();
        return stream;
    }

    private static Map<String, String> headers(InferRequest request, CallTracer.TracedCall span) {
        Map<String, String> all = new LinkedHashMap<>(span.headers());
        all.putAll(request.headers());
        return all;
    }

    private CallOptions options(InferRequest request) {
        return CallOptions.DEFAULT.withDeadline(deadline(request));
    }

    private Deadline deadline(InferRequest request) {
        Duration wait = requireNonNull(request.timeout() == null ? timeout : request.timeout());
        return Deadline.after(wait.toNanos(), TimeUnit.NANOSECONDS);
    }

    private static TritonException rethrow(String model, ExecutionException e) {
        return switch (e.getCause()) {
            case TritonException known -> known;
            case Error error -> throw error;
            case null -> TritonException.of("infer", model, e);
            case Throwable other -> TritonException.of("infer", model, other);
        };
    }

    /** Whether the server's process answers; false as well when it cannot be reached. */
    public boolean serverLive() {
        return answersYes(() -> control(
                        "live",
                        "",
                        GRPCInferenceServiceGrpc.getServerLiveMethod(),
                        ServerLiveRequest.getDefaultInstance())
                .getLive());
    }

    /** Whether the server and, if it is strict, all its models are ready; false as well when it cannot be reached. */
    public boolean serverReady() {
        return answersYes(() -> control(
                        "ready",
                        "",
                        GRPCInferenceServiceGrpc.getServerReadyMethod(),
                        ServerReadyRequest.getDefaultInstance())
                .getReady());
    }

    /**
     * Whether a model can be asked now. A model the server does not know is not ready, whether it says so with an answer or,
     * as newer servers do, with NOT_FOUND; false as well when the server cannot be reached.
     */
    public boolean modelReady(String model) {
        return answersYes(() -> control(
                        "ready",
                        model,
                        GRPCInferenceServiceGrpc.getModelReadyMethod(),
                        ModelReadyRequest.newBuilder().setName(model).build())
                .getReady());
    }

    private static boolean answersYes(BooleanSupplier call) {
        try {
            return call.getAsBoolean();
        } catch (TritonException e) {
            return switch (e.code()) {
                case NOT_FOUND, UNAVAILABLE, DEADLINE_EXCEEDED, CANCELLED -> false;
                default -> throw e;
            };
        }
    }

    /** Name, version and extensions of the server. */
    public ServerInfo serverMetadata() {
        var answer = control(
                "metadata",
                "",
                GRPCInferenceServiceGrpc.getServerMetadataMethod(),
                ServerMetadataRequest.getDefaultInstance());
        return new ServerInfo(answer.getName(), answer.getVersion(), answer.getExtensionsList());
    }

    /** What a model says of itself, in the version the server chooses. */
    public ModelInfo describe(String model) {
        return describe(model, "");
    }

    /** What a version of a model says of itself; an empty version is the one the server chooses. */
    public ModelInfo describe(String model, String version) {
        ModelMetadataResponse metadata = control(
                "metadata",
                model,
                GRPCInferenceServiceGrpc.getModelMetadataMethod(),
                ModelMetadataRequest.newBuilder()
                        .setName(model)
                        .setVersion(version)
                        .build());
        ModelConfig config = control(
                        "config",
                        model,
                        GRPCInferenceServiceGrpc.getModelConfigMethod(),
                        ModelConfigRequest.newBuilder()
                                .setName(model)
                                .setVersion(version)
                                .build())
                .getConfig();
        Map<String, String> parameters = new LinkedHashMap<>();
        config.getParametersMap().forEach((name, value) -> parameters.put(name, value.getStringValue()));
        boolean batches = config.getMaxBatchSize() > 0;
        return new ModelInfo(
                metadata.getName().isEmpty() ? model : metadata.getName(),
                version,
                metadata.getVersionsList(),
                metadata.getPlatform(),
                config.getMaxBatchSize(),
                config.getModelTransactionPolicy().getDecoupled(),
                config.getInputCount() == 0
                        ? specs(model, batches, metadata.getInputsList())
                        : config.getInputList().stream()
                                .map(input -> spec(model, input))
                                .toList(),
                config.getOutputCount() == 0
                        ? specs(model, batches, metadata.getOutputsList())
                        : config.getOutputList().stream()
                                .map(output -> spec(model, output))
                                .toList(),
                parameters);
    }

    private static TensorSpec spec(String model, ModelInput input) {
        return new TensorSpec(
                input.getName(),
                type(model, input.getName(), DataType.of(input.getDataType()).orElse(null)),
                Shape.of(input.getDimsList()),
                input.getOptional());
    }

    private static TensorSpec spec(String model, ModelOutput output) {
        return new TensorSpec(
                output.getName(),
                type(model, output.getName(), DataType.of(output.getDataType()).orElse(null)),
                Shape.of(output.getDimsList()),
                false);
    }

    private static List<TensorSpec> specs(String model, boolean batches, List<TensorMetadata> tensors) {
        return tensors.stream()
                .map(tensor -> {
                    Shape shape = Shape.of(tensor.getShapeList());
                    return new TensorSpec(
                            tensor.getName(),
                            type(
                                    model,
                                    tensor.getName(),
                                    DataType.ofWireName(tensor.getDatatype()).orElse(null)),
                            batches && shape.rank() > 0 ? shape.withoutFirst() : shape,
                            false);
                })
                .toList();
    }

    private static DataType type(String model, String tensor, @Nullable DataType type) {
        if (type == null) {
            throw TritonException.protocol(
                    model, "tensor '" + tensor + "' is declared with a datatype this client does not know", null);
        }
        return type;
    }

    /** What a model has done since it was loaded, one entry for each version; all models for an empty name. */
    public List<ModelUsage> statistics(String model) {
        return control(
                        "statistics",
                        model,
                        GRPCInferenceServiceGrpc.getModelStatisticsMethod(),
                        ModelStatisticsRequest.newBuilder().setName(model).build())
                .getModelStatsList()
                .stream()
                .map(ModelUsage::of)
                .toList();
    }

    /** The models in the server's repository, ready or not. */
    public List<ModelState> repositoryIndex() {
        return control(
                        "repository index",
                        "",
                        GRPCInferenceServiceGrpc.getRepositoryIndexMethod(),
                        RepositoryIndexRequest.getDefaultInstance())
                .getModelsList()
                .stream()
                .map(model -> new ModelState(model.getName(), model.getVersion(), model.getState(), model.getReason()))
                .toList();
    }

    /** Loads a model, or loads it again; returns when it is ready. Only for a server with explicit model control. */
    public void loadModel(String model) {
        control(
                "load",
                model,
                GRPCInferenceServiceGrpc.getRepositoryModelLoadMethod(),
                RepositoryModelLoadRequest.newBuilder().setModelName(model).build());
    }

    /** Unloads a model. Only for a server with explicit model control. */
    public void unloadModel(String model) {
        control(
                "unload",
                model,
                GRPCInferenceServiceGrpc.getRepositoryModelUnloadMethod(),
                RepositoryModelUnloadRequest.newBuilder().setModelName(model).build());
    }

    /** What {@link Builder#sharedMemory} has done until now; all zero where it is not switched on. */
    public SharedMemoryUse sharedMemoryUse() {
        return sharedMemory == null ? new SharedMemoryUse(0, 0, 0, Optional.empty()) : sharedMemory.use();
    }

    /**
     * Makes all slots of {@link Builder#sharedMemory} now, which else are made when calls first want them: for a program that shall
     * rather not start than send its tensors over the network.
     *
     * @throws TritonException       if the memory cannot be had or the server refuses it, with what to look at
     * @throws IllegalStateException if shared memory is not switched on
     */
    public void requireSharedMemory() {
        if (sharedMemory == null) {
            throw new IllegalStateException("this client was built without sharedMemory()");
        }
        sharedMemory.makeAll();
    }

    /** Lets the server open memory of this host. {@link Builder#sharedMemory} does all that is needed by itself. */
    public void registerSharedMemory(SharedRegion region) {
        control(
                "register shared memory",
                "",
                GRPCInferenceServiceGrpc.getSystemSharedMemoryRegisterMethod(),
                SystemSharedMemoryRegisterRequest.newBuilder()
                        .setName(region.name())
                        .setKey(region.key())
                        .setOffset(region.offset())
                        .setByteSize(region.bytes())
                        .build());
    }

    /** Lets the server forget a region; nothing happens if it knows none of this name. */
    public void unregisterSharedMemory(String name) {
        if (name.isEmpty()) {
            throw new IllegalArgumentException(
                    "the name of a region was expected: without one the server would forget those of all clients");
        }
        control(
                "unregister shared memory",
                "",
                GRPCInferenceServiceGrpc.getSystemSharedMemoryUnregisterMethod(),
                SystemSharedMemoryUnregisterRequest.newBuilder().setName(name).build());
    }

    /** The regions of all clients that the server has registered, by name. */
    public List<SharedRegion> sharedMemoryStatus() {
        return control(
                        "status of shared memory",
                        "",
                        GRPCInferenceServiceGrpc.getSystemSharedMemoryStatusMethod(),
                        SystemSharedMemoryStatusRequest.getDefaultInstance())
                .getRegionsMap()
                .values()
                .stream()
                .map(region ->
                        new SharedRegion(region.getName(), region.getKey(), region.getOffset(), region.getByteSize()))
                .sorted(Comparator.comparing(SharedRegion::name))
                .toList();
    }

    /**
     * Takes no more calls, lets those in flight end for up to 5 seconds, then cancels them. With shared memory, calls that use it get
     * up to 5 seconds before that.
     */
    @Override
    public void close() {
        end(channels::close);
    }

    /**
     * Takes no more calls and cancels those in flight: for a caller who has no use for their answers any more. With shared memory,
     * calls that use it get up to 5 seconds before that.
     */
    public void closeNow() {
        end(channels::closeNow);
    }

    private void end(Runnable channels) {
        try {
            if (sharedMemory != null) {
                sharedMemory.close();
            }
        } finally {
            channels.run();
        }
    }

    private <Q, A> A control(String what, String model, MethodDescriptor<Q, A> method, Q request) {
        CallOptions options = CallOptions.DEFAULT.withDeadlineAfter(controlTimeout.toNanos(), TimeUnit.NANOSECONDS);
        try {
            return ClientCalls.blockingUnaryCall(channel(Map.of()), method, options, request);
        } catch (StatusRuntimeException e) {
            throw TritonException.of(what, model, e);
        }
    }

    /** Asks a server that is left out whether it is ready. One that refuses to say so, but answers, is. */
    private void probe(Channel server, Consumer<Boolean> report) {
        StreamObserver<ServerReadyResponse> observer = new StreamObserver<>() {
            private boolean ready;

            @Override
            public void onNext(ServerReadyResponse answer) {
                ready = answer.getReady();
            }

            @Override
            public void onError(Throwable failure) {
                Status status = Status.fromThrowable(failure);
                report.accept(status.getCode() == Status.Code.UNIMPLEMENTED || FaultTable.refusesTheCaller(status));
            }

            @Override
            public void onCompleted() {
                report.accept(ready);
            }
        };
        CallOptions options = CallOptions.DEFAULT.withDeadlineAfter(controlTimeout.toNanos(), TimeUnit.NANOSECONDS);
        try {
            ClientCalls.asyncUnaryCall(
                    dressed(server, Map.of()).newCall(GRPCInferenceServiceGrpc.getServerReadyMethod(), options),
                    ServerReadyRequest.getDefaultInstance(),
                    observer);
        } catch (RuntimeException e) {
            observer.onError(e);
        }
    }

    private Channel channel(Map<String, String> callHeaders) {
        return dressed(channels.next(), callHeaders);
    }

    private Channel dressed(Channel bare, Map<String, String> callHeaders) {
        Channel channel = ClientInterceptors.intercept(bare, interceptors);
        if (headers.isEmpty() && callHeaders.isEmpty()) {
            return channel;
        }
        Metadata metadata = new Metadata();
        headers.forEach((name, value) -> put(metadata, name, value));
        callHeaders.forEach((name, value) -> put(metadata, name, value));
        return ClientInterceptors.intercept(channel, MetadataUtils.newAttachHeadersInterceptor(metadata));
    }

    private static void put(Metadata metadata, String name, String value) {
        metadata.put(Metadata.Key.of(name, Metadata.ASCII_STRING_MARSHALLER), value);
    }

    /** One inference under way: ends exactly once, by answer, failure or cancellation. */
    private final class InferCall {
        private final InferRequest request;
        private final Deadline deadline;
        private final CompletableFuture<InferResult> future = new CompletableFuture<>();
        private final long started = System.nanoTime();
        private final AtomicBoolean ended = new AtomicBoolean();
        private final CallTracer.TracedCall span;
        private volatile @Nullable Attempt current;

        InferCall(InferRequest request) {
            this.request = request;
            this.span = tracer.started(request);
            this.deadline = deadline(request);
        }

        void start() {
            Attempt attempt;
            try {
                attempt = attempt();
            } catch (RuntimeException | Error e) {
                span.ended(Fault.PERMANENT);
                throw e;
            }
            listener.started(request.model());
            send(attempt);
            CompletableFuture<InferResult> _ = future.whenComplete((_, _) -> {
                if (future.isCancelled()) {
                    Attempt last = current;
                    if (last != null) {
                        last.cancel();
                    }
                    end(Fault.PASSING);
                }
            });
        }

        private Attempt attempt() {
            if (sharedMemory == null) {
                return new Attempt(InferCodec.encode(request), null);
            }
            Optional<SharedPlan> plan = SharedPlan.of(request, sharedMemory.slotBytes());
            SharedSlot slot = plan.isPresent() ? sharedMemory.take() : null;
            if (slot == null) {
                sharedMemory.countNetwork();
                return new Attempt(InferCodec.encode(request), null);
            }
            Loan loan = new Loan(sharedMemory, slot, plan.orElseThrow());
            boolean isReady = false;
            try {
                Attempt attempt = new Attempt(InferCodec.encode(request, loan.plan(), slot), loan);
                isReady = true;
                return attempt;
            } finally {
                if (!isReady) {
                    sharedMemory.giveBack(slot);
                }
            }
        }

        private void send(Attempt attempt) {
            current = attempt;
            try {
                attempt.send();
            } catch (RuntimeException | Error e) {
                attempt.cancel();
                end(Fault.PASSING);
                throw e;
            }
            if (future.isCancelled()) {
                attempt.cancel();
            }
        }

        private void fail(TritonException failure) {
            end(failure.fault());
            future.completeExceptionally(failure);
        }

        private void end(@Nullable Fault fault) {
            if (ended.compareAndSet(false, true)) {
                span.ended(fault);
                listener.finished(request.model(), Duration.ofNanos(System.nanoTime() - started), fault);
            }
        }

        /** One message on its way; there is a second only where the server no longer knew the shared memory of the first. */
        private final class Attempt implements StreamObserver<ModelInferResponse> {
            private final ModelInferRequest message;
            /** Whoever takes it out decides what becomes of the slot: the answer or the cancellation, never both. */
            private final AtomicReference<@Nullable Loan> loan;

            private final ClientCall<ModelInferRequest, ModelInferResponse> call;
            private @Nullable ModelInferResponse answer;

            Attempt(ModelInferRequest message, @Nullable Loan loan) {
                this.message = message;
                this.loan = new AtomicReference<>();
                if (loan != null) {
                    this.loan.set(loan);
                }
                this.call = channel(headers(request, span))
                        .newCall(
                                GRPCInferenceServiceGrpc.getModelInferMethod(),
                                CallOptions.DEFAULT.withDeadline(deadline));
            }

            void send() {
                ClientCalls.asyncUnaryCall(call, message, this);
            }

            void cancel() {
                Loan mine = loan.getAndSet(null); // before gRPC reports the end, on another thread
                call.cancel("the caller cancelled", null);
                if (mine != null) {
                    mine.memory().retire(mine.slot());
                }
            }

            @Override
            public void onNext(ModelInferResponse message) {
                answer = message;
            }

            @Override
            public void onError(Throwable failure) {
                TritonException known = TritonException.of("infer", request.model(), failure);
                Loan mine = loan.getAndSet(null);
                if (mine != null && FaultTable.isLostMemory(known)) {
                    mine.memory().lost(mine.slot());
                    again(known);
                    return;
                }
                if (mine != null) {
                    mine.failed(known);
                }
                fail(known);
            }

            /** The server has refused the message for its memory and done nothing: the same over the network. */
            private void again(TritonException reason) {
                try {
                    requireNonNull(sharedMemory).countNetwork();
                    InferCall.this.send(new Attempt(InferCodec.encode(request), null));
                } catch (RuntimeException e) {
                    reason.addSuppressed(e);
                    fail(reason);
                }
            }

            @Override
            public void onCompleted() {
                Loan mine = loan.getAndSet(null);
                InferResult result;
                try {
                    result = read(requireNonNull(answer, "gRPC ends a unary call with an answer"), mine);
                } catch (TritonException e) {
                    fail(e);
                    return;
                } catch (RuntimeException e) {
                    fail(TritonException.protocol(request.model(), "the answer cannot be read: " + e, e));
                    return;
                }
                end(null);
                future.complete(result);
            }

            /** Gives the slot back before anyone hears of the answer, so that the next call finds it. */
            private InferResult read(ModelInferResponse received, @Nullable Loan mine) {
                if (mine == null) {
                    return InferCodec.decode(request, received);
                }
                try {
                    return InferCodec.decode(request, received, mine::read);
                } finally {
                    mine.memory().giveBack(mine.slot());
                }
            }
        }
    }

    /** A slot that carries a call. */
    private record Loan(SharedMemory memory, SharedSlot slot, SharedPlan plan) {
        Optional<ByteString> read(String output, DataType type, Shape shape) {
            SharedPlan.Place place = plan.outputs().get(output);
            return place == null ? Optional.empty() : Optional.of(SharedPlan.read(slot, place, output, type, shape));
        }

        /** After a refusal by the server nothing runs there; after all else something may. */
        void failed(TritonException failure) {
            boolean isOver =
                    switch (failure.code()) {
                        case INVALID_ARGUMENT, NOT_FOUND, ALREADY_EXISTS, OUT_OF_RANGE, UNIMPLEMENTED -> true;
                        default -> failure.fault() == Fault.OVERLOADED;
                    };
            if (isOver) {
                memory.giveBack(slot);
            } else {
                memory.retire(slot);
            }
        }
    }

    /** The settings of a client; not for several threads. */
    public static final class Builder {
        private final List<String> endpoints = new ArrayList<>();
        private final List<ClientInterceptor> interceptors = new ArrayList<>();
        private final Map<String, String> headers = new LinkedHashMap<>();
        private int channelsPerEndpoint = 2;
        private Duration timeout = Duration.ofSeconds(10);
        private Duration controlTimeout = Duration.ofSeconds(5);
        private int maxInboundBytes = 64 << 20;
        private int flowControlWindow = 8 << 20;
        private String userAgent = "saccade-triton";
        private @Nullable ChannelCredentials credentials;
        private @Nullable String serverName;
        private @Nullable Executor executor;
        private InferListener listener = InferListener.NONE;
        private CallTracer tracer = CallTracer.NONE;
        private int sharedSlots;
        private long sharedSlotBytes;
        private Path sharedFolder = Path.of("/dev/shm");
        private Consumer<NettyChannelBuilder> customizer = _ -> {};

        private Builder() {}

        /**
         * Adds a server: {@code host:port}, or a gRPC name such as {@code dns:///triton.models:8001} that stands for several.
         * Calls go to all of them in turn.
         *
         * <p>Of several endpoints, one that five times in a row is away, stopping or silent until the deadline is left out for a
         * second, then asked whether it is ready; if not, it is left out for twice as long, up to 30 seconds. The addresses behind
         * one {@code dns:///} name are gRPC's business, which only sees whether they can be connected to.
         */
        public Builder endpoint(String endpoint) {
            if (endpoint.isBlank()) {
                throw new IllegalArgumentException("an endpoint must be host:port or dns:///host:port, got ''");
            }
            endpoints.add(endpoint.strip());
            return this;
        }

        /** Adds servers, as {@link #endpoint(String)}. */
        public Builder endpoints(Collection<String> endpoints) {
            endpoints.forEach(this::endpoint);
            return this;
        }

        /** Connections to each server, 2 by default. One carries about 1 GB/s and costs up to one core at that rate. */
        public Builder channelsPerEndpoint(int channels) {
            if (channels < 1) {
                throw new IllegalArgumentException("channels per endpoint must be 1 or more, got " + channels);
            }
            channelsPerEndpoint = channels;
            return this;
        }

        /** Longest wait for an inference that sets none itself, 10 seconds by default. */
        public Builder timeout(Duration timeout) {
            this.timeout = positive("timeout", timeout);
            return this;
        }

        /** Longest wait for every other call, 5 seconds by default; loading a large model needs more. */
        public Builder controlTimeout(Duration timeout) {
            controlTimeout = positive("control timeout", timeout);
            return this;
        }

        /** Largest answer accepted, 64 MiB by default; a larger one fails as {@link Fault#PERMANENT}. */
        public Builder maxInboundBytes(int bytes) {
            maxInboundBytes = bytes;
            return this;
        }

        /** HTTP/2 window of each connection for what comes in, 8 MiB by default; 0 lets gRPC measure and choose. */
        public Builder flowControlWindow(int bytes) {
            flowControlWindow = bytes;
            return this;
        }

        /** What the server's log shows. */
        public Builder userAgent(String userAgent) {
            this.userAgent = requireNonNull(userAgent);
            return this;
        }

        /** Sees every call, in this order: the place for tracing and metrics of gRPC itself. */
        public Builder interceptor(ClientInterceptor interceptor) {
            interceptors.add(requireNonNull(interceptor));
            return this;
        }

        /** Sends this metadata with every call, such as a restricted protocol's key. */
        public Builder header(String name, String value) {
            headers.put(name, value);
            return this;
        }

        /**
         * Sends the key of a server started with {@code --grpc-restricted-protocol=<protocols>:<key>=<value>}, with every call.
         *
         * @param key   as in the server's option, without the prefix {@code triton-grpc-protocol-} it has on the wire
         * @param value as in the server's option
         */
        public Builder restrictedProtocol(String key, String value) {
            return header("triton-grpc-protocol-" + key, value);
        }

        /** Encrypts, and trusts the authorities that the JVM trusts. */
        public Builder tls() {
            return credentials(TlsChannelCredentials.create());
        }

        /**
         * Encrypts, and trusts these authorities and no others.
         *
         * @param authorities certificates in PEM
         * @throws IllegalArgumentException if the file cannot be read
         */
        public Builder tls(Path authorities) {
            return credentials(trusting(authorities).build());
        }

        /**
         * Encrypts, trusts these authorities and no others, and shows the server who calls.
         *
         * @param authorities certificates in PEM
         * @param certificate the client's certificate chain in PEM, its own first
         * @param key         its private key in PEM, PKCS#8 without a password
         * @throws IllegalArgumentException if a file cannot be read
         */
        public Builder mutualTls(Path authorities, Path certificate, Path key) {
            try {
                return credentials(trusting(authorities)
                        .keyManager(certificate.toFile(), key.toFile())
                        .build());
            } catch (IOException e) {
                throw new IllegalArgumentException(
                        "the client's certificate " + certificate + " or its key " + key + " cannot be read: " + e, e);
            }
        }

        private static TlsChannelCredentials.Builder trusting(Path authorities) {
            try {
                return TlsChannelCredentials.newBuilder().trustManager(authorities.toFile());
            } catch (IOException e) {
                throw new IllegalArgumentException("the authorities in " + authorities + " cannot be read: " + e, e);
            }
        }

        /** Uses gRPC's own credentials: for key stores, hardware keys, or certificates that change while running. */
        public Builder credentials(ChannelCredentials credentials) {
            this.credentials = requireNonNull(credentials, "credentials");
            return this;
        }

        /** The name that the server's certificate must carry, where it is not that of the endpoint. */
        public Builder serverName(String serverName) {
            this.serverName = requireNonNull(serverName, "server name");
            return this;
        }

        /** Reads answers and completes futures; gRPC's shared cached threads by default. */
        public Builder executor(Executor executor) {
            this.executor = executor;
            return this;
        }

        /** Is told of each inference. */
        public Builder listener(InferListener listener) {
            this.listener = requireNonNull(listener);
            return this;
        }

        /** Makes a span for each inference, and the headers that carry it to the server. */
        public Builder tracer(CallTracer tracer) {
            this.tracer = requireNonNull(tracer);
            return this;
        }

        /**
         * Lets tensors go through memory that this process shares with the server, instead of over the network: all inputs of a
         * call, and the outputs that are asked for with {@link InferRequest.Builder#output(String, long)}. For one endpoint on the
         * same host, which has the same {@code /dev/shm}, may open this user's files, and allows it (Triton 26.04 and newer:
         * {@code --allow-client-shm=true}). Streams do not use it.
         *
         * <p>A call that finds no free slot or does not fit goes over the network, and so do all while the server refuses, which is
         * logged once and told by {@link TritonClient#sharedMemoryUse()}.
         *
         * <p>Names and memory go away when the client is closed. What a killed process leaves is removed by the next client with shared
         * memory on this host, and forgotten by the server when that client has a slot there.
         *
         * @param slots     calls that can be carried at once, 1 or more
         * @param slotBytes most bytes of one call, inputs and outputs together, each rounded up to 64; at most 2 GiB - 1. The memory
         *                  is taken at the first use of each slot: {@code slots x slotBytes} in all
         */
        public Builder sharedMemory(int slots, long slotBytes) {
            if (slots < 1) {
                throw new IllegalArgumentException("shared memory needs 1 slot or more, got " + slots);
            }
            if (slotBytes < 1 || slotBytes > Integer.MAX_VALUE) {
                throw new IllegalArgumentException(
                        "a slot of shared memory must have 1 to " + Integer.MAX_VALUE + " bytes, got " + slotBytes);
            }
            sharedSlots = slots;
            sharedSlotBytes = slotBytes;
            return this;
        }

        /** Where shared memory has its names, for tests. */
        Builder sharedFolder(Path folder) {
            sharedFolder = folder;
            return this;
        }

        /** Last word on each channel, after all other settings: keep-alive, and what this builder does not name. */
        public Builder customize(Consumer<NettyChannelBuilder> customizer) {
            this.customizer = requireNonNull(customizer);
            return this;
        }

        /**
         * The client; it connects at its first call.
         *
         * @throws IllegalArgumentException without an endpoint, with one that cannot be read, or with shared memory and several
         */
        public TritonClient build() {
            if (endpoints.isEmpty()) {
                throw new IllegalArgumentException("a Triton client needs at least one endpoint (host:port)");
            }
            if (sharedSlots > 0 && endpoints.size() > 1) {
                throw new IllegalArgumentException(
                        "shared memory needs one endpoint, a server on this host, got " + endpoints);
            }
            return new TritonClient(this);
        }

        /** One channel of each endpoint, then the second of each: neighbours in turn are different servers. */
        private List<ChannelPool.Line> lines() {
            List<ChannelPool.Line> all = new ArrayList<>();
            for (int i = 0; i < channelsPerEndpoint; i++) {
                for (String endpoint : endpoints) {
                    all.add(new ChannelPool.Line(endpoint, channel(endpoint)));
                }
            }
            return all;
        }

        private ManagedChannel channel(String endpoint) {
            NettyChannelBuilder builder = builderFor(endpoint)
                    .userAgent(userAgent)
                    .maxInboundMessageSize(maxInboundBytes)
                    .defaultLoadBalancingPolicy("round_robin")
                    // gRPC itself repeats only what the server never processed. It keeps a request for that; the
                    // default
                    // of 16 MiB for a channel would be full at some 26 calls of 600 KB, and repeat none of the others.
                    .perRpcBufferLimit(64 << 20)
                    .retryBufferSize(1L << 30);
            if (flowControlWindow > 0) {
                builder.flowControlWindow(flowControlWindow);
            }
            if (serverName != null) {
                builder.overrideAuthority(serverName);
            }
            if (executor != null) {
                builder.executor(executor);
            }
            customizer.accept(builder);
            return builder.build();
        }

        private NettyChannelBuilder builderFor(String endpoint) {
            if (credentials == null) {
                return NettyChannelBuilder.forTarget(endpoint)
                        .usePlaintext(); // customizers may still set TLS themselves
            }
            try {
                return NettyChannelBuilder.forTarget(endpoint, credentials);
            } catch (IllegalArgumentException e) {
                throw new IllegalArgumentException(
                        "the certificates or the key for " + endpoint + " cannot be used: " + e.getMessage(), e);
            }
        }

        private static Duration positive(String what, Duration duration) {
            if (duration.isNegative() || duration.isZero()) {
                throw new IllegalArgumentException(what + " must be positive, got " + duration);
            }
            return duration;
        }
    }
}
