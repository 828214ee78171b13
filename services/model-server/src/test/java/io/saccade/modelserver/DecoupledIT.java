package io.saccade.modelserver;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import com.google.protobuf.ByteString;
import io.grpc.Status.Code;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientResponseObserver;
import io.grpc.stub.StreamObserver;
import io.saccade.triton.DataType;
import io.saccade.triton.InferRequest;
import io.saccade.triton.Shape;
import io.saccade.triton.Tensor;
import io.saccade.triton.TritonException;
import io.saccade.triton.proto.GRPCInferenceServiceGrpc;
import io.saccade.triton.proto.InferParameter;
import io.saccade.triton.proto.InferResponseStatistics;
import io.saccade.triton.proto.ModelInferRequest;
import io.saccade.triton.proto.ModelInferResponse;
import io.saccade.triton.proto.ModelStatisticsRequest;
import io.saccade.triton.proto.ModelStreamInferResponse;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Models that give several answers to one request. */
@Timeout(120)
class DecoupledIT {
    private RunningServer server;

    private static final class Answers implements ClientResponseObserver<ModelInferRequest, ModelStreamInferResponse> {
        private final LinkedBlockingQueue<ModelStreamInferResponse> received = new LinkedBlockingQueue<>();
        private final CompletableFuture<String> end = new CompletableFuture<>();
        private final boolean readsByItself;
        private ClientCallStreamObserver<ModelInferRequest> call;

        Answers(boolean readsByItself) {
            this.readsByItself = readsByItself;
        }

        @Override
        public void beforeStart(ClientCallStreamObserver<ModelInferRequest> call) {
            this.call = call;
            if (!readsByItself) {
                call.disableAutoRequestWithInitial(0);
            }
        }

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

        List<ModelStreamInferResponse> all() throws Exception {
            assertThat(end.get(60, SECONDS)).isEqualTo("completed");
            return List.copyOf(received);
        }
    }

    @BeforeEach
    void start() {
        server = RunningServer.withModels("repeat_int32", "repeat_text", "newest");
    }

    @AfterEach
    void stop() {
        server.close();
    }

    @Test
    void answersOnceForEachElementAndThenWithAnEmptyFinalResponse() throws Exception {
        // Given
        var answers = new Answers(true);
        var requests = open(answers);

        // When
        requests.onNext(numbers("it", true, 4, 2, 0, 1));
        requests.onCompleted();

        // Then
        var all = answers.all();
        assertThat(all).hasSize(5).allSatisfy(answer -> {
            assertThat(answer.getErrorMessage()).isEmpty();
            assertThat(answer.getInferResponse().getId()).isEqualTo("it");
            assertThat(answer.getInferResponse().getModelName()).isEqualTo("repeat_int32");
        });
        assertThat(all.subList(0, 4))
                .extracting(answer -> integer(answer.getInferResponse(), 0))
                .containsExactly(4, 2, 0, 1);
        assertThat(all.subList(0, 4))
                .extracting(answer -> integer(answer.getInferResponse(), 1))
                .containsExactly(0, 1, 2, 3);
        assertThat(all).extracting(DecoupledIT::isFinal).containsExactly(false, false, false, false, true);
        assertThat(all.getLast().getInferResponse().getOutputsList()).isEmpty();
    }

    @Test
    void sendsNoEmptyFinalResponseUnaskedAndNothingForNoElements() throws Exception {
        // Given
        var answers = new Answers(true);
        var requests = open(answers);

        // When
        requests.onNext(numbers("none", false));
        requests.onNext(numbers("none, and tell me", true));
        requests.onNext(numbers("two", false, 7, 8));
        requests.onCompleted();

        // Then
        var all = answers.all();
        assertThat(all)
                .extracting(answer -> answer.getInferResponse().getId())
                .containsExactlyInAnyOrder("none, and tell me", "two", "two");
        assertThat(all).filteredOn(DecoupledIT::isFinal).hasSize(1);
    }

