package io.saccade.cli;

import io.saccade.contract.event.Answers;
import io.saccade.contract.event.Caption;
import io.saccade.contract.event.Embedding;
import io.saccade.contract.event.Failure;
import io.saccade.contract.event.ImageEnriched;
import io.saccade.contract.event.ModelRef;
import io.saccade.contract.event.Moderation;
import io.saccade.contract.event.Part;
import io.saccade.contract.event.Parts;
import io.saccade.contract.event.Timings;
import io.saccade.contract.event.Vector;
import java.time.Instant;
import java.util.List;
import java.util.Map;

/** Joined answers for tests. */
public final class Samples {

    private static final Instant SUBMITTED = Instant.parse("2026-01-01T12:00:00Z");

    private Samples() {}

    /** Everything is there. */
    public static ImageEnriched complete(String id, String caption, String answer) {
        return new ImageEnriched(
                id,
                "default",
                1,
                ImageEnriched.Status.COMPLETE,
                null,
                "0".repeat(64),
                new Parts(
                        ok(
                                new Embedding(
                                        "space-1", Vector.of(new float[16]), List.of(new Embedding.Label("cat", 0.9))),
                                "image-embedding"),
                        ok(new Caption(caption, 0.99), "caption"),
                        ok(new Answers(List.of(new Answers.Item("q1", "what is it?", answer, 0.8))), "vqa"),
                        ok(
                                new Moderation(
                                        Moderation.Verdict.ALLOW,
                                        List.of(new Moderation.Category("bolt", 0.1, Moderation.Verdict.ALLOW)),
                                        "policy/1"),
                                "moderation")),
                Map.of("file", id + ".png"),
                SUBMITTED,
                SUBMITTED.plusSeconds(30),
                SUBMITTED.plusMillis(250));
    }

    /** Nothing could be answered. */
    public static ImageEnriched refused(String id, String message) {
        var reason = new Failure("image.broken", message, false);
        return new ImageEnriched(
                id,
                "default",
                1,
                ImageEnriched.Status.REFUSED,
                reason,
                null,
                new Parts(
                        Part.without(Part.State.REFUSED, reason),
                        Part.without(Part.State.REFUSED, reason),
                        Part.without(Part.State.SKIPPED, new Failure("task.skipped", "not asked for", false)),
                        Part.without(Part.State.MISSING, new Failure("join.deadline", "nothing came", true))),
                Map.of(),
                SUBMITTED,
                SUBMITTED.plusSeconds(30),
                SUBMITTED.plusMillis(40));
    }

    private static <A extends io.saccade.contract.event.Answer> Part<A> ok(A answer, String model) {
        return new Part<>(
                Part.State.OK, answer, null, new ModelRef(model, "1", "sample"), new Timings(1, 2, 3, 4.5), 1);
    }
}
