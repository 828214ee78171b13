package io.saccade.joiner.merge;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import io.saccade.contract.event.ImageEnriched;
import io.saccade.contract.event.StageResult;
import java.time.Instant;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Where the join of one image stands. The legal moves are the methods of each state; every move gives the next state and
 * maybe a joined answer to publish. Parts may come in any order, before the image too, and twice.
 */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "state")
@JsonSubTypes({
    @JsonSubTypes.Type(value = JoinState.Waiting.class, name = "waiting"),
    @JsonSubTypes.Type(value = JoinState.Answered.class, name = "answered")
})
public sealed interface JoinState {

    /** Nothing is known. */
    JoinState NEW = new Waiting(null, Results.NONE);

    /** The image was submitted. */
    Move submitted(Submission submission, Instant now);

    /** A stage has ended. */
    Move result(StageResult<?> result, Instant now);

    /** Time has passed. */
    Move expired(Instant now);

    /**
     * One move.
     *
     * @param next    the state from now on
     * @param changed whether it differs from the one before, so that it need not be stored again
     * @param emit    a joined answer to publish, if this move makes one
     */
    record Move(JoinState next, boolean changed, Optional<ImageEnriched> emit) {

        static Move stay(JoinState state) {
            return new Move(state, false, Optional.empty());
        }

        static Move to(JoinState state) {
            return new Move(state, true, Optional.empty());
        }

        static Move answer(Submission submission, Results results, int revision, Instant answeredAt, Instant now) {
            return new Move(
                    new Answered(submission, results, revision, answeredAt),
                    true,
                    Optional.of(Merge.enriched(submission, results, revision, now)));
        }
    }

    /**
     * No answer has been given yet.
     *
     * @param submission null while only results have come
     * @param results    what has come
     */
    record Waiting(@Nullable Submission submission, Results results) implements JoinState {

        @Override
        public Move submitted(Submission submission, Instant now) {
            return this.submission == null ? onward(submission, results, now) : Move.stay(this);
        }

        @Override
        public Move result(StageResult<?> result, Instant now) {
            return results.with(result)
                    .map(more -> submission == null ? Move.to(new Waiting(null, more)) : onward(submission, more, now))
                    .orElseGet(() -> Move.stay(this));
        }

        @Override
        public Move expired(Instant now) {
            return submission != null && !now.isBefore(submission.deadline())
                    ? Move.answer(submission, results, 1, now, now)
                    : Move.stay(this);
        }

        private static Move onward(Submission submission, Results results, Instant now) {
            return Merge.isWhole(submission, results)
                    ? Move.answer(submission, results, 1, now, now)
                    : Move.to(new Waiting(submission, results));
        }
    }

    /**
     * An answer has been given; a part that comes now makes a further revision.
     *
     * @param submission of the image
     * @param results    what has come
     * @param revision   of the last answer
     * @param answeredAt when the first answer was given
     */
    record Answered(Submission submission, Results results, int revision, Instant answeredAt) implements JoinState {

        @Override
        public Move submitted(Submission submission, Instant now) {
            return Move.stay(this);
        }

        @Override
        public Move result(StageResult<?> result, Instant now) {
            return results.with(result)
                    .map(more -> Move.answer(submission, more, revision + 1, answeredAt, now))
                    .orElseGet(() -> Move.stay(this));
        }

        @Override
        public Move expired(Instant now) {
            return Move.stay(this);
        }
    }
}