    @Test
    void aLongRequestHoldsUpNoOther() throws Exception {
        // Given: a request that would take an hour
        var answers = new Answers(true);
        var requests = open(answers);
        requests.onNext(request(
                "repeat_int32",
                "long",
                true,
                Tensor.int32("IN", Shape.of(1), 1),
                unsigned("DELAY", 3_600_000),
                unsigned("WAIT", 0)));

        // When
        requests.onNext(request("newest", "once", false, Tensor.int32("in", Shape.of(1), 5)));
        requests.onNext(numbers("short", false, 1));

        // Then
        var first = answers.received.poll(60, SECONDS);
        var second = answers.received.poll(60, SECONDS);
        assertThat(List.of(first, second))
                .extracting(answer -> answer.getInferResponse().getId())
                .containsExactlyInAnyOrder("once", "short");
        assertThat(server.running("repeat_int32")).isEqualTo(1);

        // When
        answers.call.cancel("for the test", null);

        // Then
        Await.until("the long one is over", () -> server.running("repeat_int32") == 0);
        var usage = server.client().statistics("repeat_int32").getFirst();
        assertThat(usage.success().count()).isEqualTo(1);
        assertThat(usage.failure().count()).isEqualTo(1);
        assertThat(server.metrics())
                .contains("nv_inference_request_failure{model=\"repeat_int32\",version=\"1\",reason=\"CANCELED\"} 1");
    }

    @Test
    void tellsAFailedAnswerInTheStreamAndGoesOn() throws Exception {
        // Given
        var answers = new Answers(true);
        var requests = open(answers);

        // When
        requests.onNext(request(
                "repeat_text",
                "it",
                true,
                Tensor.strings("IN", Shape.of(3), List.of("a", "", "caf\u00e9")),
                unsigned("FAIL", 1)));
        requests.onCompleted();

        // Then
        var all = answers.all();
        assertThat(all).hasSize(4);
        assertThat(text(all.get(0))).isEqualTo("a");
        assertThat(all.get(1).getErrorMessage()).isEqualTo("answer 1 fails, as FAIL asks for it");
        assertThat(all.get(1).getInferResponse().getId()).isEqualTo("it");
        assertThat(text(all.get(2))).isEqualTo("caf\u00e9");
        assertThat(isFinal(all.get(3))).isTrue();
    }

    @Test
    void refusesInTheStreamWhatIsNoRequestAndGoesOn() throws Exception {
        // Given
        var answers = new Answers(true);
        var requests = open(answers);

        // When
        requests.onNext(request("repeat_int32", "bad", true, Tensor.int32("IN", Shape.of(1), 1)));
        requests.onNext(request(
                "repeat_int32",
                "uneven",
                true,
                Tensor.int32("IN", Shape.of(1), 1),
                unsigned("DELAY", 0, 0),
                unsigned("WAIT", 0)));
        requests.onNext(numbers("good", false, 1));
        requests.onCompleted();

        // Then
        var all = answers.all();
        assertThat(all).hasSize(3);
        assertThat(error(all, "bad")).contains("expected 3 inputs but got 1 inputs for model 'repeat_int32'");
        assertThat(error(all, "uneven")).isEqualTo("expected IN and DELAY shape to match, got [1] and [2]");
        assertThat(error(all, "good")).isEmpty();
    }

    @Test
    void waitsForAReaderThatIsSlow() throws Exception {
        // Given: answers of 100 kB, far more than a connection holds
        var answers = new Answers(false);
        var requests = open(answers);
        String text = "x".repeat(100_000);

        // When
        requests.onNext(request(
                "repeat_text", "it", true, Tensor.strings("IN", Shape.of(300), Collections.nCopies(300, text))));
        requests.onCompleted();
        Await.until("it has begun", () -> server.running("repeat_text") == 1);

        // Then
        answers.call.request(400);
        assertThat(answers.all()).hasSize(301);
        assertThat(server.client()
                        .statistics("repeat_text")
                        .getFirst()
                        .success()
                        .count())
                .isEqualTo(1);
    }

