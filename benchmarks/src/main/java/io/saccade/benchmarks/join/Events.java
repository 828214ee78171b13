package io.saccade.benchmarks.join;

import io.saccade.contract.EventIds;
import io.saccade.contract.event.Answer;
import io.saccade.contract.event.Answers;
import io.saccade.contract.event.Caption;
import io.saccade.contract.event.Embedding;
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
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.function.IntFunction;

/**
 * The images of a run and what the stages say of them, by number: the same number is the same image. Of the images a tenth has no part
 * yet, two tenths have one, three tenths two and four tenths three of the four: two in the mean, and none is whole.
 */
final class Events {

    /** As many numbers as the sample pack's vectors have. */
    private static final int DIMENSION = 128;

    private static final List<String> TENANTS = List.of("acme", "globex", "initech");

    private final String prefix;
    private final IntFunction<Instant> deadline;

    /**
     * Images that wait for the same moment.
     *
     * @param prefix of their ids
     */
    Events(String prefix, Instant deadline) {
        this(prefix, _ -> deadline);
    }

    /**
     * Images that wait for moments of their own.
     *
     * @param prefix   of their ids
     * @param deadline by number
     */
    Events(String prefix, IntFunction<Instant> deadline) {
        this.prefix = prefix;
        this.deadline = deadline;
    }

    /** The id of an image. */
    String id(int number) {
        return prefix + number;
    }

    /** An image that asks for some things. */
    ImageSubmitted image(int number, Set<Task> tasks, Instant now) {
        return new ImageSubmitted(
                id(number),
                tenant(number),
                ImageRef.at(URI.create("https://images.example/" + id(number) + ".jpg")),
                null,
                tasks.contains(Task.ANSWERS) ? List.of(new Question("q1", "what colour is it?")) : List.of(),
                tasks,
                deadline.apply(number),
                Priority.LIVE,
                Map.of("number", Integer.toString(number)),
                now);
    }

    /** Which of its parts are there. */
    Set<Task> present(int number) {
        var random = new SplittableRandom(number);
        int draw = random.nextInt(10);
        int count = draw < 1 ? 0 : draw < 3 ? 1 : draw < 6 ? 2 : 3;
        var present = EnumSet.noneOf(Task.class);
        while (present.size() < count) {
            present.add(Task.values()[random.nextInt(Task.values().length)]);
        }
        return present;
    }

    /** What a stage says of an image. */
    StageResult<?> result(int number, Task task, Instant now) {
        Answer answer =
                switch (task) {
                    case EMBEDDING -> new Embedding("space-1", vector(number), List.of());
                    case CAPTION -> new Caption("a small red circle in the top left, number " + number, 0.9);
                    case ANSWERS -> new Answers(List.of(new Answers.Item("q1", "what colour is it?", "red", 0.8)));
                    case MODERATION -> new Moderation(Moderation.Verdict.ALLOW, List.of(), "policy/1");
                };
        return new StageResult<>(
                id(number),
                id(number),
                tenant(number),
                task,
                End.DONE,
                answer,
                null,
                new ModelRef(task.json(), "1", "sample"),
                EventIds.sha256(id(number).getBytes(StandardCharsets.UTF_8)),
                Timings.NONE,
                1,
                now);
    }

    private static String tenant(int number) {
        return TENANTS.get(number % TENANTS.size());
    }

    private static Vector vector(int number) {
        var random = new SplittableRandom(number);
        var values = new float[DIMENSION];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) random.nextDouble(-0.2, 0.2);
        }
        return Vector.of(values);
    }
}
