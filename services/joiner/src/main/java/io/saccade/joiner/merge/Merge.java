package io.saccade.joiner.merge;

import io.saccade.contract.event.Answer;
import io.saccade.contract.event.Answers;
import io.saccade.contract.event.Failure;
import io.saccade.contract.event.ImageEnriched;
import io.saccade.contract.event.ImageEnriched.Status;
import io.saccade.contract.event.Part;
import io.saccade.contract.event.Parts;
import io.saccade.contract.event.StageResult;
import io.saccade.contract.event.StageResult.End;
import io.saccade.contract.event.Task;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** How parts become one answer. */
final class Merge {

    private Merge() {}

    /** Whether nothing more is awaited: every expected task has ended, or the event itself was refused. */
    static boolean isWhole(Submission submission, Results results) {
        return submission.refusal() != null
                || submission.expected().stream().allMatch(task -> results.of(task) != null);
    }

    static ImageEnriched enriched(Submission submission, Results results, int revision, Instant now) {
        var parts = new Parts(
                part(submission, Task.EMBEDDING, results.embedding()),
                part(submission, Task.CAPTION, results.caption()),
                answers(submission, results),
                part(submission, Task.MODERATION, results.moderation()));
        var status = status(submission, parts);
        return new ImageEnriched(
                submission.id(),
                submission.tenant(),
                revision,
                status,
                status == Status.REFUSED ? reason(submission, parts) : null,
                results.sha256(),
                parts,
                submission.attributes(),
                submission.submittedAt(),
                submission.deadline(),
                now);
    }

    /**
     * Refused when nothing could be answered and something was refused; complete when all that was expected is there;
     * partial otherwise.
     */
    private static Status status(Submission submission, Parts parts) {
        if (submission.refusal() != null) {
            return Status.REFUSED;
        }
        var expected = submission.expected().stream().map(parts::of).toList();
        if (expected.stream().allMatch(part -> part.state() == Part.State.OK)) {
            return Status.COMPLETE;
        }
        boolean anyOk = expected.stream().anyMatch(part -> part.state() == Part.State.OK);
        boolean anyRefused = expected.stream().anyMatch(part -> part.state() == Part.State.REFUSED);
        return anyRefused && !anyOk ? Status.REFUSED : Status.PARTIAL;
    }

    private static @Nullable Failure reason(Submission submission, Parts parts) {
        if (submission.refusal() != null) {
            return submission.refusal();
        }
        return parts.stream()
                .filter(part -> part.state() == Part.State.REFUSED)
                .map(Part::reason)
                .filter(Objects::nonNull)
                .findFirst()
                .orElse(null);
    }

    private static <A extends Answer> Part<A> part(Submission submission, Task task, @Nullable StageResult<A> result) {
        if (result != null) {
            return Part.of(result);
        }
        if (submission.refusal() != null) {
            return Part.without(Part.State.REFUSED, submission.refusal());
        }
        if (submission.expected().contains(task)) {
            return Part.without(
                    Part.State.MISSING,
                    new Failure(
                            "join.deadline",
                            "no result came before the deadline; a later revision may bring it",
                            true));
        }
        return Part.without(
                Part.State.SKIPPED,
                submission.tasks().contains(task)
                        ? new Failure("task.no_question", "no question was asked", false)
                        : new Failure("task.not_asked", "this task was not asked for", false));
    }

    /** The answers that came with the image, then those to later questions in the order they came. */
    private static Part<Answers> answers(Submission submission, Results results) {
        var first = part(submission, Task.ANSWERS, results.answers());
        var later = results.later().stream()
                .filter(result -> result.end() == End.DONE)
                .toList();
        if (later.isEmpty()) {
            return first;
        }
        var items = new ArrayList<Answers.Item>();
        if (first.result() != null) {
            items.addAll(first.result().items());
        }
        later.stream()
                .map(StageResult::answer)
                .filter(Objects::nonNull)
                .map(Answers::items)
                .forEach((List<Answers.Item> more) -> items.addAll(more));
        if (first.state() != Part.State.OK && first.state() != Part.State.SKIPPED) {
            return first; // the image's own questions are still open, and the part must say so
        }
        var last = later.getLast();
        return new Part<>(Part.State.OK, new Answers(items), null, last.model(), last.timings(), last.attempt());
    }
}
