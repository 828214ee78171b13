package io.saccade.modelserver;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.saccade.triton.proto.GRPCInferenceServiceGrpc;
import io.saccade.triton.proto.ModelInferRequest;
import io.saccade.triton.proto.ModelStreamInferResponse;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class StreamIT {
    private RunningServer server;

    private static final class Answers implements StreamObserver<ModelStreamInferResponse> {
        private final LinkedBlockingQueue<ModelStreamInferResponse> received = new LinkedBlockingQueue<>();
        private final CompletableFuture<String> end = new CompletableFuture<>();

        @Override
        public void onNext(ModelStreamInferResponse answer) {
            received.add(answer);
        }

        @Override
        public void onError(Throwable failure) {
            end.complete(failure.toString());
        }

        @Override
        public void onCompleted() {
            end.complete("completed");
        }
    }

    @BeforeEach
    void start() {
        server = RunningServer.withModels("newest", "slow");
    }

    @AfterEach
    void stop() {
        server.close();
    }

    @Test
    void answersInTheOrderOfTheRequestsEvenWhenALaterOneIsQuicker() throws Exception {
        // Given
        var answers = new Answers();
        var requests = GRPCInferenceServiceGrpc.newStub(server.channel()).modelStreamInfer(answers);

        // When
        requests.onNext(slow("first", 50_000));
        for (int i = 0; i < 200; i++) {
            requests.onNext(times("quick " + i, i));
        }
        requests.onCompleted();

        // Then
        assertThat(answers.end.get(30, SECONDS)).isEqualTo("completed");
        assertThat(answers.received).hasSize(201);
        assertThat(answers.received.poll().getInferResponse().getId()).isEqualTo("first");
        for (int i = 0; i < 200; i++) {
            var answer = answers.received.poll().getInferResponse();
            assertThat(answer.getId()).isEqualTo("quick " + i);
            assertThat(answer.getRawOutputContents(0)
                            .asReadOnlyByteBuffer()
                            .order(ByteOrder.LITTLE_ENDIAN)
                            .getInt())
                    .isEqualTo(3 * i);
            assertThat(answer.getParametersOrThrow("triton_final_response").getBoolParam())
                    .isTrue();
        }
    }

    @Test
    void saysInTheStreamWhatIsWrongWithARequestAndGoesOn() throws Exception {
        // Given
        var answers = new Answers();
        var requests = GRPCInferenceServiceGrpc.newStub(server.channel()).modelStreamInfer(answers);

        // When
        requests.onNext(times("bad", 1).toBuilder().setModelName("nope").build());
        requests.onNext(times("good", 2));
        requests.onCompleted();

        // Then
        var bad = answers.received.poll(10, SECONDS);
        assertThat(bad.getErrorMessage()).isEqualTo("Request for unknown model: 'nope' is not found");
        assertThat(bad.getInferResponse().getId()).isEqualTo("bad");
        var good = answers.received.poll(10, SECONDS);
        assertThat(good.getErrorMessage()).isEmpty();
        assertThat(good.getInferResponse().getId()).isEqualTo("good");
        assertThat(answers.end.get(10, SECONDS)).isEqualTo("completed");
    }

    @Test
    void cancellingTheStreamCancelsWhatWaitsOnIt() {
        // Given
        var answers = new Answers();
        var requests = (ClientCallStreamObserver<ModelInferRequest>)
                GRPCInferenceServiceGrpc.newStub(server.channel()).modelStreamInfer(answers);
        requests.onNext(slow("busy", 1_500_000));
        Await.until("the instance is busy", () -> server.running("slow") == 1);
        requests.onNext(request(
                "slow",
                "no batch with it",
                "steps",
                "INT64",
                ByteBuffer.allocate(64).position(64),
                8,
                1));
        Await.until("the second waits", () -> server.metric("nv_inference_pending_request_count", "slow") == 1);

        // When
        requests.cancel("for the test", null);

        // Then
        Await.until("it is gone", () -> server.metric("nv_inference_pending_request_count", "slow") == 0);
        Await.until("the first has run", () -> server.metric("nv_inference_exec_count", "slow") == 1);
        assertThat(server.metric("nv_inference_request_failure", "slow")).isEqualTo(1);
    }

    private static ModelInferRequest times(String id, int value) {
        return request(
                "newest",
                id,
                "in",
                "INT32",
                ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putInt(value),
                1);
    }

    private static ModelInferRequest slow(String id, long steps) {
        return request(
                "slow",
                id,
                "steps",
                "INT64",
                ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(steps),
                1,
                1);
    }

    private static ModelInferRequest request(
            String model, String id, String input, String type, ByteBuffer data, long... shape) {
        var request = ModelInferRequest.newBuilder().setModelName(model).setId(id);
        var tensor = request.addInputsBuilder().setName(input).setDatatype(type);
        for (long dim : shape) {
            tensor.addShape(dim);
        }
        return request.addRawInputContents(ByteString.copyFrom(data.flip())).build();
    }
}
