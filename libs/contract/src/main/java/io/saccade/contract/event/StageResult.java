package io.saccade.contract.event;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * How one stage ended for one request: an answer, or the reason why there is none. Never both, never neither.
 *
 * @param requestId   the request this ends: the image's id, or the id of a later question
 * @param imageId     the image; the Kafka key
 * @param tenant      on whose behalf
 * @param task        what was asked
 * @param end         in which way the stage ended
 * @param answer      present exactly when {@code end} is {@code DONE}
 * @param failure     present exactly when {@code end} is not {@code DONE}
 * @param model       which model answered; null when none was asked
 * @param sha256      digest of the image's bytes; null when they could not be read
 * @param timings     where the time went
 * @param attempt     how often the request was tried, from 1
 * @param completedAt when the stage ended
 * @param <A>         the answer of the task
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record StageResult<A extends Answer>(
        String requestId,
        String imageId,
        String tenant,
        Task task,
        End end,
        @Nullable A answer,
        @Nullable Failure failure,
        @Nullable ModelRef model,
        @Nullable String sha256,
        Timings timings,
        int attempt,
        Instant completedAt) {

    public StageResult {
        Check.id("requestId", requestId);
        Check.id("imageId", imageId);
        Check.tenant(Check.present("tenant", tenant));
        Check.present("task", task);
        Check.present("end", end);
        if ((answer != null) != (end == End.DONE) || (failure == null) != (end == End.DONE)) {
            throw new IllegalArgumentException("a result that is " + end + " must have "
                    + (end == End.DONE ? "an answer and no failure" : "a failure and no answer"));
        }
        Check.sha256("sha256", sha256);
        Check.present("timings", timings);
        if (attempt < 1) {
            throw new IllegalArgumentException("attempt must be at least 1, got " + attempt);
        }
        Check.present("completedAt", completedAt);
    }

    /** The ways a stage ends. */
    public enum End {
        /** There is an answer. */
        DONE,
        /** The input cannot be answered, and never will be: it is broken, too large or forbidden. */
        REFUSED,
        /** The input may be fine, but the stage gave up on it; a dead letter tells the story. */
        FAILED
    }
}
