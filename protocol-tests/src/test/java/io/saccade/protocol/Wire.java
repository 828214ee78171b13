package io.saccade.protocol;

import com.google.common.util.concurrent.ListenableFuture;
import com.google.protobuf.ByteString;
import com.google.protobuf.Message;
import com.google.protobuf.TextFormat;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptors;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.PrototypeMarshaller;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.health.v1.HealthGrpc;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.MetadataUtils;
import io.grpc.stub.StreamObserver;
import io.saccade.triton.proto.GRPCInferenceServiceGrpc;
import io.saccade.triton.proto.InferBatchStatistics;
import io.saccade.triton.proto.ModelInferRequest;
import io.saccade.triton.proto.ModelInferResponse;
import io.saccade.triton.proto.ModelStatistics;
import io.saccade.triton.proto.ModelStatisticsResponse;
import io.saccade.triton.proto.ModelStreamInferResponse;
import io.saccade.triton.proto.RepositoryIndexResponse;
import io.saccade.triton.proto.RepositoryIndexResponse.ModelIndex;
import io.saccade.triton.proto.StatisticDuration;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;

/** Asks one server over bare gRPC, and writes its answers down. */
final class Wire implements AutoCloseable {

    /** Only so that a server that never answers is a failure and no hanging build. */
    private static final long LONGEST_SECONDS = 60;

    /** Longer contents are written as their digest. */
    private static final int LONGEST_CONTENT = 200;

    private static final MethodDescriptor<ModelInferRequest, ModelStreamInferResponse> STREAM =
            GRPCInferenceServiceGrpc.getModelStreamInferMethod();
    private static final Map<Class<?>, MethodDescriptor<?, ?>> METHODS = methods();

    private final ManagedChannel channel;

    Wire(String endpoint) {
        this.channel = NettyChannelBuilder.forTarget(endpoint)
                .usePlaintext()
                .maxInboundMessageSize(Integer.MAX_VALUE)
                .build();
    }

    private static Map<Class<?>, MethodDescriptor<?, ?>> methods() {
        Map<Class<?>, MethodDescriptor<?, ?>> methods = new HashMap<>();
        Stream.concat(
                        GRPCInferenceServiceGrpc.getServiceDescriptor().getMethods().stream(),
                        Stream.of(HealthGrpc.getCheckMethod()))
                .filter(method -> method != STREAM)
                .forEach(method -> methods.put(
                        ((PrototypeMarshaller<?>) method.getRequestMarshaller())
                                .getMessagePrototype()
                                .getClass(),
                        method));
        return methods;
    }

    List<Answer> ask(Call call) throws InterruptedException {
        return switch (call) {
            case Call.Unary(Message request) -> List.of(unary(request, options()));
            case Call.Sequence(List<Call> calls) -> {
                List<Answer> answers = new ArrayList<>();
                for (Call each : calls) {
                    answers.addAll(ask(each));
                }
                yield answers;
            }
            case Call.Streaming(List<ModelInferRequest> requests, Map<String, String> headers) ->
                stream(requests, headers);
            case Call.Crowd(List<ModelInferRequest> requests, int answers) -> crowd(requests, answers);
            case Call.Late late ->
                List.of(unary(
                        late.request(),
                        CallOptions.DEFAULT.withDeadlineAfter(late.deadline().toNanos(), TimeUnit.NANOSECONDS)));
            case Call.Until(Message request, String part) -> List.of(until(request, part));
            case Call.Cancelled(ModelInferRequest request) -> List.of(cancelled(request));
        };
    }

    private static CallOptions options() {
        return CallOptions.DEFAULT.withDeadlineAfter(LONGEST_SECONDS, TimeUnit.SECONDS);
    }

    @SuppressWarnings("unchecked") // the map has them by the class of their request
    private Answer unary(Message request, CallOptions options) {
        var method = (MethodDescriptor<Message, Message>) METHODS.get(request.getClass());
        try {
            return answer(ClientCalls.blockingUnaryCall(channel, method, options, request));
        } catch (StatusRuntimeException e) {
            return refusal(e.getStatus());
        }
    }

