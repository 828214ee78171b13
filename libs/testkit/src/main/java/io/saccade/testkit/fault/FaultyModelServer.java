package io.saccade.testkit.fault;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import io.grpc.CallOptions;
import io.grpc.ConnectivityState;
import io.grpc.Context;
import io.grpc.HandlerRegistry;
import io.grpc.ManagedChannel;
import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.Marshaller;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.Server;
import io.grpc.ServerMethodDefinition;
import io.grpc.Status;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.ServerCalls;
import io.grpc.stub.StreamObserver;
import io.saccade.triton.proto.GRPCInferenceServiceGrpc;
import io.saccade.triton.proto.ModelInferRequest;
import io.saccade.triton.proto.ModelInferResponse;
import io.saccade.triton.proto.ModelReadyRequest;
import io.saccade.triton.proto.ModelReadyResponse;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * Stands before a real model server and spoils what passes by plan: statuses, delays, answers that are wrong or lost,
 * models that are down, connections that are told to go away; and, by its {@link #link()}, everything a network can do.
 * Whatever the plan lets through is answered by the real server.
 *
 * <p>Asked to {@link #keepAnswers}, it answers what was asked before, byte for byte, as the real server answered it then,
 * without asking again: for runs in which the time a model takes is not what is looked at. Every first answer is the real
 * server's, faults are applied to kept answers as to others, kept ones count as computed, and while there is no connection
 * to the real server nothing is answered from memory.
 *
 * <p>Knows unary calls only. Thread-safe.
 */
public final class FaultyModelServer implements AutoCloseable {

    private static final int MAX_MESSAGE = 64 << 20;
    private static final String INFER =
            GRPCInferenceServiceGrpc.getModelInferMethod().getFullMethodName();
    private static final String READY =
            GRPCInferenceServiceGrpc.getModelReadyMethod().getFullMethodName();
    private static final Plan CALM = _ -> ModelFault.none();

    private final ManagedChannel server;
    private final FaultyLink link;
    private final ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().daemon().name("faulty-model-server").factory());
    private final Set<String> down = ConcurrentHashMap.newKeySet();
    private final Map<String, LongAdder> rows = new ConcurrentHashMap<>();
    private final AtomicLong calls = new AtomicLong();
    private final Map<String, LongAdder> callsByModel = new ConcurrentHashMap<>();
    private final Map<String, AtomicLong> open = new ConcurrentHashMap<>();
    private final LongAdder spoilt = new LongAdder();
    private final LongAdder fromMemory = new LongAdder();
    private volatile KeptAnswers kept = new KeptAnswers(0);
    private volatile Plan plan = CALM;
    private Server front;

    private FaultyModelServer(int port, long seed) {
        server = NettyChannelBuilder.forAddress(new InetSocketAddress(loopback(), port))
                .usePlaintext()
                .maxInboundMessageSize(MAX_MESSAGE)
                .disableRetry()
                .build();
        front = listen();
        link = FaultyLink.to(front.getPort(), seed);
    }

    /**
     * Decides what happens to a call. Asked by several threads at once.
     */
    @FunctionalInterface
    public interface Plan {

        /** What happens to this call. */
        ModelFault of(Call call);

        /**
         * Something happens to a share of the calls, by their number: the same seed and order of calls make the same faults.
         *
         * @param share 0..1
         */
        static Plan sometimes(long seed, double share, ModelFault fault) {
            return call -> new SplittableRandom(seed ^ call.number() * 0x9E3779B97F4A7C15L).nextDouble() < share
                    ? fault
                    : ModelFault.none();
        }

        /** One plan for one model, and no faults for the others. */
        default Plan onlyFor(String model) {
            return call -> call.model().equals(model) ? of(call) : ModelFault.none();
        }
    }

    /**
     * An inference call.
     *
     * @param number counts the calls of this server, from 1
     * @param model  which is asked
     */
    public record Call(long number, String model) {}

    /**
     * Stands before the server on a port of 127.0.0.1, which need not run yet.
     *
     * @param seed of the link's jitter
     */
    public static FaultyModelServer before(int port, long seed) {
        return new FaultyModelServer(port, seed);
    }

    /** Where clients connect: {@code 127.0.0.1:PORT}. */
    public String endpoint() {
        return link.address();
    }

    /** The network between clients and this server. */
    public FaultyLink link() {
        return link;
    }

    /** What happens to inference calls from now on. */
    public void plan(Plan plan) {
        this.plan = plan;
    }

    /** A model says that it is not ready, and refuses every call as unavailable. */
    public void down(String model) {
        down.add(model);
    }

    /** A model that was down is back. */
    public void up(String model) {
        down.remove(model);
    }

    /**
     * From now on a request that was answered well is answered again without the real server. Forgets what was kept so far.
     *
     * @param bytes how much memory requests and answers may take together; 0 to ask the real server every time
     */
    public void keepAnswers(long bytes) {
        kept = new KeptAnswers(bytes);
    }

    /** Tells every client to go away (HTTP/2's GOAWAY) and takes new connections; calls at work may finish. */
    public synchronized void goAway() {
        var old = front;
        front = listen();
        link.redirect(front.getPort());
        old.shutdown();
    }

    /** No faults from now on. */
    public void heal() {
        plan = CALM;
        down.clear();
        link.heal();
    }

    /**
     * Rows that the real server has computed for a model, or would have without its kept answers: one for each image, or for
     * each question.
     */
    public long computed(String model) {
        var count = rows.get(model);
        return count == null ? 0 : count.sum();
    }

    /** The same for all models. */
    public long computed() {
        return rows.values().stream().mapToLong(LongAdder::sum).sum();
    }

    /** Calls so far for which a kept answer stood in. */
    public long answeredFromMemory() {
        return fromMemory.sum();
    }

    /** Inference calls so far, those that failed included. */
    public long calls() {
        return calls.get();
    }

    /** Inference calls to a model so far, those that failed included. */
    public long calls(String model) {
        var count = callsByModel.get(model);
        return count == null ? 0 : count.sum();
    }

    /** Inference calls to a model that have no answer yet. */
    public long open(String model) {
        var count = open.get(model);
        return count == null ? 0 : count.get();
    }

    /** Calls so far that did not go as they should. */
    public long spoilt() {
        return spoilt.sum();
    }

    @Override
    public synchronized void close() {
        link.close();
        front.shutdownNow();
        server.shutdownNow();
        timer.shutdownNow();
    }

    private Server listen() {
        try {
            return NettyServerBuilder.forAddress(new InetSocketAddress(loopback(), 0))
                    .maxInboundMessageSize(MAX_MESSAGE)
                    .fallbackHandlerRegistry(new Everything())
                    .build()
                    .start();
        } catch (IOException e) {
            throw new UncheckedIOException("the faulty model server could not listen", e);
        }
    }

    private static InetAddress loopback() {
        return InetAddress.getLoopbackAddress();
    }

    /** Takes every method by its name, as bytes. */
    private final class Everything extends HandlerRegistry {
        @Override
        public ServerMethodDefinition<byte[], byte[]> lookupMethod(String name, @Nullable String authority) {
            var method = MethodDescriptor.<byte[], byte[]>newBuilder()
                    .setType(MethodType.UNARY)
                    .setFullMethodName(name)
                    .setRequestMarshaller(Bytes.MARSHALLER)
                    .setResponseMarshaller(Bytes.MARSHALLER)
                    .build();
            return ServerMethodDefinition.create(
                    method, ServerCalls.asyncUnaryCall((request, answer) -> take(method, request, answer)));
        }
    }

    private void take(MethodDescriptor<byte[], byte[]> method, byte[] request, StreamObserver<byte[]> answer) {
        if (method.getFullMethodName().equals(READY) && isDown(request)) {
            answer.onNext(
                    ModelReadyResponse.newBuilder().setReady(false).build().toByteArray());
            answer.onCompleted();
            return;
        }
        if (!method.getFullMethodName().equals(INFER)) {
            forward(method, request, answer, null, null);
            return;
        }
        var model = modelOf(request);
        var call = new Call(calls.incrementAndGet(), model);
        var fault = down.contains(model)
                ? ModelFault.failing(Status.Code.UNAVAILABLE, "Request for unknown model: '" + model + "' is not ready")
                : plan.of(call);
        if (!(fault instanceof ModelFault.None)) {
            spoilt.increment();
        }
        callsByModel.computeIfAbsent(model, _ -> new LongAdder()).increment();
        play(fault, method, request, new Counted(answer, open.computeIfAbsent(model, _ -> new AtomicLong())), model);
    }

    private void play(
            ModelFault fault,
            MethodDescriptor<byte[], byte[]> method,
            byte[] request,
            StreamObserver<byte[]> answer,
            String model) {
        switch (fault) {
            case ModelFault.None _ -> forward(method, request, answer, model, null);
            case ModelFault.Failing(var status) -> fail(answer, status);
            case ModelFault.Late(var delay, var then) -> {
                var context = Context.current();
                var _ = timer.schedule(
                        context.wrap(() -> play(then, method, request, answer, model)),
                        delay.toNanos(),
                        TimeUnit.NANOSECONDS);
            }
            case ModelFault.Spoilt(var damage) -> forward(method, request, answer, model, damage);
            case ModelFault.Lost() -> forward(method, request, new Nobody(), model, null);
        }
    }

    private void forward(
            MethodDescriptor<byte[], byte[]> method,
            byte[] request,
            StreamObserver<byte[]> answer,
            @Nullable String model,
            ModelFault.@Nullable Damage damage) {
        // What was kept while answers were kept stays with that memory: a call may outlive it.
        var memory = kept;
        var state = server.getState(false);
        if (state == ConnectivityState.TRANSIENT_FAILURE) {
            // What stands between must not add an absence of its own: gRPC waits longer after each failed attempt, so
            // that a server that was away for seconds would be away for seconds more.
            server.resetConnectBackoff();
        }
        var known = model == null || state != ConnectivityState.READY ? null : memory.of(request);
        if (model != null && known != null) {
            fromMemory.increment();
            computed(model, known, answer, damage);
            if (isOpen(answer)) {
                answer.onCompleted();
            }
            return;
        }
        // The context of the incoming call carries its deadline and its cancellation on to the server.
        ClientCalls.asyncUnaryCall(server.newCall(method, CallOptions.DEFAULT), request, new StreamObserver<>() {
            @Override
            public void onNext(byte[] reply) {
                if (model != null) {
                    memory.keep(request, reply);
                    computed(model, reply, answer, damage);
                } else {
                    pass(answer, reply);
                }
            }

            @Override
            public void onError(Throwable e) {
                fail(answer, Status.fromThrowable(e));
            }

            @Override
            public void onCompleted() {
                if (isOpen(answer)) {
                    answer.onCompleted();
                }
            }
        });
    }

    private void computed(
            String model, byte[] reply, StreamObserver<byte[]> answer, ModelFault.@Nullable Damage damage) {
        var parsed = parse(reply);
        rows.computeIfAbsent(model, _ -> new LongAdder()).add(rowsOf(parsed));
        pass(answer, damage == null ? reply : spoil(parsed, damage).toByteArray());
    }

    private static void pass(StreamObserver<byte[]> answer, byte[] reply) {
        if (isOpen(answer)) {
            answer.onNext(reply);
        }
    }

    private static void fail(StreamObserver<byte[]> answer, Status status) {
        if (isOpen(answer)) {
            answer.onError(status.asRuntimeException());
        }
    }

    private static boolean isOpen(StreamObserver<byte[]> answer) {
        return !(answer instanceof Counted counted && counted.isCancelled());
    }

    private boolean isDown(byte[] request) {
        try {
            return down.contains(ModelReadyRequest.parseFrom(request).getName());
        } catch (InvalidProtocolBufferException e) {
            return false; // the server's to refuse
        }
    }

    private static String modelOf(byte[] request) {
        try {
            // Without copying the tensors: they are most of the message.
            return ModelInferRequest.parser()
                    .parseFrom(com.google.protobuf.UnsafeByteOperations.unsafeWrap(request))
                    .getModelName();
        } catch (InvalidProtocolBufferException e) {
            return "";
        }
    }

    private static ModelInferResponse parse(byte[] reply) {
        try {
            return ModelInferResponse.parseFrom(reply);
        } catch (InvalidProtocolBufferException e) {
            throw new UncheckedIOException("the model server's answer is none", e);
        }
    }

    private static long rowsOf(ModelInferResponse reply) {
        if (reply.getOutputsCount() == 0 || reply.getOutputs(0).getShapeCount() == 0) {
            return 1;
        }
        return reply.getOutputs(0).getShape(0);
    }

    private static ModelInferResponse spoil(ModelInferResponse reply, ModelFault.Damage damage) {
        var spoilt = reply.toBuilder();
        switch (damage) {
            case EMPTY -> spoilt.clearOutputs().clearRawOutputContents();
            case WRONG_SHAPE -> {
                for (var output : spoilt.getOutputsBuilderList()) {
                    if (output.getShapeCount() > 0) {
                        output.setShape(0, output.getShape(0) + 1);
                    }
                }
            }
            case WRONG_TYPE ->
                spoilt.getOutputsBuilderList()
                        .forEach(output ->
                                output.setDatatype(output.getDatatype().equals("FP32") ? "INT32" : "FP32"));
            case TRUNCATED -> {
                for (int i = 0; i < spoilt.getRawOutputContentsCount(); i++) {
                    var raw = spoilt.getRawOutputContents(i);
                    spoilt.setRawOutputContents(i, raw.substring(0, Math.max(0, raw.size() - 1)));
                }
            }
            case NAN -> fill(spoilt, "FP32", Float.floatToRawIntBits(Float.NaN));
            case INFINITE -> fill(spoilt, "FP32", Float.floatToRawIntBits(Float.POSITIVE_INFINITY));
            case WILD -> fill(spoilt, "INT64", 0x7EADBEEF);
        }
        return spoilt.build();
    }

    /** Writes one 32-bit pattern, little endian, over every output of a type. */
    private static void fill(ModelInferResponse.Builder reply, String type, int bits) {
        for (int i = 0; i < reply.getRawOutputContentsCount(); i++) {
            if (reply.getOutputs(i).getDatatype().equals(type)) {
                var raw = new byte[reply.getRawOutputContents(i).size()];
                for (int at = 0; at + 3 < raw.length; at += 4) {
                    for (int b = 0; b < 4; b++) {
                        raw[at + b] = (byte) (bits >>> (8 * b));
                    }
                }
                reply.setRawOutputContents(i, ByteString.copyFrom(raw));
            }
        }
    }

    /** Counts a call as open until it is answered or its caller gives up. */
    private static final class Counted implements StreamObserver<byte[]> {

        private final StreamObserver<byte[]> answer;
        private final AtomicLong open;
        private final AtomicBoolean ended = new AtomicBoolean();

        Counted(StreamObserver<byte[]> answer, AtomicLong open) {
            this.answer = answer;
            this.open = open;
            open.incrementAndGet();
            ((ServerCallStreamObserver<byte[]>) answer).setOnCancelHandler(this::end);
        }

        boolean isCancelled() {
            return ((ServerCallStreamObserver<byte[]>) answer).isCancelled();
        }

        @Override
        public void onNext(byte[] reply) {
            answer.onNext(reply);
        }

        @Override
        public void onError(Throwable e) {
            end();
            answer.onError(e);
        }

        @Override
        public void onCompleted() {
            end();
            answer.onCompleted();
        }

        private void end() {
            if (ended.compareAndSet(false, true)) {
                open.decrementAndGet();
            }
        }
    }

    private static final class Nobody implements StreamObserver<byte[]> {
        @Override
        public void onNext(byte[] reply) {}

        @Override
        public void onError(Throwable e) {}

        @Override
        public void onCompleted() {}
    }

    private static final class Bytes implements Marshaller<byte[]> {

        private static final Bytes MARSHALLER = new Bytes();

        @Override
        public InputStream stream(byte[] value) {
            return new ByteArrayInputStream(value);
        }

        @Override
        public byte[] parse(InputStream stream) {
            try {
                return stream.readAllBytes();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }
}
