package io.saccade.stage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.saccade.contract.topic.Topic;
import io.saccade.testkit.Await;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class AnsweredTest {

    private static final Instant NOON = Instant.parse("2026-11-21T12:00:00Z");

    private static final String SHA = "0".repeat(64);
    private static final String OTHER = "1".repeat(64);

    private final List<Set<Integer>> reads = new ArrayList<>();
    private final Answered answered = answered(3, NOON);

    @Test
    void leavesOutWhatWasAnswered() throws Exception {
        // Given
        answered.keep(Set.of(0, 1), Set.of(0, 1));
        answer(0, "a", NOON);

        // Then
        assertThat(isAnswered(0, "a")).isTrue();
        assertThat(isAnswered(0, "b")).isFalse();
        assertThat(isAnswered(1, "a")).as("another partition").isFalse();
    }

    @Test
    void answersAgainWhatItIsAskedToAnswerAgain() throws Exception {
        // Given
        answered.keep(Set.of(0), Set.of(0));
        answer(0, "a", NOON);

        // Then
        try (var claim = answered.claim(0, asked("a", NOON, true))) {
            assertThat(claim.isAnswered()).isFalse();
        }
    }

    @Test
    void answersAgainWhatCameToNoResult() throws Exception {
        // Given
        answered.keep(Set.of(0), Set.of(0));
        answered.claim(0, asked("a", NOON, false)).close();

        // Then
        assertThat(isAnswered(0, "a")).isFalse();
    }

    @Test
    void forgetsTheOldestAndTheOld() throws Exception {
        // Given
        answered.keep(Set.of(0), Set.of(0));
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
        answered.keep(Set.of(0), Set.of(0));
        answered.keep(Set.of(0, 1), Set.of(1));
        answered.keep(Set.of(1), Set.of());

        // Then
        assertThat(reads).containsExactly(Set.of(0), Set.of(1));
        assertThat(isAnswered(1, "tail-1")).isTrue();
        assertThat(isAnswered(0, "tail-0"))
                .as("it may be answered elsewhere by now")
                .isFalse();
    }

    @Test
    void readsATailAgainWhenAPartitionOfItsNumberComesFromAnotherReplica() throws Exception {
        // Given: live records of partition 0 are read here, and one of them was answered
        answered.keep(Set.of(0), Set.of(0));
        var later = new Answered.Asked("tail-0", live(6), () -> Optional.of(OTHER), NOON, true);
        try (var claim = answered.claim(0, later)) {
            claim.answered(NOON, OTHER);
        }

        // When: those of backfill come too
        answered.keep(Set.of(0), Set.of(0));

        // Then
        assertThat(reads).containsExactly(Set.of(0), Set.of(0));
        try (var claim = answered.claim(0, image("tail-0", 5, SHA))) {
            assertThat(claim.isAnswered())
                    .as("what is known of an answer of its own is not lost to the tail")
                    .isFalse();
        }
    }

    @Test
    void answersAnImageOnceThatLiesInBothTopics() throws Exception {
        // Given
        answered.keep(Set.of(0), Set.of(0));
        try (var claim = answered.claim(0, backfill("a", 9, SHA))) {
            claim.answered(NOON, SHA);
        }

        // Then
        try (var claim = answered.claim(0, image("a", 5, SHA))) {
            assertThat(claim.isAnswered()).isTrue();
        }
    }

    @Test
    void answersTwoImagesUnderOneIdInTwoTopicsBothAsTheJoinAloneKnowsWhichIsTheFirst() throws Exception {
        // Given
        answered.keep(Set.of(0), Set.of(0));
        try (var claim = answered.claim(0, image("a", 5, SHA))) {
            claim.answered(NOON, SHA);
        }

        // Then
        try (var claim = answered.claim(0, backfill("a", 9, OTHER))) {
            assertThat(claim.isAnswered()).isFalse();
        }
    }

    @Test
    void takesWhatIsSentAfterAResultOfTheTailForNew() throws Exception {
        // Given: between result and request there may have been an erasure
        answered.keep(Set.of(0), Set.of(0));

        // Then
        try (var claim = answered.claim(0, asked("tail-0", NOON.plusMillis(1), false))) {
            assertThat(claim.isAnswered()).isFalse();
        }
    }

    @Test
    void forgetsWhatIsErased() throws Exception {
        // Given
        answered.keep(Set.of(0), Set.of(0));
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
        none.keep(Set.of(0), Set.of(0));

        // Then
        try (var claim = none.claim(0, asked("tail-0", NOON, false))) {
            claim.answered(NOON, SHA);
            assertThat(claim.isAnswered()).isFalse();
        }
        assertThat(reads).isEmpty();
        assertThat(none.size()).isZero();
    }

    @Test
    void letsOnlyOneOfEqualRequestsBeAtWork() throws Exception {
        // Given
        answered.keep(Set.of(0), Set.of(0));
        var first = answered.claim(0, asked("a", NOON, false));
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
        first.answered(NOON, SHA);
        first.close();

        // Then
        assertThat(waiting.get(30, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    void givesUpWaitingWhenTheStageStops() throws Exception {
        // Given
        answered.keep(Set.of(0), Set.of(0));
        try (var _ = answered.claim(0, asked("a", NOON, false))) {
            // When
            Thread.currentThread().interrupt();

            // Then
            assertThatThrownBy(() -> answered.claim(0, asked("a", NOON, false)))
                    .isInstanceOf(InterruptedException.class);
        }
    }

    @Test
    void letsTheFirstImageUnderAnIdGoFirstHoweverLateItAsks() throws Exception {
        // Given
        answered.keep(Set.of(0), Set.of(0));
        answered.taken(0, "a", live(5));
        answered.taken(0, "a", live(6));
        var second = new CompletableFuture<Boolean>();
        var thread = Thread.ofPlatform().start(() -> {
            try (var claim = answered.claim(0, image("a", 6, OTHER))) {
                second.complete(claim.isAnswered());
            } catch (InterruptedException e) {
                second.completeExceptionally(e);
            }
        });
        Await.until("the second to wait", Duration.ofSeconds(30), () -> thread.getState() == Thread.State.WAITING);

        // When
        try (var claim = answered.claim(0, image("a", 5, SHA))) {
            claim.answered(NOON, SHA);
        }
        answered.left(0, "a", live(5));

        // Then
        assertThat(second.get(30, TimeUnit.SECONDS))
                .as("the join takes the first for the image")
                .isTrue();
    }

    @Test
    void doesNotTakeALaterImageUnderItsIdForAnAnswerToTheFirst() throws Exception {
        // Given: the first waits for its retry, and the second was answered meanwhile
        answered.keep(Set.of(0), Set.of(0));
        try (var claim = answered.claim(0, image("a", 6, OTHER))) {
            claim.answered(NOON, OTHER);
        }

        // Then
        try (var claim = answered.claim(0, image("a", 5, SHA))) {
            assertThat(claim.isAnswered()).isFalse();
        }
        try (var claim = answered.claim(0, image("a", 5, OTHER))) {
            assertThat(claim.isAnswered()).as("the same image twice").isTrue();
        }
        try (var claim = answered.claim(0, image("a", 7, SHA))) {
            assertThat(claim.isAnswered()).as("a third one").isTrue();
        }
    }

    private Answered answered(int most, Instant now) {
        return new Answered(most, Duration.ofMinutes(1), Clock.fixed(now, ZoneOffset.UTC), (partitions, found) -> {
            reads.add(partitions);
            partitions.forEach(partition -> found.accept(partition, "tail-" + partition, now));
        });
    }

    private void answer(int partition, String id, Instant at) throws InterruptedException {
        try (var claim = answered.claim(partition, asked(id, NOON, true))) {
            claim.answered(at, SHA);
        }
    }

    private static Answered.Asked asked(String id, Instant sent, boolean again) {
        return new Answered.Asked(id, live(0), () -> Optional.of(SHA), sent, again);
    }

    private static Answered.Asked image(String id, long offset, String sha256) {
        return new Answered.Asked(id, live(offset), () -> Optional.of(sha256), NOON, false);
    }

    private static Answered.Asked backfill(String id, long offset, String sha256) {
        return new Answered.Asked(
                id, new Answered.Place(Topic.BACKFILL, offset), () -> Optional.of(sha256), NOON, false);
    }

    private static Answered.Place live(long offset) {
        return new Answered.Place(Topic.IMAGES, offset);
    }

    private boolean isAnswered(int partition, String id) throws InterruptedException {
        try (var claim = answered.claim(partition, asked(id, NOON, false))) {
            return claim.isAnswered();
        }
    }
}
