package io.saccade.contract.event;

import com.fasterxml.jackson.annotation.JsonInclude;
import org.jspecify.annotations.Nullable;

/**
 * What became of one task in the joined answer.
 *
 * @param state   how it ended
 * @param result  present exactly when the state is {@code OK}
 * @param reason  present exactly when the state is not {@code OK}
 * @param model   which model answered, if one did
 * @param timings where the time went; null when nothing came
 * @param attempt how often it was tried; null when nothing came
 * @param <A>     the answer of the task
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record Part<A extends Answer>(
        State state,
        @Nullable A result,
        @Nullable Failure reason,
        @Nullable ModelRef model,
        @Nullable Timings timings,
        @Nullable Integer attempt) {

    public Part {
        Check.present("part.state", state);
        if ((result != null) != (state == State.OK) || (reason == null) != (state == State.OK)) {
            throw new IllegalArgumentException("a part that is " + state + " must have "
                    + (state == State.OK ? "a result and no reason" : "a reason and no result"));
        }
    }

    /** How a task ended in the joined answer. */
    public enum State {
        /** Answered. */
        OK,
        /** The input cannot be answered. */
        REFUSED,
        /** The stage gave up. */
        FAILED,
        /** Nothing came before the deadline; a later revision may bring it. */
        MISSING,
        /** Not asked for. */
        SKIPPED
    }

    /** A part from the result of a stage. */
    public static <A extends Answer> Part<A> of(StageResult<A> result) {
        var state =
                switch (result.end()) {
                    case DONE -> State.OK;
                    case REFUSED -> State.REFUSED;
                    case FAILED -> State.FAILED;
                };
        return new Part<>(state, result.answer(), result.failure(), result.model(), result.timings(), result.attempt());
    }

    /** A part without an answer. */
    public static <A extends Answer> Part<A> without(State state, Failure reason) {
        return new Part<>(state, null, reason, null, null, null);
    }
}
