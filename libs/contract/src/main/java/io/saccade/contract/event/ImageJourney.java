package io.saccade.contract.event;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Where one image is on its way from submission to answer, as the join sees it: what has come, what is awaited. It holds no
 * answer and no text of a user.
 *
 * @param id          of the image
 * @param state       of the whole
 * @param tenant      on whose behalf; null while only results have come
 * @param submittedAt when it entered; null while only results have come
 * @param deadline    when the answer is due; null likewise
 * @param answeredAt  when the first answer was given
 * @param revision    of the last answer; 0 for none
 * @param reason      why the event itself was refused
 * @param topic       where its event lies, as the broker calls it; null if that is not known
 * @param partition   of that topic; -1 likewise
 * @param offset      of the event there; -1 likewise
 * @param steps       one for each task
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record ImageJourney(
        String id,
        State state,
        @Nullable String tenant,
        @Nullable Instant submittedAt,
        @Nullable Instant deadline,
        @Nullable Instant answeredAt,
        int revision,
        @Nullable Failure reason,
        @Nullable String topic,
        int partition,
        long offset,
        List<Step> steps) {

    public ImageJourney {
        Check.present("id", id);
        Check.present("state", state);
        steps = List.copyOf(steps);
    }

    /** Of the whole. */
    public enum State {
        /** Results came before the image itself. */
        EXPECTED,
        /** Not all parts are there, and the deadline is not past. */
        WAITING,
        /** There is an answer; parts may still come and revise it. */
        ANSWERED,
        /** Somebody asked for it to be forgotten. */
        ERASED
    }

    /**
     * What became of one task so far.
     *
     * @param task        which
     * @param state       how far it is
     * @param failure     why there is no answer, if it ended without one
     * @param model       which model answered
     * @param timings     where the time of the last attempt went
     * @param attempt     how often it was tried
     * @param completedAt when the stage ended
     */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public record Step(
            Task task,
            Progress state,
            @Nullable Failure failure,
            @Nullable ModelRef model,
            @Nullable Timings timings,
            @Nullable Integer attempt,
            @Nullable Instant completedAt) {

        public Step {
            Check.present("step.task", task);
            Check.present("step.state", state);
        }

        /** Of a stage that has ended. */
        public static Step of(StageResult<?> result) {
            var progress =
                    switch (result.end()) {
                        case DONE -> Progress.DONE;
                        case REFUSED -> Progress.REFUSED;
                        case FAILED -> Progress.FAILED;
                    };
            return new Step(
                    result.task(),
                    progress,
                    result.failure(),
                    result.model(),
                    result.timings(),
                    result.attempt(),
                    result.completedAt());
        }

        /** Of a stage of which nothing has been heard. */
        public static Step without(Task task, Progress state) {
            return new Step(task, state, null, null, null, null, null);
        }
    }

    /** How far a task is. */
    public enum Progress {
        /** Answered. */
        DONE,
        /** The input cannot be answered. */
        REFUSED,
        /** The stage gave up. */
        FAILED,
        /** Awaited. */
        WAITING,
        /** Not asked for. */
        SKIPPED
    }
}
