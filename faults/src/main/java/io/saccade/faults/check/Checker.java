package io.saccade.faults.check;

import io.saccade.contract.EventIds;
import io.saccade.contract.event.ImageEnriched.Status;
import io.saccade.contract.event.Part;
import io.saccade.contract.event.StageResult.End;
import io.saccade.contract.event.Task;
import io.saccade.faults.check.Seen.Dead;
import io.saccade.faults.check.Seen.Joined;
import io.saccade.faults.check.Seen.JoinedPart;
import io.saccade.faults.check.Seen.Result;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Decides I1, I2, I3 and I7 over a {@link History}. It knows nothing of how the system works, only what it owes: whatever
 * bug loses, doubles, mixes up or hides something must show as a difference between what was sent and what lies there.
 */
public final class Checker {

    private static final Map<Task, String> STAGES = Map.of(
            Task.EMBEDDING, "encoder", Task.CAPTION, "captioner", Task.ANSWERS, "vqa", Task.MODERATION, "moderator");

    private final History history;
    private final Allowed allowed;
    private final List<Violation> violations = new ArrayList<>();

    private final Map<String, Sent> owing = new HashMap<>();
    private final Map<String, Owed.Other> others = new HashMap<>();
    private final Map<Where, Sent> byPlace = new HashMap<>();
    private final Set<String> sources = new HashSet<>();
    private final Map<String, List<Joined>> joined = new HashMap<>();
    private final Map<String, Map<Task, List<Result>>> results = new HashMap<>();
    private final Map<String, List<Dead>> dead = new HashMap<>();

    private Checker(History history, Allowed allowed) {
        this.history = history;
        this.allowed = allowed;
    }

    /** Every promise that was broken, in the order of the invariants; empty when all were kept. */
    public static List<Violation> check(History history, Allowed allowed) {
        var checker = new Checker(history, allowed);
        checker.index();
        checker.everySent();
        checker.everyJoined();
        checker.everyResult();
        checker.everyLetter();
        checker.nothingLeft();
        return checker.violations.stream()
                .sorted(Comparator.comparing(Violation::invariant))
                .toList();
    }

    /** Which stage ends a task, as its dead letters name it. */
    static String stageOf(Task task) {
        return Objects.requireNonNull(STAGES.get(task));
    }

    private void index() {
        for (var sent : history.sent()) {
            if (sent.key() != null && sent.owed() instanceof Owed.Other other) {
                others.put(sent.key(), other);
            } else if (sent.key() != null && !(sent.owed() instanceof Owed.Nothing)) {
                owing.putIfAbsent(sent.key(), sent);
            }
            if (sent.where() != null) {
                byPlace.put(sent.where(), sent);
                sources.add(sent.where().topic());
            }
        }
        for (var answer : history.joined()) {
            joined.computeIfAbsent(answer.id(), _ -> new ArrayList<>()).add(answer);
        }
        for (var result : history.results()) {
            results.computeIfAbsent(result.imageId(), _ -> new HashMap<>())
                    .computeIfAbsent(result.task(), _ -> new ArrayList<>())
                    .add(result);
        }
        for (var letter : history.dead()) {
            dead.computeIfAbsent(String.valueOf(letter.key()), _ -> new ArrayList<>())
                    .add(letter);
        }
    }

    // --- what was sent must have ended -------------------------------------------------------------------------------

    private void everySent() {
        for (var sent : history.sent()) {
            if (sent.outcome() != Sent.Outcome.OK) {
                continue;
            }
            switch (sent.owed()) {
                case Owed.Answer answer -> answered(sent, answer);
                case Owed.Refusal refusal -> refused(sent, refusal);
                case Owed.Letter() -> lettered(sent);
                case Owed.Other _ -> lettered(sent);
                case Owed.Unsound unsound -> ended(sent, unsound);
                case Owed.Nothing() -> {
                    // the first of its id is looked at
                }
            }
        }
    }

