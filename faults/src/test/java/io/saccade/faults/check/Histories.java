package io.saccade.faults.check;

import io.saccade.contract.EventIds;
import io.saccade.contract.event.DeadLetter;
import io.saccade.contract.event.Failure;
import io.saccade.contract.event.ImageEnriched.Status;
import io.saccade.contract.event.Part;
import io.saccade.contract.event.StageResult.End;
import io.saccade.contract.event.Task;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/**
 * A history that keeps every promise, as a run makes it: images of every kind, a late part, a refusal, poison with its
 * dead letter, a send of which nobody knows. Its lists may be changed, to break it on purpose.
 */
final class Histories {

    private static final List<Task> TASKS = List.of(Task.values());

    static final Instant START = Instant.parse("2026-01-01T00:00:00Z");
    static final Map<Task, Set<String>> SERVED = Map.of(
            Task.EMBEDDING, Set.of("image-embedding/1"),
            Task.CAPTION, Set.of("caption/1"),
            Task.ANSWERS, Set.of("vqa/1"),
            Task.MODERATION, Set.of("moderation/1"));
    /** An image that got a partial answer first, and a whole one later. */
    static final int LATE = 3;
    /** An image without a key. */
    static final int POISON = 5;
    /** An image of which a stage gave up on the caption. */
    static final int GIVEN_UP = 7;

    final List<Sent> sent = new ArrayList<>();
    final List<Seen.Joined> joined = new ArrayList<>();
    final List<Seen.Result> results = new ArrayList<>();
    final List<Seen.Dead> dead = new ArrayList<>();
    final List<Seen.Unreadable> foreign = new ArrayList<>();
    final Map<String, Long> lag = new java.util.HashMap<>(Map.of("saccade-captioner", 0L, "saccade-joiner", 0L));
    private int offset;

    /** Whatever the seed, image {@value #LATE} is late, {@value #POISON} is poison, {@value #GIVEN_UP} lacks a part. */
    static Histories good(long seed, int images) {
        var history = new Histories();
        var random = new SplittableRandom(seed);
        for (int i = 0; i < images; i++) {
            if (i == POISON) {
                history.poison(i);
            } else {
                history.image(i, random);
            }
        }
        return history;
    }

    static Allowed allowed() {
        return Allowed.givingUp("model.bad_output");
    }

    History history() {
        return new History(sent, joined, results, dead, foreign, lag, SERVED);
    }

    static String id(int number) {
        return "run-" + number;
    }

    /** Adds an image that may be none, of which the caption ended in some way. */
    void unsound(String id, Owed.Unsound owed, Part.State state, @Nullable String said, @Nullable String reason) {
        sent.add(new Sent(id, Sent.Outcome.OK, START, next("saccade.images"), owed));
        var model = said == null ? null : "caption/1";
        if (state != Part.State.MISSING) {
            var end =
                    switch (state) {
                        case OK -> End.DONE;
                        case REFUSED -> End.REFUSED;
                        default -> End.FAILED;
                    };
            results.add(new Seen.Result(
                    next("caption"), id, "e", id, "acme", Task.CAPTION, end, said, reason, model, null, 1));
        }
        var parts = new EnumMap<Task, Seen.JoinedPart>(Task.class);
        for (var task : Task.values()) {
            parts.put(task, new Seen.JoinedPart(Part.State.SKIPPED, null, "task.not_asked", null));
        }
        parts.put(Task.CAPTION, new Seen.JoinedPart(state, said, reason, model));
        var status =
                switch (state) {
                    case OK -> Status.COMPLETE;
                    case REFUSED -> Status.REFUSED;
                    default -> Status.PARTIAL;
                };
        joined.add(answer(id, "acme", 1, status, null, Map.of(), START, START.plusSeconds(1), parts));
    }

    /** Adds another image under the id of a good one, which a stage has answered under a digest, and its dead letter. */
    void another(int number, String digestOfResult) {
        var id = id(number);
        var where = new Where("saccade.images", 0, 10_000 + number);
        sent.add(new Sent(
                id, Sent.Outcome.OK, START, where, new Owed.Other("other", "tenant-of-other", Set.of(Task.CAPTION))));
        dead.add(new Seen.Dead(next("saccade.dlq"), id, story("event.conflict", "joiner", where), ""));
        results.add(new Seen.Result(
                next("caption"),
                id,
                "e",
                id,
                "tenant-of-other",
                Task.CAPTION,
                End.DONE,
                "something else",
                null,
                SERVED.get(Task.CAPTION).iterator().next(),
                digestOfResult,
                1));
    }

