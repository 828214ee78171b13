package io.saccade.joiner.merge;

import static io.saccade.joiner.merge.Given.ID;
import static io.saccade.joiner.merge.Given.NOW;
import static io.saccade.joiner.merge.Given.done;
import static io.saccade.joiner.merge.Given.submission;
import static org.assertj.core.api.Assertions.assertThat;

import io.saccade.contract.EventJson;
import io.saccade.contract.event.ImageJourney;
import io.saccade.contract.event.ImageJourney.Progress;
import io.saccade.contract.event.ImageJourney.State;
import io.saccade.contract.event.Task;
import java.nio.charset.StandardCharsets;
import java.util.Set;
import org.junit.jupiter.api.Test;

class JourneysTest {

    @Test
    void tellsWhatCameAndWhatIsAwaited() {
        // Given
        var state = JoinState.NEW
                .submitted(submission(Set.of(Task.CAPTION, Task.EMBEDDING)), NOW)
                .next()
                .result(done(Task.CAPTION), NOW)
                .next();

        // When
        var journey = Journeys.of(ID, state);

        // Then
        assertThat(journey.state()).isEqualTo(State.WAITING);
        assertThat(progress(journey, Task.CAPTION)).isEqualTo(Progress.DONE);
        assertThat(progress(journey, Task.EMBEDDING)).isEqualTo(Progress.WAITING);
        assertThat(progress(journey, Task.MODERATION)).isEqualTo(Progress.SKIPPED);
    }

    @Test
    void tellsNoAnswer() {
        // Given
        var state = JoinState.NEW
                .submitted(submission(Set.of(Task.CAPTION)), NOW)
                .next()
                .result(done(Task.CAPTION), NOW)
                .next();

        // When
        var json = new String(EventJson.create().write(Journeys.of(ID, state)), StandardCharsets.UTF_8);

        // Then
        assertThat(json).contains("ANSWERED").doesNotContain("circle");
    }

    @Test
    void tellsOfAnErasedImageOnlyThat() {
        // Given
        var state = JoinState.NEW
                .submitted(submission(Set.of(Task.CAPTION)), NOW)
                .next()
                .erased(NOW)
                .next();

        // When
        var journey = Journeys.of(ID, state);

        // Then
        assertThat(journey.state()).isEqualTo(State.ERASED);
        assertThat(journey.tenant()).isNull();
    }

    @Test
    void tellsInWhichTopicItsEventLies() {
        // Given
        var source = new Submission.Source("saccade.images.backfill", 3, 42);
        var event = Given.image(Set.of(Task.CAPTION));
        var state = JoinState.NEW
                .submitted(Submission.of(event, Given.SUBMITTED, Given.DEADLINE, null, source), NOW)
                .next();

        // When
        var journey = Journeys.of(ID, state);

        // Then
        assertThat(journey.topic()).isEqualTo("saccade.images.backfill");
        assertThat(journey.partition()).isEqualTo(3);
        assertThat(journey.offset()).isEqualTo(42);
    }

    @Test
    void readsWhatWasStoredBeforeThereWereTwoTopics() throws Exception {
        // When
        var source = EventJson.create().mapper().readValue("{\"partition\":3,\"offset\":42}", Submission.Source.class);

        // Then
        assertThat(source).isEqualTo(new Submission.Source(null, 3, 42));
    }

    private static Progress progress(ImageJourney journey, Task task) {
        return journey.steps().stream()
                .filter(step -> step.task() == task)
                .findFirst()
                .orElseThrow()
                .state();
    }
}