    @Test
    void answersNoUnaryCall() {
        assertThatExceptionOfType(TritonException.class)
                .isThrownBy(() -> server.client()
                        .inferBlocking(InferRequest.to("repeat_int32")
                                .input(Tensor.int32("IN", Shape.of(1), 1))
                                .build()))
                .withMessageContaining("ModelInfer RPC doesn't support models with decoupled transaction policy")
                .returns(Code.UNIMPLEMENTED, TritonException::code);
    }

    @Test
    void countsTheAnswersByTheirPosition() throws Exception {
        // Given
        var answers = new Answers(true);
        var requests = open(answers);
        requests.onNext(numbers("two", false, 7, 8));
        requests.onNext(numbers("one", false, 7));
        requests.onCompleted();
        answers.all();

        // When
        Await.until("all answers counted", () -> {
            var stats = responses();
            return stats.size() == 3
                    && stats.get("1").getEmptyResponse().getCount() == 1
                    && stats.get("2").getEmptyResponse().getCount() == 1;
        });

        // Then
        var counted = responses();
        assertThat(counted.get("0").getSuccess().getCount()).isEqualTo(2);
        assertThat(counted.get("0").getComputeInfer().getCount()).isEqualTo(2);
        assertThat(counted.get("1").getSuccess().getCount()).isEqualTo(1);
        assertThat(counted.get("0").getFail().getCount()).isZero();
        assertThat(counted.get("0").getCancel().getCount()).isZero();
    }

    private Map<String, InferResponseStatistics> responses() {
        return server.stub()
                .modelStatistics(ModelStatisticsRequest.newBuilder()
                        .setName("repeat_int32")
                        .build())
                .getModelStats(0)
                .getResponseStatsMap();
    }

    private StreamObserver<ModelInferRequest> open(Answers answers) {
        return GRPCInferenceServiceGrpc.newStub(server.channel()).modelStreamInfer(answers);
    }

    private static ModelInferRequest numbers(String id, boolean emptyFinal, int... values) {
        return request(
                "repeat_int32",
                id,
                emptyFinal,
                Tensor.int32("IN", Shape.of(values.length), values),
                unsigned("DELAY", IntStream.range(0, values.length).map(_ -> 0).toArray()),
                unsigned("WAIT", 0));
    }

    private static Tensor unsigned(String name, int... values) {
        ByteBuffer bytes = ByteBuffer.allocate(4 * values.length).order(ByteOrder.LITTLE_ENDIAN);
        for (int value : values) {
            bytes.putInt(value);
        }
        return Tensor.of(name, DataType.UINT32, Shape.of(values.length), bytes.flip());
    }

    private static ModelInferRequest request(String model, String id, boolean emptyFinal, Tensor... inputs) {
        var request = ModelInferRequest.newBuilder().setModelName(model).setId(id);
        if (emptyFinal) {
            request.putParameters(
                    "triton_enable_empty_final_response",
                    InferParameter.newBuilder().setBoolParam(true).build());
        }
        List<ByteString> contents = new ArrayList<>();
        for (Tensor input : inputs) {
            request.addInputsBuilder()
                    .setName(input.name())
                    .setDatatype(input.type().name())
                    .addShape(input.shape().dim(0));
            contents.add(input.data());
        }
        return request.addAllRawInputContents(contents).build();
    }

    private static int integer(ModelInferResponse answer, int output) {
        return answer.getRawOutputContents(output)
                .asReadOnlyByteBuffer()
                .order(ByteOrder.LITTLE_ENDIAN)
                .getInt();
    }

    private static String text(ModelStreamInferResponse answer) {
        return answer.getInferResponse().getRawOutputContents(0).substring(4).toStringUtf8();
    }

    private static boolean isFinal(ModelStreamInferResponse answer) {
        return answer.getInferResponse()
                .getParametersMap()
                .getOrDefault("triton_final_response", InferParameter.getDefaultInstance())
                .getBoolParam();
    }

    private static String error(List<ModelStreamInferResponse> answers, String id) {
        return answers.stream()
                .filter(answer -> answer.getInferResponse().getId().equals(id))
                .findFirst()
                .orElseThrow()
                .getErrorMessage();
    }
}
