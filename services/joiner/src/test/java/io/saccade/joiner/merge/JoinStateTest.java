package io.saccade.joiner.merge;

import static io.saccade.joiner.merge.Given.DEADLINE;
import static io.saccade.joiner.merge.Given.NOW;
import static io.saccade.joiner.merge.Given.done;
import static io.saccade.joiner.merge.Given.ended;
import static io.saccade.joiner.merge.Given.submission;
import static org.assertj.core.api.Assertions.assertThat;

import io.saccade.contract.event.Answers;
import io.saccade.contract.event.Failure;
import io.saccade.contract.event.ImageEnriched;
import io.saccade.contract.event.ImageEnriched.Status;
import io.saccade.contract.event.ImageRef;
import io.saccade.contract.event.Part;
import io.saccade.contract.event.Question;
import io.saccade.contract.event.StageResult.End;
import io.saccade.contract.event.Task;
import java.net.URI;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

class JoinStateTest {

    private static final Set<Task> ALL = Set.of(Task.values());
    private static final Question QUESTION = new Question("q1", "what color is the circle?");

    @Test
    void answersWhenTheLastPartIsThere() {
        // Given
        var waiting = JoinState.NEW.submitted(submission(ALL, QUESTION), NOW).next();
        for (var task : List.of(Task.EMBEDDING, Task.CAPTION, Task.ANSWERS)) {
            var move = waiting.result(done(task), NOW);
            assertThat(move.emit()).isEmpty();
            waiting = move.next();
        }

        // When
        var emitted = waiting.result(done(Task.MODERATION), NOW).emit();

        // Then
        assertThat(emitted).hasValueSatisfying(enriched -> {
            assertThat(enriched.status()).isEqualTo(Status.COMPLETE);
            assertThat(enriched.revision()).isEqualTo(1);
            assertThat(enriched.sha256()).isEqualTo(Given.SHA256);
            assertThat(enriched.attributes()).containsEntry("source", "test");
            assertThat(enriched.parts().stream()).allMatch(part -> part.state() == Part.State.OK);
        });
    }

    @Test
    void givesTheSameAnswerInWhateverOrderPartsAndImageCome() {
        // Given
        var random = new Random(7);
        var answers = new ArrayList<ImageEnriched>();
        for (int round = 0; round < 200; round++) {
            var steps = new ArrayList<Object>(List.of(Task.values()));
            steps.add("image");
            Collections.shuffle(steps, random);

            // When
            var state = JoinState.NEW;
            var emitted = new ArrayList<ImageEnriched>();
            for (var step : steps) {
                var move = step instanceof Task task
                        ? state.result(done(task), NOW)
                        : state.submitted(submission(ALL, QUESTION), NOW);
                move.emit().ifPresent(emitted::add);
                state = move.next();
            }

            // Then
            assertThat(emitted).hasSize(1);
            answers.addAll(emitted);
        }
        assertThat(answers).containsOnly(answers.getFirst());
    }

    @Test
    void skipsWhatWasNotAskedForAndSaysWhy() {
        // Given
        var waiting = JoinState.NEW
                .submitted(submission(Set.of(Task.CAPTION, Task.ANSWERS)), NOW)
                .next();

        // When
        var enriched = waiting.result(done(Task.CAPTION), NOW).emit().orElseThrow();

        // Then
        assertThat(enriched.status()).isEqualTo(Status.COMPLETE);
        assertThat(enriched.parts().embedding().reason())
                .extracting(Failure::code)
                .isEqualTo("task.not_asked");
        assertThat(enriched.parts().answers().reason())
                .extracting(Failure::code)
                .isEqualTo("task.no_question");
    }

    @Test
    void isPartialAtTheDeadlineAndNamesWhatIsMissing() {
        // Given
        var waiting = JoinState.NEW.submitted(submission(ALL), NOW).next();
        waiting = waiting.result(done(Task.CAPTION), NOW).next();
        assertThat(waiting.expired(DEADLINE.minusMillis(1)).emit()).isEmpty();

        // When
        var enriched = waiting.expired(DEADLINE).emit().orElseThrow();

        // Then
        assertThat(enriched.status()).isEqualTo(Status.PARTIAL);
        assertThat(enriched.parts().caption().state()).isEqualTo(Part.State.OK);
        assertThat(enriched.parts().moderation().state()).isEqualTo(Part.State.MISSING);
        assertThat(enriched.parts().moderation().reason())
                .extracting(Failure::code)
                .isEqualTo("join.deadline");
    }

