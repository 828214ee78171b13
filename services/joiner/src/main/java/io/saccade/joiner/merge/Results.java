package io.saccade.joiner.merge;

import com.fasterxml.jackson.annotation.JsonIgnore;
import com.fasterxml.jackson.annotation.JsonInclude;
import io.saccade.contract.event.Answer;
import io.saccade.contract.event.Answers;
import io.saccade.contract.event.Caption;
import io.saccade.contract.event.Embedding;
import io.saccade.contract.event.Moderation;
import io.saccade.contract.event.StageResult;
import io.saccade.contract.event.StageResult.End;
import io.saccade.contract.event.Task;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The results that have come, at most one for each task, and the answers to questions asked later.
 *
 * @param embedding  of the encoder, or null
 * @param caption    of the captioner, or null
 * @param answers    to the questions that came with the image, or null
 * @param moderation of the moderator, or null
 * @param later      answers to questions that came afterwards, one for each request
 */
@JsonInclude(JsonInclude.Include.NON_EMPTY)
public record Results(
        @Nullable StageResult<Embedding> embedding,
        @Nullable StageResult<Caption> caption,
        @Nullable StageResult<Answers> answers,
        @Nullable StageResult<Moderation> moderation,
        List<StageResult<Answers>> later) {

    /** Most later answers that are kept; the record must stay below what its topic takes, so the oldest go. */
    static final int MOST_LATER = 100;

    /** Nothing has come. */
    public static final Results NONE = new Results(null, null, null, null, List.of());

    @SuppressWarnings("ConstantValue") // an empty list is left out of the stored JSON
    public Results {
        later = later == null ? List.of() : List.copyOf(later);
    }

    /** The result of a task, if it has come. */
    public @Nullable StageResult<?> of(Task task) {
        return switch (task) {
            case EMBEDDING -> embedding;
            case CAPTION -> caption;
            case ANSWERS -> answers;
            case MODERATION -> moderation;
        };
    }

    /** The digest of the image's bytes, as the first stage that read them saw it. */
    @JsonIgnore
    public @Nullable String sha256() {
        return Stream.of(embedding, caption, answers, moderation)
                .filter(Objects::nonNull)
                .map(StageResult::sha256)
                .filter(Objects::nonNull)
                .findFirst()
                .orElse(null);
    }

    /** Those of one image: whoever was quicker to answer another image under the same id does not decide. */
    Results of(Submission submission) {
        return new Results(
                own(embedding, submission),
                own(caption, submission),
                own(answers, submission),
                own(moderation, submission),
                later.stream().filter(result -> own(result, submission) != null).toList());
    }

    private static <A extends Answer> @Nullable StageResult<A> own(
            @Nullable StageResult<A> result, Submission submission) {
        return result == null || isForeign(submission.sha256(), result) ? null : result;
    }

    private static boolean isForeign(@Nullable String sha256, StageResult<?> result) {
        return sha256 != null && result.sha256() != null && !sha256.equals(result.sha256());
    }

    /** Whether a result is of other bytes than those that were submitted, or than those the first result was of. */
    boolean isForeign(@Nullable Submission submission, StageResult<?> result) {
        var known = submission == null ? null : submission.sha256();
        return isForeign(known == null ? sha256() : known, result);
    }

    /**
     * With one more result. Empty if it says nothing new: the same work done twice, or a failure after an end. An answer
     * does replace a failure, which is what sending a dead letter again is for.
     */
    @SuppressWarnings("unchecked") // a result's task decides the type of its answer
    public Optional<Results> with(StageResult<?> result) {
        if (!result.requestId().equals(result.imageId())) {
            return result.task() == Task.ANSWERS ? withLater((StageResult<Answers>) result) : Optional.empty();
        }
        if (!isNews(of(result.task()), result)) {
            return Optional.empty();
        }
        return Optional.of(
                switch (result.task()) {
                    case EMBEDDING -> new Results((StageResult<Embedding>) result, caption, answers, moderation, later);
                    case CAPTION -> new Results(embedding, (StageResult<Caption>) result, answers, moderation, later);
                    case ANSWERS -> new Results(embedding, caption, (StageResult<Answers>) result, moderation, later);
                    case MODERATION ->
                        new Results(embedding, caption, answers, (StageResult<Moderation>) result, later);
                });
    }

    /** Both: what these have already is kept, unless it is a failure and those have the answer. */
    Results and(Results those) {
        var all = this;
        for (var result : those.all().toList()) {
            all = all.with(result).orElse(all);
        }
        return all;
    }

    private Stream<StageResult<?>> all() {
        return Stream.concat(
                Stream.<@Nullable StageResult<?>>of(embedding, caption, answers, moderation)
                        .filter(Objects::nonNull),
                later.stream());
    }

    private Optional<Results> withLater(StageResult<Answers> result) {
        var kept = new ArrayList<StageResult<Answers>>();
        for (var earlier : later) {
            if (!earlier.requestId().equals(result.requestId())) {
                kept.add(earlier);
            } else if (!isNews(earlier, result)) {
                return Optional.empty();
            }
        }
        kept.add(result);
        if (kept.size() > MOST_LATER) {
            kept.removeFirst();
        }
        return Optional.of(new Results(embedding, caption, answers, moderation, kept));
    }

    private static boolean isNews(@Nullable StageResult<? extends Answer> known, StageResult<?> result) {
        return known == null || (known.end() != End.DONE && result.end() == End.DONE);
    }
}
