package io.saccade.cli.screen;

import static org.assertj.core.api.Assertions.assertThat;

import io.saccade.contract.event.Failure;
import io.saccade.contract.event.ImageJourney;
import io.saccade.contract.event.ImageJourney.Progress;
import io.saccade.contract.event.ImageJourney.State;
import io.saccade.contract.event.ImageJourney.Step;
import io.saccade.contract.event.ModelRef;
import io.saccade.contract.event.Task;
import io.saccade.contract.event.Timings;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class JourneyPageTest {

    private static final Instant SUBMITTED = Instant.parse("2026-11-21T10:00:00Z");

    @Test
    void showsWhatCameAndWhereTheRestWaits() {
        // Given
        var journey = journey(
                State.WAITING,
                new Step(
                        Task.CAPTION,
                        Progress.DONE,
                        null,
                        new ModelRef("caption", "1", "coca"),
                        new Timings(1, 2, 3, 4.5),
                        2,
                        SUBMITTED.plusMillis(250)),
                Step.without(Task.EMBEDDING, Progress.WAITING),
                Step.without(Task.MODERATION, Progress.WAITING),
                Step.without(Task.ANSWERS, Progress.SKIPPED));

        // When
        var page =
                String.join("\n", JourneyPage.lines(journey, Map.of(Task.EMBEDDING, 17L), SUBMITTED.plusSeconds(10)));

        // Then
        assertThat(page)
                .startsWith("cat-1  waiting, its answer is due in 20.0 s")
                .contains("lies in     saccade.images.backfill, partition 3, offset 42")
                .contains("caption     done after 0.250 s, caption version 1,"
                        + " fetch 1.0, decode 2.0, prepare 3.0, infer 4.5 ms, attempt 2")
                .contains("embedding   waiting: 17 records are before it")
                .contains("moderation  waiting: settled by its stage")
                .contains("answers     skipped");
    }

    @Test
    void showsWhyAStageGaveUp() {
        // Given
        var journey = journey(
                State.ANSWERED,
                new Step(
                        Task.CAPTION,
                        Progress.FAILED,
                        new Failure("model.failed", "the model\u001b[2J failed", false),
                        null,
                        null,
                        1,
                        SUBMITTED.plusSeconds(1)));

        // When
        var page = String.join("\n", JourneyPage.lines(journey, Map.of(), SUBMITTED.plusSeconds(40)));

        // Then
        assertThat(page)
                .startsWith("cat-1  answered after 2.000 s, revision 1")
                .contains("caption     failed after 1.000 s: model.failed, the model")
                .doesNotContain("\u001b");
    }

    private static ImageJourney journey(State state, Step... steps) {
        boolean answered = state == State.ANSWERED;
        return new ImageJourney(
                "cat-1",
                state,
                "acme",
                SUBMITTED,
                SUBMITTED.plusSeconds(30),
                answered ? SUBMITTED.plusSeconds(2) : null,
                answered ? 1 : 0,
                null,
                "saccade.images.backfill",
                3,
                42,
                List.of(steps));
    }
}