    private void answered(Sent sent, Owed.Answer owed) {
        var answers = joined.getOrDefault(sent.name(), List.of());
        if (answers.isEmpty()) {
            broken(Invariant.I1, sent.name(), "was accepted and has no joined answer");
            return;
        }
        var last = last(answers);
        var ended = results.getOrDefault(sent.name(), Map.of());
        for (var task : owed.truth().keySet()) {
            if (!ended.containsKey(task)) {
                broken(Invariant.I1, sent.name(), "has no result for " + task.json() + ", not even a failure");
            }
            var part = last.parts().get(task);
            if (part == null || part.state() == Part.State.MISSING || part.state() == Part.State.SKIPPED) {
                broken(
                        Invariant.I1,
                        sent.name(),
                        "lacks " + task.json() + " in its last revision, " + last.revision() + ": "
                                + (part == null ? "no part" : part.state() + " " + part.reason()));
            } else if (part.state() != Part.State.OK && !mayGiveUp(part.reason())) {
                broken(
                        Invariant.I1,
                        sent.name(),
                        task.json() + " ended as " + part.state() + " with " + part.reason()
                                + ", but nothing was wrong with the image");
            }
        }
    }

    private void ended(Sent sent, Owed.Unsound owed) {
        var answers = joined.getOrDefault(sent.name(), List.of());
        if (answers.isEmpty()) {
            broken(Invariant.I1, sent.name(), "was accepted and has no joined answer, not even a refusal");
            return;
        }
        var last = last(answers);
        for (var task : Task.values()) {
            var part = last.parts().get(task);
            if (part == null) {
                broken(Invariant.I3, sent.name(), "has no part for " + task.json());
            } else if (!owed.tasks().contains(task)) {
                if (part.state() != Part.State.SKIPPED) {
                    broken(Invariant.I3, sent.name(), task.json() + " is " + part.state() + ", but was not asked for");
                }
            } else {
                ended(last, task, part, owed);
            }
        }
    }

    private void ended(Joined answer, Task task, JoinedPart part, Owed.Unsound owed) {
        var reason = part.reason();
        switch (part.state()) {
            case OK -> {
                published(answer, task, part);
                if (!owed.mayBeRead()) {
                    broken(
                            Invariant.I3,
                            answer.id(),
                            task.json() + " says '" + part.said() + "' of an image that cannot be read");
                }
            }
            case FAILED, REFUSED -> {
                published(answer, task, part);
                if (reason == null || owed.codes().stream().noneMatch(reason::startsWith)) {
                    broken(
                            Invariant.I1,
                            answer.id(),
                            task.json() + " must end with one of " + owed.codes() + ", ended with " + reason);
                }
            }
            case MISSING, SKIPPED ->
                broken(
                        Invariant.I1,
                        answer.id(),
                        "lacks " + task.json() + " in its last revision, " + answer.revision() + ": " + part.state()
                                + " " + reason);
        }
    }

    private void refused(Sent sent, Owed.Refusal owed) {
        var answers = joined.getOrDefault(sent.name(), List.of());
        if (answers.isEmpty()) {
            broken(Invariant.I1, sent.name(), "was accepted and has no joined answer, not even a refusal");
            return;
        }
        var last = last(answers);
        if (last.status() != Status.REFUSED
                || last.reason() == null
                || !last.reason().startsWith(owed.code())) {
            broken(
                    Invariant.I1,
                    sent.name(),
                    "must be refused with " + owed.code() + ", is " + last.status() + " with " + last.reason());
        }
        if (owed.letter()) {
            lettered(sent);
        }
    }

    private void lettered(Sent sent) {
        long letters = history.dead().stream()
                .filter(letter -> letter.story() != null && sent.where() != null && isAbout(letter, sent.where()))
                .count();
        if (letters == 0) {
            broken(Invariant.I7, sent.name(), "cannot be processed and has no dead letter that says so");
        } else if (letters > 1) {
            broken(Invariant.I2, sent.name(), "has " + letters + " dead letters, expected one");
        }
    }

    private static boolean isAbout(Dead letter, Where where) {
        var story = Objects.requireNonNull(letter.story());
        return story.topic().equals(where.topic())
                && story.partition() == where.partition()
                && story.offset() == where.offset();
    }

    // --- what was joined must be right -------------------------------------------------------------------------------

    private void everyJoined() {
        joined.forEach((id, answers) -> {
            revisions(id, answers);
            var sent = owing.get(id);
            if (sent == null || sent.outcome() == Sent.Outcome.FAILED) {
                broken(Invariant.I1, id, "is answered, but was never accepted");
                return;
            }
            for (var answer : answers) {
                if (!id.equals(answer.key())) {
                    broken(Invariant.I3, id, "is answered under the key " + answer.key());
                }
                if (sent.owed() instanceof Owed.Answer owed) {
                    right(answer, owed);
                }
            }
        });
        history.foreign()
                .forEach(record ->
                        broken(Invariant.I3, record.where().toString(), "cannot be read: " + record.problem()));
    }

