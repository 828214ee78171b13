package io.saccade.triton;

import io.grpc.BindableService;
import io.grpc.Metadata;
import io.grpc.Server;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.ServerInterceptors;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.saccade.triton.proto.GRPCInferenceServiceGrpc.GRPCInferenceServiceImplBase;
import io.saccade.triton.proto.InferParameter;
import io.saccade.triton.proto.ModelInferRequest;
import io.saccade.triton.proto.ModelInferResponse;
import io.saccade.triton.proto.ModelStreamInferResponse;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.function.BiConsumer;

/** A server in the same JVM whose stream answers the test writes; it notes headers, requests and cancellations. */
public final class FakeServer implements AutoCloseable {
    /** How the test answers one request of a stream. */
    public interface Script extends BiConsumer<ModelInferRequest, ServerCallStreamObserver<ModelStreamInferResponse>> {}

    public final BlockingQueue<Metadata> headers = new LinkedBlockingQueue<>();
    public final BlockingQueue<ModelInferRequest> requests = new LinkedBlockingQueue<>();
    public final CountDownLatch cancelled = new CountDownLatch(1);
    private final Server server;

    private FakeServer(BindableService service) {
        server = NettyServerBuilder.forAddress(new InetSocketAddress("127.0.0.1", 0))
                .flowControlWindow(64 << 10)
                .addService(ServerInterceptors.intercept(service, new ServerInterceptor() {
                    @Override
                    public <Q, A> ServerCall.Listener<Q> interceptCall(
                            ServerCall<Q, A> call, Metadata received, ServerCallHandler<Q, A> next) {
                        headers.add(received);
                        return next.startCall(call, received);
                    }
                }))
                .build();
        try {
            server.start();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A server whose answers to a request of a stream are the script's. */
    public static FakeServer streaming(Script script) {
        return streaming(script, () -> {});
    }

    /** The same; the second script runs whenever the connection can take more. */
    public static FakeServer streaming(Script script, Runnable whenReady) {
        return new Streaming(script, whenReady).server;
    }

    public String endpoint() {
        return "127.0.0.1:" + server.getPort();
    }

    @Override
    public void close() {
        server.shutdownNow();
    }

    private static final class Streaming extends GRPCInferenceServiceImplBase {
        private final Script script;
        private final Runnable whenReady;
        private final FakeServer server;

        Streaming(Script script, Runnable whenReady) {
            this.script = script;
            this.whenReady = whenReady;
            this.server = new FakeServer(this);
        }

        @Override
        public StreamObserver<ModelInferRequest> modelStreamInfer(StreamObserver<ModelStreamInferResponse> out) {
            var answers = (ServerCallStreamObserver<ModelStreamInferResponse>) out;
            answers.setOnReadyHandler(whenReady);
            answers.setOnCancelHandler(server.cancelled::countDown);
            return new StreamObserver<>() {
                @Override
                public void onNext(ModelInferRequest request) {
                    server.requests.add(request);
                    script.accept(request, answers);
                }

                @Override
                public void onError(Throwable failure) {}

                @Override
                public void onCompleted() {}
            };
        }
    }

    /** One response with one text output. */
    public static ModelStreamInferResponse text(ModelInferRequest request, String text, boolean last) {
        var tensor = Tensor.strings("text_output", Shape.of(1), List.of(text));
        return response(request, last, tensor);
    }

    /** One response with these outputs. */
    public static ModelStreamInferResponse response(ModelInferRequest request, boolean last, Tensor... tensors) {
        var response = ModelInferResponse.newBuilder()
                .setModelName(request.getModelName())
                .setId(request.getId())
                .putParameters(
                        "triton_final_response",
                        InferParameter.newBuilder().setBoolParam(last).build());
        for (Tensor tensor : tensors) {
            var output = response.addOutputsBuilder()
                    .setName(tensor.name())
                    .setDatatype(tensor.type().name());
            for (long dim : tensor.shape().dims()) {
                output.addShape(dim);
            }
            response.addRawOutputContents(tensor.data());
        }
        return ModelStreamInferResponse.newBuilder().setInferResponse(response).build();
    }

    /** The flag alone. */
    public static ModelStreamInferResponse end(ModelInferRequest request) {
        return response(request, true);
    }

    /** A failure without a status. */
    public static ModelStreamInferResponse error(ModelInferRequest request, String text) {
        return ModelStreamInferResponse.newBuilder()
                .setErrorMessage(text)
                .setInferResponse(ModelInferResponse.newBuilder().setId(request.getId()))
                .build();
    }
}