    @Test
    void makesARevisionOfAPartThatComesLate() {
        // Given
        var answered = JoinState.NEW
                .submitted(submission(Set.of(Task.CAPTION)), NOW)
                .next()
                .expired(DEADLINE)
                .next();

        // When
        var revised = answered.result(done(Task.CAPTION), DEADLINE.plusSeconds(9))
                .emit()
                .orElseThrow();

        // Then
        assertThat(revised.revision()).isEqualTo(2);
        assertThat(revised.status()).isEqualTo(Status.COMPLETE);
    }

    @Test
    void ignoresTheSameWorkDoneTwice() {
        // Given
        var answered = JoinState.NEW
                .submitted(submission(Set.of(Task.CAPTION)), NOW)
                .next()
                .result(done(Task.CAPTION), NOW)
                .next();

        // When
        var again = List.of(
                answered.result(done(Task.CAPTION), NOW),
                answered.submitted(submission(Set.of(Task.CAPTION)), NOW),
                answered.result(ended(Task.CAPTION, End.FAILED, "model.unavailable"), NOW),
                answered.expired(DEADLINE.plusSeconds(99)));

        // Then
        assertThat(again).allSatisfy(move -> {
            assertThat(move.changed()).isFalse();
            assertThat(move.emit()).isEmpty();
        });
    }

    @Test
    void letsAnAnswerReplaceAFailure() {
        // Given
        var answered = JoinState.NEW
                .submitted(submission(Set.of(Task.CAPTION)), NOW)
                .next()
                .result(ended(Task.CAPTION, End.FAILED, "model.unavailable"), NOW);
        assertThat(answered.emit().orElseThrow().status()).isEqualTo(Status.PARTIAL);

        // When
        var revised = answered.next().result(done(Task.CAPTION), NOW).emit().orElseThrow();

        // Then
        assertThat(revised.status()).isEqualTo(Status.COMPLETE);
        assertThat(revised.revision()).isEqualTo(2);
    }

    @Test
    void isRefusedWhenNoStageCouldReadTheImage() {
        // Given
        var state = JoinState.NEW.submitted(submission(ALL), NOW);
        for (var task : List.of(Task.EMBEDDING, Task.CAPTION, Task.MODERATION)) {
            state = state.next().result(ended(task, End.REFUSED, "image.broken"), NOW);
        }

        // When
        var enriched = state.emit().orElseThrow();

        // Then
        assertThat(enriched.status()).isEqualTo(Status.REFUSED);
        assertThat(enriched.reason()).extracting(Failure::code).isEqualTo("image.broken");
    }

    @Test
    void isPartialWhenOnePartIsRefusedAndAnotherIsThere() {
        // Given
        var state = JoinState.NEW.submitted(submission(Set.of(Task.CAPTION, Task.EMBEDDING)), NOW);
        state = state.next().result(done(Task.CAPTION), NOW);

        // When
        state = state.next().result(ended(Task.EMBEDDING, End.REFUSED, "image.broken"), NOW);

        // Then
        assertThat(state.emit().orElseThrow().status()).isEqualTo(Status.PARTIAL);
    }

    @Test
    void refusesAtOnceAnEventThatCannotBeRead() {
        // Given
        var failure = new Failure("event.malformed", "image is required, but it is missing", false);

        // When
        var enriched = JoinState.NEW
                .submitted(Submission.refused(Given.ID, failure, NOW, null, null), NOW)
                .emit()
                .orElseThrow();

        // Then
        assertThat(enriched.status()).isEqualTo(Status.REFUSED);
        assertThat(enriched.reason()).isEqualTo(failure);
        assertThat(enriched.parts().stream()).allMatch(part -> part.state() == Part.State.REFUSED);
    }

    @Test
    void joinsTheAnswerToAQuestionAskedLater() {
        // Given
        var answered = JoinState.NEW
                .submitted(submission(Set.of(Task.ANSWERS), QUESTION), NOW)
                .next()
                .result(done(Task.ANSWERS), NOW)
                .next();

        // When
        var revised =
                answered.result(done(Task.ANSWERS, "question-2"), NOW).emit().orElseThrow();

        // Then
        assertThat(revised.revision()).isEqualTo(2);
        assertThat(revised.parts().answers().result()).isNotNull();
        assertThat(revised.parts().answers().result().items())
                .extracting(Answers.Item::questionId)
                .containsExactly("of-image-1", "of-question-2");
    }

    @Test
    void keepsTheLatestOfManyLaterAnswers() {
        // Given
        var state =
                JoinState.NEW.submitted(submission(Set.of(Task.ANSWERS)), NOW).next();

        // When
        ImageEnriched last = null;
        for (int i = 0; i < Results.MOST_LATER + 5; i++) {
            var move = state.result(done(Task.ANSWERS, "question-" + i), NOW);
            last = move.emit().orElseThrow();
            state = move.next();
        }

        // Then
        assertThat(last.parts().answers().result().items())
                .hasSize(Results.MOST_LATER)
                .extracting(Answers.Item::questionId)
                .doesNotContain("of-question-4")
                .endsWith("of-question-" + (Results.MOST_LATER + 4));
    }

