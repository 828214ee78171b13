package io.saccade.joiner.merge;

import io.saccade.contract.EventIds;
import io.saccade.contract.event.Answer;
import io.saccade.contract.event.Answers;
import io.saccade.contract.event.Caption;
import io.saccade.contract.event.Embedding;
import io.saccade.contract.event.Failure;
import io.saccade.contract.event.ImageRef;
import io.saccade.contract.event.ImageSubmitted;
import io.saccade.contract.event.ModelRef;
import io.saccade.contract.event.Moderation;
import io.saccade.contract.event.Priority;
import io.saccade.contract.event.Question;
import io.saccade.contract.event.StageResult;
import io.saccade.contract.event.StageResult.End;
import io.saccade.contract.event.Task;
import io.saccade.contract.event.Timings;
import io.saccade.contract.event.Vector;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Events to start from. */
public final class Given {

    public static final Instant SUBMITTED = Instant.parse("2026-11-21T10:00:00Z");
    public static final Instant DEADLINE = SUBMITTED.plusSeconds(30);
    public static final Instant NOW = SUBMITTED.plusSeconds(1);
    public static final String ID = "image-1";
    public static final byte[] BYTES = {1, 2, 3};
    public static final String SHA256 = EventIds.sha256(BYTES);

    private Given() {}

    public static ImageSubmitted image(Set<Task> tasks, Question... questions) {
        return image(tasks, ImageRef.inline(BYTES), questions);
    }

    static ImageSubmitted image(Set<Task> tasks, ImageRef image, Question... questions) {
        return new ImageSubmitted(
                ID,
                "acme",
                image,
                null,
                List.of(questions),
                tasks,
                DEADLINE,
                Priority.LIVE,
                Map.of("source", "test"),
                SUBMITTED);
    }

    static Submission submission(Set<Task> tasks, Question... questions) {
        return Submission.of(image(tasks, questions), SUBMITTED, DEADLINE, null, null);
    }

    public static StageResult<?> done(Task task) {
        return done(task, ID);
    }

    public static StageResult<?> done(Task task, String requestId) {
        return done(task, requestId, SHA256);
    }

    public static StageResult<?> done(Task task, String requestId, String sha256) {
        Answer answer =
                switch (task) {
                    case EMBEDDING -> new Embedding("space-1", Vector.of(0.6f, 0.8f), List.of());
                    case CAPTION -> new Caption("a small red circle", 0.9);
                    case ANSWERS -> new Answers(List.of(new Answers.Item("of-" + requestId, "what?", "red", 0.8)));
                    case MODERATION -> new Moderation(Moderation.Verdict.ALLOW, List.of(), "policy/1");
                };
        return new StageResult<>(
                requestId,
                ID,
                "acme",
                task,
                End.DONE,
                answer,
                null,
                new ModelRef(task.json(), "1", "test"),
                sha256,
                Timings.NONE,
                1,
                NOW);
    }

    public static StageResult<?> ended(Task task, End end, String code) {
        return new StageResult<>(
                ID,
                ID,
                "acme",
                task,
                end,
                null,
                new Failure(code, "for a reason", false),
                null,
                null,
                Timings.NONE,
                1,
                NOW);
    }
}