    private Answer until(Message request, String part) {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(LONGEST_SECONDS);
        while (true) {
            Answer answer = unary(request, options());
            if (!answer.isOk() || answer.text().contains(part) || System.nanoTime() > end) {
                return answer;
            }
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(5));
        }
    }

    private Answer cancelled(ModelInferRequest request) {
        ClientCall<ModelInferRequest, ModelInferResponse> call =
                channel.newCall(GRPCInferenceServiceGrpc.getModelInferMethod(), options());
        ListenableFuture<ModelInferResponse> future = ClientCalls.futureUnaryCall(call, request);
        future.cancel(true);
        return refusal(Status.CANCELLED);
    }

    private List<Answer> crowd(List<ModelInferRequest> requests, int wanted) throws InterruptedException {
        BlockingQueue<Answer> arrived = new LinkedBlockingQueue<>();
        List<ClientCall<ModelInferRequest, ModelInferResponse>> calls = new ArrayList<>();
        for (ModelInferRequest request : requests) {
            ClientCall<ModelInferRequest, ModelInferResponse> call =
                    channel.newCall(GRPCInferenceServiceGrpc.getModelInferMethod(), options());
            calls.add(call);
            ClientCalls.asyncUnaryCall(call, request, new StreamObserver<>() {
                @Override
                public void onNext(ModelInferResponse response) {
                    arrived.add(answer(response));
                }

                @Override
                public void onError(Throwable failure) {
                    arrived.add(refusal(Status.fromThrowable(failure)));
                }

                @Override
                public void onCompleted() {}
            });
        }
        List<Answer> answers = new ArrayList<>();
        for (int i = 0; i < wanted; i++) {
            answers.add(arrived.take()); // each call ends by its deadline
        }
        calls.forEach(call -> call.cancel("enough answers", null));
        answers.sort(Comparator.comparing(Answer::code).thenComparing(Answer::text));
        return answers;
    }

    private List<Answer> stream(List<ModelInferRequest> requests, Map<String, String> headers)
            throws InterruptedException {
        List<Answer> answers = new ArrayList<>();
        BlockingQueue<Status> end = new LinkedBlockingQueue<>();
        var metadata = new Metadata();
        headers.forEach((name, value) -> metadata.put(Metadata.Key.of(name, Metadata.ASCII_STRING_MARSHALLER), value));
        var with = ClientInterceptors.intercept(channel, MetadataUtils.newAttachHeadersInterceptor(metadata));
        StreamObserver<ModelInferRequest> sender =
                ClientCalls.asyncBidiStreamingCall(with.newCall(STREAM, options()), new StreamObserver<>() {
                    @Override
                    public void onNext(ModelStreamInferResponse response) {
                        answers.add(answer(response));
                    }

                    @Override
                    public void onError(Throwable failure) {
                        end.add(Status.fromThrowable(failure));
                    }

                    @Override
                    public void onCompleted() {
                        end.add(Status.OK);
                    }
                });
        requests.forEach(sender::onNext);
        sender.onCompleted();
        Status status = end.take();
        answers.add(status.isOk() ? new Answer(Status.Code.OK, "the stream ended") : refusal(status));
        return answers;
    }

    private static Answer refusal(Status status) {
        if (status.getCode() == Status.Code.DEADLINE_EXCEEDED || status.getCode() == Status.Code.CANCELLED) {
            return new Answer(status.getCode(), ""); // words of our own gRPC library
        }
        return new Answer(status.getCode(), String.valueOf(status.getDescription()));
    }

    private static Answer answer(Message message) {
        return new Answer(Status.Code.OK, TextFormat.printer().printToString(steady(message)));
    }

    /** The message without what differs from run to run. */
    private static Message steady(Message message) {
        return switch (message) {
            case ModelInferResponse response -> shortened(response);
            case ModelStreamInferResponse response
            when response.hasInferResponse() ->
                response.toBuilder()
                        .setInferResponse(shortened(response.getInferResponse()))
                        .build();
            case ModelStatisticsResponse response -> {
                var steady = ModelStatisticsResponse.newBuilder();
                response.getModelStatsList().stream()
                        .map(Wire::timeless)
                        .sorted(Comparator.comparing(ModelStatistics::getName)
                                .thenComparing(ModelStatistics::getVersion))
                        .forEach(steady::addModelStats);
                yield steady.build();
            }
            case RepositoryIndexResponse response -> {
                var steady = RepositoryIndexResponse.newBuilder();
                response.getModelsList().stream()
                        .sorted(Comparator.comparing(ModelIndex::getName).thenComparing(ModelIndex::getVersion))
                        .forEach(steady::addModels);
                yield steady.build();
            }
            default -> message;
        };
    }

    private static ModelInferResponse shortened(ModelInferResponse response) {
        var shortened = response.toBuilder();
        for (int i = 0; i < response.getRawOutputContentsCount(); i++) {
            ByteString content = response.getRawOutputContents(i);
            if (content.size() > LONGEST_CONTENT) {
                try {
                    byte[] digest = MessageDigest.getInstance("SHA-256").digest(content.toByteArray());
                    shortened.setRawOutputContents(
                            i,
                            ByteString.copyFromUtf8(content.size() + " bytes, SHA-256 "
                                    + HexFormat.of().formatHex(digest)));
                } catch (NoSuchAlgorithmException e) {
                    throw new AssertionError(e); // every Java has it
                }
            }
        }
        return shortened.build();
    }

    private static ModelStatistics timeless(ModelStatistics statistics) {
        var timeless = statistics.toBuilder().setLastInference(statistics.getLastInference() > 0 ? 1 : 0);
        var all = timeless.getInferenceStatsBuilder();
        for (StatisticDuration.Builder duration : List.of(
                all.getSuccessBuilder(),
                all.getFailBuilder(),
                all.getQueueBuilder(),
                all.getComputeInputBuilder(),
                all.getComputeInferBuilder(),
                all.getComputeOutputBuilder(),
                all.getCacheHitBuilder(),
                all.getCacheMissBuilder())) {
            duration.clearNs();
        }
        for (InferBatchStatistics.Builder batch : timeless.getBatchStatsBuilderList()) {
            batch.getComputeInputBuilder().clearNs();
            batch.getComputeInferBuilder().clearNs();
            batch.getComputeOutputBuilder().clearNs();
        }
        // The Python backend counts no answers of decoupled models; our own tests look at them.
        timeless.clearMemoryUsage().clearResponseStats();
        return timeless.build();
    }

    @Override
    public void close() {
        channel.shutdownNow();
    }
}