    @Test
    void isCompleteAtOnceWhenNothingIsExpected() {
        // When
        var move = JoinState.NEW.submitted(submission(Set.of(Task.ANSWERS)), NOW);

        // Then
        assertThat(move.emit().orElseThrow().status()).isEqualTo(Status.COMPLETE);
        assertThat(Arrays.asList(Task.values()))
                .allMatch(task -> move.emit().orElseThrow().parts().of(task).state() == Part.State.SKIPPED);
    }

    @Test
    void leavesResultsOfOtherBytesOutThoughTheyCameFirst() {
        // Given: a quick stage answered another image under the same id
        var early = JoinState.NEW.result(done(Task.CAPTION), NOW).next();
        var other = submissionOf(new byte[] {9});

        // When
        var waiting = early.submitted(other, NOW).next();

        // Then
        assertThat(waiting.results().of(Task.CAPTION)).isNull();
        assertThat(waiting.isForeign(done(Task.CAPTION))).isTrue();
        assertThat(waiting.result(done(Task.CAPTION), NOW).changed()).isFalse();
    }

    @Test
    void losesNoResultThoughAStageAnsweredAnotherImageUnderTheIdFirst() {
        // Given: three results before either image, the first of them of the other one
        var early = JoinState.NEW
                .result(Given.done(Task.EMBEDDING, Given.ID, "cd".repeat(32)), NOW)
                .next()
                .result(done(Task.CAPTION), NOW)
                .next()
                .result(done(Task.MODERATION), NOW)
                .next();

        // When
        var answer = early.submitted(submission(Set.of(Task.CAPTION, Task.MODERATION)), NOW)
                .emit()
                .orElseThrow();

        // Then
        assertThat(answer.status()).isEqualTo(Status.COMPLETE);
        assertThat(answer.sha256()).isEqualTo(Given.SHA256);
        assertThat(answer.parts().of(Task.EMBEDDING).state()).isEqualTo(Part.State.SKIPPED);
    }

    @Test
    void keepsResultsOfAFewImagesOnlyWhileNoneIsKnown() {
        // Given
        var early = JoinState.NEW;
        for (var digest : List.of("a1", "a2", "a3", "a4")) {
            early = early.result(Given.done(Task.CAPTION, Given.ID, digest.repeat(32)), NOW)
                    .next();
        }

        // Then
        assertThat(early.isForeign(done(Task.CAPTION))).isTrue();
        assertThat(early.result(done(Task.CAPTION), NOW).changed()).isFalse();
        assertThat(early.isForeign(Given.done(Task.MODERATION, Given.ID, "a4".repeat(32))))
                .isFalse();
    }

    @Test
    void neverMergesPartsOfTwoImagesWhoseDigestTheEventDidNotTell() {
        // Given
        var image = Given.image(Set.of(Task.CAPTION, Task.EMBEDDING), ImageRef.at(URI.create("https://host/a.png")));
        var waiting = JoinState.NEW
                .submitted(Submission.of(image, Given.SUBMITTED, DEADLINE, null, null), NOW)
                .next()
                .result(done(Task.CAPTION), NOW)
                .next();

        // When
        var foreign = Given.done(Task.EMBEDDING, Given.ID, "cd".repeat(32));

        // Then
        assertThat(waiting.isForeign(foreign)).isTrue();
        assertThat(waiting.result(foreign, NOW).changed()).isFalse();
    }

    @Test
    void answersAnImageWhoseEventWasMended() {
        // Given
        var failure = new Failure("event.malformed", "no such task", false);
        var refused = JoinState.NEW
                .submitted(Submission.refused(Given.ID, failure, Given.SUBMITTED, null, null), NOW)
                .next();

        // When
        var mended = refused.submitted(submission(Set.of(Task.CAPTION)), NOW);
        var answer = mended.next().result(done(Task.CAPTION), NOW).emit().orElseThrow();

        // Then
        assertThat(mended.emit()).isEmpty();
        assertThat(answer.status()).isEqualTo(Status.COMPLETE);
        assertThat(answer.revision()).isEqualTo(2);
    }

    private static Submission submissionOf(byte[] bytes) {
        return Submission.of(
                Given.image(Set.of(Task.CAPTION), ImageRef.inline(bytes)), Given.SUBMITTED, DEADLINE, null, null);
    }
}
