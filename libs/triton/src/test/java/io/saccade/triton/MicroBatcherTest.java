package io.saccade.triton;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** Batches by a clock the test turns, against a model that is a function: it adds one, and refuses the number 13. */
class MicroBatcherTest {
    private final Queue<Runnable> alarms = new ArrayDeque<>();
    private final List<InferRequest> sent = new ArrayList<>();
    private final MicroBatcher batcher = new MicroBatcher(
            request -> {
                sent.add(request);
                return answer(request);
            },
            3,
            Duration.ofMillis(5),
            (_, task) -> alarms.add(task));

    private static CompletableFuture<InferResult> answer(InferRequest request) {
        Tensor in = request.inputs().getFirst();
        long[] values = in.asLongs();
        for (int i = 0; i < values.length; i++) {
            if (values[i] == 13) {
                return CompletableFuture.failedFuture(FailuresForTests.permanent());
            }
            if (values[i] == 99) {
                return CompletableFuture.failedFuture(FailuresForTests.overloaded());
            }
            values[i]++;
        }
        return CompletableFuture.completedFuture(new InferResult(
                request.model(), "1", request.id(), Map.of("out", Tensor.int64("out", in.shape(), values))));
    }

    private CompletableFuture<InferResult> submit(String id, long... values) {
        return batcher.submit(InferRequest.to("m")
                .id(id)
                .input(Tensor.int64("in", Shape.of(values.length), values))
                .build());
    }

    private void timePasses() {
        while (!alarms.isEmpty()) {
            alarms.remove().run();
        }
    }

    @Test
    void aFullBatchLeavesAtOnceAndEachItemGetsItsOwn() {
        // When
        var a = submit("a", 1, 2);
        var b = submit("b", 3, 4);
        boolean early = a.isDone();
        var c = submit("c", 5, 6);

        // Then
        assertThat(early).isFalse();
        assertThat(sent).singleElement().satisfies(request -> assertThat(
                        request.inputs().getFirst().shape())
                .isEqualTo(Shape.of(3, 2)));
        assertThat(a.join().output("out").asLongs()).containsExactly(2, 3);
        assertThat(b.join().output("out").shape()).isEqualTo(Shape.of(2));
        assertThat(c.join().id()).isEqualTo("c");
    }

    @Test
    void theRestLeavesWhenItsFirstItemHasWaitedLongEnough() {
        // Given
        var a = submit("a", 1);
        var b = submit("b", 2);

        // When
        timePasses();

        // Then
        assertThat(sent).hasSize(1);
        assertThat(a.join().output("out").asLongs()).containsExactly(2);
        assertThat(b.join().output("out").asLongs()).containsExactly(3);
    }

    @Test
    void theAlarmOfABatchThatHasLeftDoesNotSendTheNextOne() {
        // Given
        submit("a", 1);
        submit("b", 2);
        submit("c", 3);
        var next = submit("d", 4);

        // When the first alarm rings
        alarms.remove().run();
        boolean early = next.isDone();
        timePasses();

        // Then
        assertThat(early).isFalse();
        assertThat(next).isCompleted();
    }

    @Test
    void onlyItemsOfOneKindGoTogether() {
        // When
        submit("a", 1);
        submit("b", 1, 2);
        batcher.submit(InferRequest.to("other")
                .input(Tensor.int64("in", Shape.of(1), 1))
                .build());
        timePasses();

        // Then
        assertThat(sent).hasSize(3);
    }

    @Test
    void onlyTheItemAtFaultFails() {
        // When
        var a = submit("a", 1);
        var bad = submit("b", 13);
        var c = submit("c", 3);

        // Then
        assertThat(a.join().output("out").asLongs()).containsExactly(2);
        assertThat(c.join().output("out").asLongs()).containsExactly(4);
        assertThatThrownBy(bad::join).hasCauseInstanceOf(TritonException.class);
        assertThat(sent).hasSize(4);
    }

    @Test
    void anotherFailureIsThatOfAll() {
        // When
        var a = submit("a", 1);
        var full = submit("b", 99);
        timePasses();

        // Then
        assertThat(sent).hasSize(1);
        assertThatThrownBy(a::join).hasCauseInstanceOf(TritonException.class);
        assertThatThrownBy(full::join).hasCauseInstanceOf(TritonException.class);
    }

    @Test
    void aCancelledItemDoesNotTravel() {
        // Given
        var a = submit("a", 1);
        var b = submit("b", 2);

        // When
        a.cancel(false);
        timePasses();

        // Then
        assertThat(sent).singleElement().satisfies(request -> assertThat(
                        request.inputs().getFirst().asLongs())
                .containsExactly(2));
        assertThat(b).isCompleted();
    }

    @Test
    void anAnswerWithTooFewRowsIsAFailureOfAll() {
        // Given
        var stingy = new MicroBatcher(
                request -> CompletableFuture.completedFuture(
                        new InferResult("m", "1", "", Map.of("out", Tensor.int64("out", Shape.of(1, 1), 7)))),
                2,
                Duration.ofMillis(5),
                (_, task) -> alarms.add(task));
        var item =
                InferRequest.to("m").input(Tensor.int64("in", Shape.of(1), 1)).build();

        // When
        var a = stingy.submit(item);
        var b = stingy.submit(item);

        // Then
        assertThatThrownBy(a::join).hasMessageContaining("a row for each of 2 items, got [1,1]");
        assertThat(b).isCompletedExceptionally();
    }

    @Test
    void refusesSettingsThatCannotWork() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new MicroBatcher(MicroBatcherTest::answer, 0, Duration.ofMillis(1), (_, _) -> {}));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new MicroBatcher(MicroBatcherTest::answer, 1, Duration.ZERO, (_, _) -> {}));
    }
}
