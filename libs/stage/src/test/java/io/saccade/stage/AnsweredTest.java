package io.saccade.stage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.saccade.testkit.Await;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class AnsweredTest {

    private static final Instant NOON = Instant.parse("2026-11-21T12:00:00Z");

    private final List<Set<Integer>> reads = new ArrayList<>();
    private final Answered answered = answered(3, NOON);

    @Test
    void leavesOutWhatWasAnswered() throws Exception {
        // Given
        answered.keep(Set.of(0, 1));
        answer(0, "a", NOON);

        // Then
        assertThat(isAnswered(0, "a")).isTrue();
        assertThat(isAnswered(0, "b")).isFalse();
        assertThat(isAnswered(1, "a")).as("another partition").isFalse();
    }

    @Test
    void answersAgainWhatItIsAskedToAnswerAgain() throws Exception {
        // Given
        answered.keep(Set.of(0));
        answer(0, "a", NOON);

        // Then
        try (var claim = answered.claim(0, "a", NOON, true)) {
            assertThat(claim.isAnswered()).isFalse();
        }
    }

    @Test
    void answersAgainWhatCameToNoResult() throws Exception {
        // Given
        answered.keep(Set.of(0));
        answered.claim(0, "a", NOON, false).close();

        // Then
        assertThat(isAnswered(0, "a")).isFalse();
    }

    @Test
    void forgetsTheOldestAndTheOld() throws Exception {
        // Given
        answered.keep(Set.of(0));
        for (var id : List.of("a", "b", "c", "a", "d")) {
            answer(0, id, NOON);
        }
        answer(0, "old", NOON.minusSeconds(61));

        // Then
        assertThat(isAnswered(0, "b")).isFalse();
        assertThat(isAnswered(0, "old")).isFalse();
        assertThat(isAnswered(0, "d")).isTrue();
        assertThat(answered.size()).isEqualTo(3);
    }

    @Test
    void readsTheTailOfNewPartitionsOnlyAndForgetsThoseThatLeft() throws Exception {
        // When
        answered.keep(Set.of(0));
        answered.keep(Set.of(0, 1));
        answered.keep(Set.of(1));

        // Then
        assertThat(reads).containsExactly(Set.of(0), Set.of(1));
        assertThat(isAnswered(1, "tail-1")).isTrue();
        assertThat(isAnswered(0, "tail-0"))
                .as("it may be answered elsewhere by now")
                .isFalse();
    }

    @Test
    void takesWhatIsSentAfterAResultOfTheTailForNew() throws Exception {
        // Given: between result and request there may have been an erasure
        answered.keep(Set.of(0));

        // Then
        try (var claim = answered.claim(0, "tail-0", NOON.plusMillis(1), false)) {
            assertThat(claim.isAnswered()).isFalse();
        }
    }

    @Test
    void forgetsWhatIsErased() throws Exception {
        // Given
        answered.keep(Set.of(0));
        answer(0, "a", NOON);

        // When
        answered.forget(0, "a");

        // Then
        assertThat(isAnswered(0, "a")).isFalse();
    }

    @Test
    void remembersNothingWhenToldSo() throws Exception {
        // Given
        var none = answered(0, NOON);
        none.keep(Set.of(0));

        // Then
        try (var claim = none.claim(0, "tail-0", NOON, false)) {
            claim.answered(NOON);
            assertThat(claim.isAnswered()).isFalse();
        }
        assertThat(reads).isEmpty();
        assertThat(none.size()).isZero();
    }

    @Test
    void letsOnlyOneOfEqualRequestsBeAtWork() throws Exception {
        // Given
        answered.keep(Set.of(0));
        var first = answered.claim(0, "a", NOON, false);
        var waiting = new CompletableFuture<Boolean>();
        var thread = Thread.ofPlatform().start(() -> {
            try {
                waiting.complete(isAnswered(0, "a"));
            } catch (InterruptedException e) {
                waiting.completeExceptionally(e);
            }
        });
        Await.until("the second to wait", Duration.ofSeconds(30), () -> thread.getState() == Thread.State.WAITING);

        // When
        first.answered(NOON);
        first.close();

        // Then
        assertThat(waiting.get(30, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    void givesUpWaitingWhenTheStageStops() throws Exception {
        // Given
        answered.keep(Set.of(0));
        try (var _ = answered.claim(0, "a", NOON, false)) {
            // When
            Thread.currentThread().interrupt();

            // Then
            assertThatThrownBy(() -> answered.claim(0, "a", NOON, false)).isInstanceOf(InterruptedException.class);
        }
    }

    private Answered answered(int most, Instant now) {
        return new Answered(most, Duration.ofMinutes(1), Clock.fixed(now, ZoneOffset.UTC), (partitions, found) -> {
            reads.add(partitions);
            partitions.forEach(partition -> found.accept(partition, "tail-" + partition, now));
        });
    }

    private void answer(int partition, String id, Instant at) throws InterruptedException {
        try (var claim = answered.claim(partition, id, NOON, true)) {
            claim.answered(at);
        }
    }

    private boolean isAnswered(int partition, String id) throws InterruptedException {
        try (var claim = answered.claim(partition, id, NOON, false)) {
            return claim.isAnswered();
        }
    }
}