    private void revisions(String id, List<Joined> answers) {
        var partitions = new HashSet<Integer>();
        var seen = new HashMap<String, Joined>();
        for (var answer : answers) {
            partitions.add(answer.where().partition());
            var earlier = seen.putIfAbsent(answer.tenant() + "/" + answer.revision(), answer);
            if (earlier != null) {
                broken(
                        Invariant.I2,
                        id,
                        "has revision " + answer.revision() + " twice, at " + earlier.where() + " and "
                                + answer.where());
            }
            if (!EventIds.enriched(id, answer.revision()).equals(answer.eventId())) {
                broken(Invariant.I2, id, "revision " + answer.revision() + " has the event id " + answer.eventId());
            }
        }
        if (partitions.size() > 1) {
            broken(Invariant.I2, id, "is answered in the partitions " + partitions);
        }
        var inOrder = answers.stream()
                .sorted(Comparator.comparingInt(Joined::revision))
                .toList();
        for (int i = 0; i < inOrder.size(); i++) {
            if (i > 0 && inOrder.get(i).revision() == inOrder.get(i - 1).revision()) {
                continue; // said above
            }
            int expected = i == 0 ? 1 : inOrder.get(i - 1).revision() + 1;
            if (inOrder.get(i).revision() != expected) {
                broken(Invariant.I2, id, "has revision " + inOrder.get(i).revision() + " without the one before");
            }
            if (i > 0 && inOrder.get(i).parts().equals(inOrder.get(i - 1).parts())) {
                broken(Invariant.I2, id, "revision " + inOrder.get(i).revision() + " says nothing new");
            }
        }
    }

    private void right(Joined answer, Owed.Answer owed) {
        same(answer.id(), "tenant", owed.tenant(), answer.tenant());
        same(answer.id(), "attributes", owed.attributes(), answer.attributes());
        if (answer.sha256() != null) {
            same(answer.id(), "sha256", owed.sha256(), answer.sha256());
        }
        for (var task : Task.values()) {
            part(answer, task, owed);
        }
        var asked = owed.truth().keySet().stream().map(answer.parts()::get).toList();
        boolean isWhole = asked.stream().allMatch(part -> part != null && part.state() == Part.State.OK);
        if (isWhole != (answer.status() == Status.COMPLETE)) {
            broken(
                    Invariant.I3,
                    answer.id(),
                    "revision " + answer.revision() + " is " + answer.status() + " with the parts " + answer.parts());
        }
    }

    private void part(Joined answer, Task task, Owed.Answer owed) {
        var part = answer.parts().get(task);
        var truth = owed.truth().get(task);
        if (part == null) {
            broken(Invariant.I3, answer.id(), "has no part for " + task.json());
            return;
        }
        if (truth == null) {
            if (part.state() != Part.State.SKIPPED) {
                broken(Invariant.I3, answer.id(), task.json() + " is " + part.state() + ", but was not asked for");
            }
            return;
        }
        switch (part.state()) {
            case OK -> {
                same(answer.id(), task.json(), truth, part.said());
                published(answer, task, part);
                model(answer.id(), task, part.model());
            }
            case MISSING -> {
                if (answer.completedAt().isBefore(answer.deadline())) {
                    broken(
                            Invariant.I1,
                            answer.id(),
                            task.json() + " was called missing at " + answer.completedAt() + ", before the deadline "
                                    + answer.deadline());
                }
                if (part.reason() == null) {
                    broken(Invariant.I1, answer.id(), task.json() + " is missing without a reason");
                }
            }
            case FAILED, REFUSED -> {
                if (part.reason() == null) {
                    broken(Invariant.I1, answer.id(), task.json() + " is " + part.state() + " without a reason");
                }
                published(answer, task, part);
            }
            case SKIPPED -> {
                // said as a loss of the last revision
            }
        }
    }

    /** A part must be what a stage published about this image, not something the join made up. */
    private void published(Joined answer, Task task, JoinedPart part) {
        boolean isPublished = results.getOrDefault(answer.id(), Map.of()).getOrDefault(task, List.of()).stream()
                .anyMatch(result -> Objects.equals(result.said(), part.said())
                        && Objects.equals(result.model(), part.model())
                        && Objects.equals(result.reason(), part.reason()));
        if (!isPublished) {
            broken(Invariant.I3, answer.id(), task.json() + " is joined as no stage published it: " + part);
        }
    }

    private void model(String id, Task task, @Nullable String model) {
        var served = history.served().getOrDefault(task, Set.of());
        if (model == null || !served.contains(model)) {
            broken(Invariant.I3, id, task.json() + " names the model " + model + ", served are " + served);
        }
    }

