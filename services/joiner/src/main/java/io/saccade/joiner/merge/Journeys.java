package io.saccade.joiner.merge;

import io.saccade.contract.event.ImageJourney;
import io.saccade.contract.event.ImageJourney.Progress;
import io.saccade.contract.event.ImageJourney.Step;
import io.saccade.contract.event.Task;
import java.time.Instant;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** What may be told of a join to whoever asks where an image is. */
public final class Journeys {

    private Journeys() {}

    /** Of an image in this state. */
    public static ImageJourney of(String id, JoinState state) {
        var submission = state.submission();
        var source = submission == null ? null : submission.source();
        return new ImageJourney(
                id,
                whole(state),
                submission == null ? null : submission.tenant(),
                submission == null ? null : submission.submittedAt(),
                submission == null ? null : submission.deadline(),
                answeredAt(state),
                state.revision(),
                submission == null ? null : submission.refusal(),
                source == null ? null : source.topic(),
                source == null ? -1 : source.partition(),
                source == null ? -1 : source.offset(),
                Arrays.stream(Task.values()).map(task -> step(task, state)).toList());
    }

    private static ImageJourney.State whole(JoinState state) {
        return switch (state) {
            case JoinState.Waiting waiting ->
                waiting.submission() == null ? ImageJourney.State.EXPECTED : ImageJourney.State.WAITING;
            case JoinState.Answered _ -> ImageJourney.State.ANSWERED;
            case JoinState.Erased _ -> ImageJourney.State.ERASED;
        };
    }

    private static @Nullable Instant answeredAt(JoinState state) {
        return state instanceof JoinState.Answered answered ? answered.answeredAt() : null;
    }

    private static Step step(Task task, JoinState state) {
        var result = state.results().of(task);
        if (result != null) {
            return Step.of(result);
        }
        var submission = state.submission();
        boolean awaited = submission != null
                && submission.refusal() == null
                && submission.expected().contains(task);
        return Step.without(task, awaited ? Progress.WAITING : Progress.SKIPPED);
    }
}
