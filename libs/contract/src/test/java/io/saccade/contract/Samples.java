package io.saccade.contract;

import io.saccade.contract.event.Answer;
import io.saccade.contract.event.Answers;
import io.saccade.contract.event.Caption;
import io.saccade.contract.event.Embedding;
import io.saccade.contract.event.Failure;
import io.saccade.contract.event.ImageEnriched;
import io.saccade.contract.event.ImageRef;
import io.saccade.contract.event.ImageSubmitted;
import io.saccade.contract.event.LetterHandled;
import io.saccade.contract.event.ModelRef;
import io.saccade.contract.event.Moderation;
import io.saccade.contract.event.Part;
import io.saccade.contract.event.Parts;
import io.saccade.contract.event.Priority;
import io.saccade.contract.event.Question;
import io.saccade.contract.event.QuestionAsked;
import io.saccade.contract.event.StageResult;
import io.saccade.contract.event.Task;
import io.saccade.contract.event.Timings;
import io.saccade.contract.event.Vector;
import java.net.URI;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** One full event of every kind. */
final class Samples {

    static final Instant NOON = Instant.parse("2026-11-21T12:00:00.123Z");
    static final String SHA = "0123456789abcdef".repeat(4);
    static final ModelRef MODEL = new ModelRef("caption", "1", "coca");
    static final Failure BROKEN = new Failure("image.broken", "the file ends in the middle of the picture", false);

    static final ImageSubmitted SUBMITTED = new ImageSubmitted(
            "shop/shelf-7",
            "acme",
            ImageRef.inline(new byte[] {1, 2, 3}),
            "A shelf",
            List.of(new Question("q1", "how many cups are there ?")),
            Set.of(Task.CAPTION, Task.ANSWERS),
            NOON.plusSeconds(10),
            Priority.BACKFILL,
            Map.of("camera", "7"),
            NOON);
    static final QuestionAsked ASKED = new QuestionAsked(
            "q-77",
            "shop/shelf-7",
            "acme",
            new ImageRef(null, URI.create("https://pictures.example/7.jpg"), SHA, "image/jpeg"),
            "is the shelf empty ?",
            NOON.plusSeconds(10),
            NOON);
    static final Embedding EMBEDDING =
            new Embedding("clip-7", Vector.of(0.6f, -0.8f), List.of(new Embedding.Label("a shelf", 0.75)));
    static final Caption CAPTION = new Caption("a shelf with cups", 0.5);
    static final Answers ANSWERS =
            new Answers(List.of(new Answers.Item("q1", "how many cups are there ?", "three", 0.875)));
    static final Moderation MODERATION = new Moderation(
            Moderation.Verdict.REVIEW,
            List.of(new Moderation.Category("symbol", 0.5, Moderation.Verdict.REVIEW)),
            "default-1");
    static final ImageEnriched ENRICHED = new ImageEnriched(
            "shop/shelf-7",
            "acme",
            2,
            ImageEnriched.Status.PARTIAL,
            null,
            SHA,
            new Parts(
                    Part.of(done(Task.EMBEDDING, EMBEDDING)),
                    Part.without(Part.State.MISSING, new Failure("join.deadline", "nothing came in time", true)),
                    Part.without(Part.State.SKIPPED, new Failure("task.not_asked", "no question was asked", false)),
                    Part.of(done(Task.MODERATION, MODERATION))),
            Map.of("camera", "7"),
            NOON,
            NOON.plusSeconds(10),
            NOON.plusSeconds(9));

    private Samples() {}

    static <A extends Answer> StageResult<A> done(Task task, A answer) {
        return new StageResult<>(
                "shop/shelf-7",
                "shop/shelf-7",
                "acme",
                task,
                StageResult.End.DONE,
                answer,
                null,
                MODEL,
                SHA,
                new Timings(1.5, 2.25, 0.125, 40),
                1,
                NOON);
    }

    static <A extends Answer> StageResult<A> refused(Task task) {
        return new StageResult<>(
                "shop/shelf-7",
                "shop/shelf-7",
                "acme",
                task,
                StageResult.End.REFUSED,
                null,
                BROKEN,
                null,
                null,
                Timings.NONE,
                1,
                NOON);
    }

    /** Every event type with a value of it. */
    static Map<EventType<?>, Object> all() {
        return Map.of(
                EventType.IMAGE_SUBMITTED,
                SUBMITTED,
                EventType.QUESTION_ASKED,
                ASKED,
                EventType.EMBEDDING,
                done(Task.EMBEDDING, EMBEDDING),
                EventType.CAPTION,
                done(Task.CAPTION, CAPTION),
                EventType.ANSWERS,
                done(Task.ANSWERS, ANSWERS),
                EventType.MODERATION,
                done(Task.MODERATION, MODERATION),
                EventType.IMAGE_ENRICHED,
                ENRICHED,
                EventType.LETTER_HANDLED,
                new LetterHandled("5e0c2a0b8d3f4c1e9a7b6d5c4e3f2a1b", LetterHandled.End.DROPPED, "a test", NOON));
    }
}