    private void everyResult() {
        for (var result : history.results()) {
            var sent = owing.get(result.imageId());
            if (!result.imageId().equals(result.key())) {
                broken(Invariant.I3, result.imageId(), "has a result under the key " + result.key());
            }
            if (sent == null || sent.outcome() == Sent.Outcome.FAILED) {
                broken(
                        Invariant.I3,
                        result.imageId(),
                        "has a result for " + result.task().json() + ", but was never accepted");
                continue;
            }
            if (isOfAnother(result)) {
                continue;
            }
            if (!(sent.owed() instanceof Owed.Answer owed)) {
                if (result.end() == End.FAILED) {
                    explained(result);
                }
                continue;
            }
            same(result.imageId(), "tenant of " + result.task().json(), owed.tenant(), result.tenant());
            if (result.sha256() != null) {
                same(result.imageId(), "sha256 of " + result.task().json(), owed.sha256(), result.sha256());
            }
            if (result.end() == End.DONE) {
                same(
                        result.imageId(),
                        result.task().json(),
                        owed.truth().getOrDefault(result.task(), "not asked for"),
                        result.said());
                model(result.imageId(), result.task(), result.model());
            } else if (result.end() == End.FAILED) {
                explained(result);
            }
        }
    }

    /** A stage cannot know that the id it answers under is another image's; what is joined is looked at by itself. */
    private boolean isOfAnother(Result result) {
        var other = others.get(result.imageId());
        return other != null
                && other.sha256().equals(result.sha256())
                && other.tenant().equals(result.tenant())
                && other.tasks().contains(result.task());
    }

    // --- dead letters must tell their story --------------------------------------------------------------------------

    private void explained(Result failed) {
        boolean hasLetter = dead.getOrDefault(failed.imageId(), List.of()).stream()
                .anyMatch(letter -> letter.story() != null
                        && letter.story().stage().equals(stageOf(failed.task()))
                        && letter.story().failure().code().equals(failed.reason()));
        if (!hasLetter) {
            broken(
                    Invariant.I7,
                    failed.imageId(),
                    failed.task().json() + " failed with " + failed.reason() + ", and no dead letter tells");
        }
    }

    private void everyLetter() {
        for (var letter : history.dead()) {
            var story = letter.story();
            var name = letter.key() == null ? letter.where().toString() : letter.key();
            if (story == null) {
                broken(Invariant.I7, name, "has a dead letter without its story: " + letter.problem());
                continue;
            }
            if (story.lastTried().isBefore(story.firstTried())) {
                broken(Invariant.I7, name, "was tried last before it was tried first");
            }
            var source = byPlace.get(new Where(story.topic(), story.partition(), story.offset()));
            // A letter about a record that the driver did not write, a retry say, names a place the driver does not
            // know.
            if (sources.contains(story.topic()) && (source == null || !Objects.equals(source.key(), letter.key()))) {
                broken(
                        Invariant.I7,
                        name,
                        "has a dead letter that names " + story.topic() + "-" + story.partition() + "@" + story.offset()
                                + " as its source, where it does not lie");
                continue;
            }
            var owing = letter.key() == null ? source : this.owing.get(letter.key());
            if (owing != null
                    && owing.owed() instanceof Owed.Answer
                    && !mayGiveUp(story.failure().code())
                    && (source == null || source.owed() instanceof Owed.Answer)) {
                broken(
                        Invariant.I7,
                        name,
                        "is a good image in the dead letters, with "
                                + story.failure().code());
            }
        }
    }

    private void nothingLeft() {
        history.lag().forEach((group, lag) -> {
            if (lag != 0) {
                broken(Invariant.I1, group, "has " + lag + " records left that it has not settled");
            }
        });
    }

    // --- words -------------------------------------------------------------------------------------------------------

    private boolean mayGiveUp(@Nullable String reason) {
        return reason != null && allowed.reasons().contains(reason);
    }

    private void same(String id, String what, @Nullable Object expected, @Nullable Object got) {
        if (!Objects.equals(expected, got)) {
            broken(Invariant.I3, id, what + " must be '" + expected + "', is '" + got + "'");
        }
    }

    private void broken(Invariant invariant, String id, String text) {
        violations.add(new Violation(invariant, id, text));
    }

    private static Joined last(List<Joined> answers) {
        return answers.stream().max(Comparator.comparingInt(Joined::revision)).orElseThrow();
    }
}
