package io.saccade.joiner.merge;

import com.fasterxml.jackson.annotation.JsonIgnore;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import io.saccade.contract.event.Failure;
import io.saccade.contract.event.ImageEnriched;
import io.saccade.contract.event.StageResult;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Where the join of one image stands. The legal moves are the methods of each state; every move gives the next state and
 * maybe a joined answer to publish. Parts may come in any order, before the image too, and twice.
 */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "state")
@JsonSubTypes({
    @JsonSubTypes.Type(value = JoinState.Waiting.class, name = "waiting"),
    @JsonSubTypes.Type(value = JoinState.Answered.class, name = "answered"),
    @JsonSubTypes.Type(value = JoinState.Erased.class, name = "erased")
})
public sealed interface JoinState {

    /** Nothing is known. */
    JoinState NEW = new Waiting(null, Results.NONE, List.of(), 0);

    /** What is known of the image itself; null while only results have come, and once it was erased. */
    @Nullable
    Submission submission();

    /** What has come of it. */
    Results results();

    /** Answers given so far. */
    int revision();

    /** The image was submitted. */
    Move submitted(Submission submission, Instant now);

    /** A stage has ended. */
    Move result(StageResult<?> result, Instant now);

    /** Time has passed. */
    Move expired(Instant now);

    /** Somebody asked for all that is known of it to be erased. */
    default Move erased(Instant now) {
        return Move.to(new Erased(revision(), now));
    }

    /** Whether a result is of other bytes than this image's; such a result is no part of it, and never moves it. */
    default boolean isForeign(StageResult<?> result) {
        return results().isForeign(submission(), result);
    }

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
     * @param results    what has come; while there is no submission, of the bytes that the first of them was of
     * @param others     what has come of other bytes, by their digest, while nobody knows which are the image's: another
     *                   image may have been sent under the same id, and a stage may have been quicker to answer that one
     * @param revision   answers given already, each because an event under this id could not be read
     */
    record Waiting(
            @Nullable Submission submission,
            Results results,
            @JsonInclude(JsonInclude.Include.NON_EMPTY) List<Results> others,
            int revision)
            implements JoinState {

        /** Other bytes of which results are kept: an id that is used for more images than that is nobody's. */
        static final int MOST_OTHERS = 3;

        @SuppressWarnings("ConstantValue") // an empty list is left out of the stored JSON
        public Waiting {
            others = others == null ? List.of() : List.copyOf(others);
        }

        @Override
        public boolean isForeign(StageResult<?> result) {
            return results.isForeign(submission, result)
                    && (submission != null
                            || (others.size() == MOST_OTHERS
                                    && others.stream().allMatch(other -> other.isForeign(null, result))));
        }

        @Override
        public Move submitted(Submission submission, Instant now) {
            return this.submission == null ? onward(submission, own(submission), revision, now) : Move.stay(this);
        }

        /** Where the event does not tell its digest, the first result does. */
        private Results own(Submission submission) {
            var own = results.of(submission);
            if (submission.sha256() != null) {
                for (var other : others) {
                    own = own.and(other.of(submission));
                }
            }
            return own;
        }

        @Override
        public Move result(StageResult<?> result, Instant now) {
            if (isForeign(result)) {
                return Move.stay(this);
            }
            if (results.isForeign(submission, result)) {
                var more = othersWith(result);
                return more.equals(others) ? Move.stay(this) : Move.to(new Waiting(null, results, more, revision));
            }
            return results.with(result)
                    .map(more -> submission == null
                            ? Move.to(new Waiting(null, more, others, revision))
                            : onward(submission, more, revision, now))
                    .orElseGet(() -> Move.stay(this));
        }

        private List<Results> othersWith(StageResult<?> result) {
            var more = new ArrayList<Results>();
            boolean taken = false;
            for (var other : others) {
                boolean takes = !taken && !other.isForeign(null, result);
                more.add(takes ? other.with(result).orElse(other) : other);
                taken |= takes;
            }
            if (!taken) {
                Results.NONE.with(result).ifPresent(more::add);
            }
            return more;
        }

        @Override
        public Move expired(Instant now) {
            return submission != null && !now.isBefore(submission.deadline())
                    ? Move.answer(submission, results, revision + 1, now, now)
                    : Move.stay(this);
        }

        private static Move onward(Submission submission, Results results, int revision, Instant now) {
            return Merge.isWhole(submission, results)
                    ? Move.answer(submission, results, revision + 1, now, now)
                    : Move.to(new Waiting(submission, results, List.of(), revision));
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

        /** An event that can be read, after one under its id that could not: the sender mended it. */
        @Override
        public Move submitted(Submission submission, Instant now) {
            return this.submission.refusal() != null && submission.refusal() == null
                    ? Waiting.onward(submission, results.of(submission), revision, now)
                    : Move.stay(this);
        }

        @Override
        public Move result(StageResult<?> result, Instant now) {
            if (isForeign(result)) {
                return Move.stay(this);
            }
            return results.with(result)
                    .map(more -> submission.refusal() != null
                            ? Move.to(new Answered(submission, more, revision, answeredAt))
                            : Move.answer(submission, more, revision + 1, answeredAt, now))
                    .orElseGet(() -> Move.stay(this));
        }

        @Override
        public Move expired(Instant now) {
            return Move.stay(this);
        }
    }

    /**
     * All that was known is gone, and what still comes is not taken in: results on their way, or the event read again.
     *
     * @param revision of the last answer, 0 for none
     * @param erasedAt when it was asked for
     */
    record Erased(int revision, Instant erasedAt) implements JoinState {

        @Override
        @JsonIgnore
        public @Nullable Submission submission() {
            return null;
        }

        @Override
        @JsonIgnore
        public Results results() {
            return Results.NONE;
        }

        /** An image under this id is refused, so that whoever sent it is not left without an answer. */
        @Override
        public Move submitted(Submission submission, Instant now) {
            var reason = new Failure(
                    "image.erased", "this id was erased a short while ago; send the image under another one", false);
            var refused = Submission.refused(submission.id(), reason, submission.submittedAt(), null, null);
            var next = new Erased(revision + 1, erasedAt);
            return new Move(next, true, Optional.of(Merge.enriched(refused, Results.NONE, next.revision(), now)));
        }

        @Override
        public Move result(StageResult<?> result, Instant now) {
            return Move.stay(this);
        }

        @Override
        public Move expired(Instant now) {
            return Move.stay(this);
        }

        @Override
        public Move erased(Instant now) {
            return Move.stay(this);
        }
    }
}