    private void poison(int number) {
        var where = new Where("saccade.images", 0, number);
        sent.add(new Sent(null, Sent.Outcome.OK, START, where, new Owed.Letter()));
        dead.add(new Seen.Dead(next("saccade.dlq"), null, story("event.malformed", "joiner", where), ""));
    }

    private void image(int number, SplittableRandom random) {
        var id = id(number);
        var where = new Where("saccade.images", 0, number);
        var tasks = number == LATE || number == GIVEN_UP
                ? EnumSet.allOf(Task.class)
                : EnumSet.of(TASKS.get(random.nextInt(4)), TASKS.get(random.nextInt(4)));
        var truth = new EnumMap<Task, String>(Task.class);
        for (var task : tasks) {
            truth.put(task, task.json() + " of picture " + random.nextInt(1_000) + " " + number);
        }
        var sha = "%064x".formatted(number);
        var tenant = "tenant-" + number % 3;
        var attributes = Map.of("number", Integer.toString(number));
        var deadline = START.plusSeconds(10);
        boolean isUnknown = number % 11 == 10;
        sent.add(new Sent(
                id,
                isUnknown ? Sent.Outcome.UNKNOWN : Sent.Outcome.OK,
                START,
                isUnknown ? null : where,
                new Owed.Answer(truth, sha, tenant, attributes, deadline)));
        if (isUnknown && random.nextBoolean()) {
            return; // it never arrived
        }
        var parts = new EnumMap<Task, Seen.JoinedPart>(Task.class);
        for (var task : Task.values()) {
            if (!tasks.contains(task)) {
                parts.put(task, new Seen.JoinedPart(Part.State.SKIPPED, null, "task.not_asked", null));
                continue;
            }
            var model = SERVED.get(task).iterator().next();
            if (number == GIVEN_UP && task == Task.CAPTION) {
                results.add(new Seen.Result(
                        next(task.json()),
                        id,
                        "e",
                        id,
                        tenant,
                        task,
                        End.FAILED,
                        null,
                        "model.bad_output",
                        null,
                        sha,
                        1));
                dead.add(new Seen.Dead(next("saccade.dlq"), id, story("model.bad_output", "captioner", where), ""));
                parts.put(task, new Seen.JoinedPart(Part.State.FAILED, null, "model.bad_output", null));
                continue;
            }
            results.add(new Seen.Result(
                    next(task.json()), id, "e", id, tenant, task, End.DONE, truth.get(task), null, model, sha, 1));
            parts.put(task, new Seen.JoinedPart(Part.State.OK, truth.get(task), null, model));
        }
        int revision = 1;
        if (number == LATE) {
            var before = new EnumMap<>(parts);
            before.put(Task.CAPTION, new Seen.JoinedPart(Part.State.MISSING, null, "join.deadline", null));
            joined.add(answer(id, tenant, revision++, Status.PARTIAL, sha, attributes, deadline, deadline, before));
        }
        joined.add(answer(
                id,
                tenant,
                revision,
                number == GIVEN_UP ? Status.PARTIAL : Status.COMPLETE,
                sha,
                attributes,
                deadline,
                deadline.plusSeconds(1),
                parts));
    }

    private Seen.Joined answer(
            String id,
            String tenant,
            int revision,
            Status status,
            @Nullable String sha,
            Map<String, String> attributes,
            Instant deadline,
            Instant completedAt,
            Map<Task, Seen.JoinedPart> parts) {
        return new Seen.Joined(
                next("saccade.enriched"),
                id,
                EventIds.enriched(id, revision),
                id,
                tenant,
                revision,
                status,
                null,
                sha,
                attributes,
                deadline,
                completedAt,
                parts);
    }

    Where next(String topic) {
        return new Where(topic, 0, offset++);
    }

    static DeadLetter story(String code, String stage, Where where) {
        return new DeadLetter(
                new Failure(code, "it said why", false),
                stage,
                where.topic(),
                where.partition(),
                where.offset(),
                1,
                START,
                START,
                null,
                null);
    }
}
