package io.saccade.testkit.fault;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyChannelBuilder;
import io.saccade.testkit.Reply;
import io.saccade.testkit.ScriptedModelServer;
import io.saccade.testkit.fault.FaultyModelServer.Plan;
import io.saccade.triton.DataType;
import io.saccade.triton.Shape;
import io.saccade.triton.Tensor;
import io.saccade.triton.proto.GRPCInferenceServiceGrpc;
import io.saccade.triton.proto.GRPCInferenceServiceGrpc.GRPCInferenceServiceBlockingStub;
import io.saccade.triton.proto.ModelConfig;
import io.saccade.triton.proto.ModelInferRequest;
import io.saccade.triton.proto.ModelInferResponse;
import io.saccade.triton.proto.ModelReadyRequest;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class FaultyModelServerTest {

    private ScriptedModelServer real;
    private FaultyModelServer faulty;
    private ManagedChannel channel;
    private GRPCInferenceServiceBlockingStub stub;

    @BeforeEach
    void start() {
        real = ScriptedModelServer.start()
                .model(ModelConfig.newBuilder().setName("m").setMaxBatchSize(8).build())
                .script("m", _ -> Reply.outputs(Tensor.of("out", DataType.FP32, Shape.of(2, 1), floats(1, 2))));
        faulty = FaultyModelServer.before(Integer.parseInt(real.endpoint().split(":")[1]), 1);
        channel =
                NettyChannelBuilder.forTarget(faulty.endpoint()).usePlaintext().build();
        stub = GRPCInferenceServiceGrpc.newBlockingStub(channel);
    }

    @AfterEach
    void stop() {
        channel.shutdownNow();
        faulty.close();
        real.close();
    }

    @Test
    void passesCallsOnAndCountsTheRowsThatWereComputed() {
        // When
        var answer = infer();

        // Then
        assertThat(answer.getRawOutputContents(0).toByteArray()).isEqualTo(bytes(1, 2));
        assertThat(faulty.computed("m")).isEqualTo(2);
        assertThat(faulty.spoilt()).isZero();
    }

    @Test
    void failsWithEachCodeThatIsPlanned() {
        for (var code : Status.Code.values()) {
            if (code == Status.Code.OK) {
                continue;
            }
            // Given
            faulty.plan(_ -> ModelFault.failing(code, "planned"));

            // Then
            assertThatThrownBy(this::infer).isInstanceOfSatisfying(StatusRuntimeException.class, e -> assertThat(
                            e.getStatus().getCode())
                    .isEqualTo(code));
        }
        assertThat(real.calls()).isEmpty();
    }

    @Test
    void spoilsAnswersInEveryWay() {
        for (var damage : ModelFault.Damage.values()) {
            // Given
            faulty.plan(_ -> new ModelFault.Spoilt(damage));

            // When
            var answer = infer();

            // Then
            switch (damage) {
                case NAN ->
                    assertThat(answer.getRawOutputContents(0).toByteArray()).isEqualTo(bytes(Float.NaN, Float.NaN));
                case INFINITE ->
                    assertThat(answer.getRawOutputContents(0).toByteArray())
                            .isEqualTo(bytes(Float.POSITIVE_INFINITY, Float.POSITIVE_INFINITY));
                case WRONG_SHAPE -> assertThat(answer.getOutputs(0).getShape(0)).isEqualTo(3);
                case TRUNCATED ->
                    assertThat(answer.getRawOutputContents(0).size()).isEqualTo(7);
                case EMPTY -> assertThat(answer.getOutputsCount()).isZero();
                case WRONG_TYPE ->
                    assertThat(answer.getOutputs(0).getDatatype()).isEqualTo("INT32");
                case WILD -> // this model answers no whole numbers
                    assertThat(answer.getRawOutputContents(0).toByteArray()).isEqualTo(bytes(1, 2));
            }
        }
    }

    @Test
    void makesTheSameFaultsFromTheSameSeed() {
        // Given
        var plan = Plan.sometimes(7, 0.5, new ModelFault.Lost());
        var again = Plan.sometimes(7, 0.5, new ModelFault.Lost());
        var other = Plan.sometimes(8, 0.5, new ModelFault.Lost());

        // When
        long same = 0;
        long different = 0;
        long faults = 0;
        for (int i = 1; i <= 1_000; i++) {
            var call = new FaultyModelServer.Call(i, "m");
            same += plan.of(call).equals(again.of(call)) ? 1 : 0;
            different += plan.of(call).equals(other.of(call)) ? 0 : 1;
            faults += plan.of(call) instanceof ModelFault.Lost ? 1 : 0;
        }

        // Then
        assertThat(same).isEqualTo(1_000);
        assertThat(different).isPositive();
        assertThat(faults).isBetween(400L, 600L);
    }

    @Test
    void losesAnAnswerThatWasComputed() {
        // Given
        faulty.plan(_ -> new ModelFault.Lost());

        // When
        assertThatThrownBy(() -> stub.withDeadlineAfter(1, TimeUnit.SECONDS).modelInfer(request()))
                .isInstanceOf(StatusRuntimeException.class)
                .hasMessageContaining("DEADLINE_EXCEEDED");

        // Then
        assertThat(real.calls()).hasSize(1);
    }

    @Test
    void answersLate() {
        // Given
        faulty.plan(_ -> ModelFault.none().after(Duration.ofMillis(300)));

        // When
        long start = System.nanoTime();
        infer();

        // Then
        assertThat(Duration.ofNanos(System.nanoTime() - start)).isGreaterThanOrEqualTo(Duration.ofMillis(300));
    }

    @Test
    void takesAModelDownAndUp() {
        // When
        faulty.down("m");

        // Then
        assertThat(ready()).isFalse();
        assertThatThrownBy(this::infer).hasMessageContaining("UNAVAILABLE");
        faulty.up("m");
        assertThat(ready()).isTrue();
        infer();
    }

    @Test
    void tellsClientsToGoAwayAndTakesThemBack() {
        // Given
        infer();
        long before = faulty.link().accepted();

        // When
        faulty.goAway();

        // Then
        io.saccade.testkit.Await.until("a new connection", Duration.ofSeconds(20), () -> {
            stub.withWaitForReady().withDeadlineAfter(20, TimeUnit.SECONDS).modelInfer(request());
            return faulty.link().accepted() > before;
        });
    }

    @Test
    void answersWhatWasAskedBeforeFromMemoryAndCountsItAsComputed() {
        // Given
        faulty.keepAnswers(1 << 20);
        var first = infer();

        // When
        var second = infer();

        // Then
        assertThat(second).isEqualTo(first);
        assertThat(real.calls()).hasSize(1);
        assertThat(faulty.computed("m")).isEqualTo(4);
        assertThat(faulty.calls()).isEqualTo(2);
        assertThat(faulty.answeredFromMemory()).isEqualTo(1);
    }

    @Test
    void asksTheRealServerWhateverDiffersInAByte() {
        // Given
        faulty.keepAnswers(1 << 20);
        infer(request(1));

        // When
        infer(request(2));

        // Then
        assertThat(real.calls()).hasSize(2);
    }

    @Test
    void spoilsKeptAnswersAsOthersAndKeepsThemWhole() {
        // Given
        faulty.keepAnswers(1 << 20);
        var whole = infer();
        faulty.plan(_ -> new ModelFault.Spoilt(ModelFault.Damage.EMPTY));

        // When
        var spoilt = infer();
        faulty.heal();

        // Then
        assertThat(spoilt.getOutputsCount()).isZero();
        assertThat(infer()).isEqualTo(whole);
        assertThat(real.calls()).hasSize(1);
    }

    @Test
    void keepsNoAnswerThatFailed() {
        // Given
        faulty.keepAnswers(1 << 20);
        real.script(
                "m",
                Reply.failing(Status.Code.INTERNAL, "scripted"),
                Reply.outputs(Tensor.of("out", DataType.FP32, Shape.of(1, 1), floats(3))));

        // When
        assertThatThrownBy(this::infer).isInstanceOf(StatusRuntimeException.class);
        var answer = infer();

        // Then
        assertThat(answer.getRawOutputContents(0).toByteArray()).isEqualTo(bytes(3));
        assertThat(real.calls()).hasSize(2);
    }

    @Test
    void answersNothingFromMemoryWhileTheRealServerIsAway() {
        // Given
        faulty.keepAnswers(1 << 20);
        infer();

        // When
        real.stop();

        // Then
        io.saccade.testkit.Await.until("the server's end to be felt", Duration.ofSeconds(20), () -> {
            try {
                infer();
                return false;
            } catch (StatusRuntimeException e) {
                return e.getStatus().getCode() == Status.Code.UNAVAILABLE;
            }
        });
    }

    @Test
    void forgetsTheLongestUnusedWhenItsMemoryIsFull() {
        // Given
        faulty.keepAnswers(3L * 1_100);
        var requests = java.util.stream.IntStream.range(0, 4)
                .mapToObj(FaultyModelServerTest::large)
                .toList();
        requests.subList(0, 2).forEach(this::infer);
        infer(requests.get(0));

        // When
        infer(requests.get(2));
        infer(requests.get(3));

        // Then
        assertThat(faulty.answeredFromMemory()).isEqualTo(1);
        infer(requests.get(0));
        assertThat(faulty.answeredFromMemory()).isEqualTo(2);
        infer(requests.get(1));
        assertThat(faulty.answeredFromMemory()).isEqualTo(2);
    }

    private boolean ready() {
        return stub.withDeadlineAfter(20, TimeUnit.SECONDS)
                .modelReady(ModelReadyRequest.newBuilder().setName("m").build())
                .getReady();
    }

    private ModelInferResponse infer() {
        return infer(request());
    }

    private ModelInferResponse infer(ModelInferRequest request) {
        return stub.withDeadlineAfter(20, TimeUnit.SECONDS).modelInfer(request);
    }

    private static ModelInferRequest request() {
        return ModelInferRequest.newBuilder().setModelName("m").build();
    }

    private static ModelInferRequest request(int number) {
        return request().toBuilder()
                .addRawInputContents(ByteString.copyFrom(new byte[] {(byte) number}))
                .build();
    }

    /** About a thousand bytes: three of them, with their answers, are kept. */
    private static ModelInferRequest large(int number) {
        var bytes = new byte[1_000];
        bytes[0] = (byte) number;
        return request().toBuilder()
                .addRawInputContents(ByteString.copyFrom(bytes))
                .build();
    }

    private static byte[] bytes(float... values) {
        var bytes = ByteBuffer.allocate(4 * values.length).order(ByteOrder.LITTLE_ENDIAN);
        for (float value : values) {
            bytes.putFloat(value);
        }
        return bytes.array();
    }

    private static ByteString floats(float... values) {
        return ByteString.copyFrom(bytes(values));
    }
}
