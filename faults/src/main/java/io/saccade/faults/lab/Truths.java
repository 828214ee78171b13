package io.saccade.faults.lab;

import io.saccade.contract.event.Answer;
import io.saccade.contract.event.Answers;
import io.saccade.contract.event.Caption;
import io.saccade.contract.event.Embedding;
import io.saccade.contract.event.ModelRef;
import io.saccade.contract.event.Moderation;
import io.saccade.contract.event.Question;
import io.saccade.contract.event.Task;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * What the models say of each picture when nothing is broken, in words that can be compared. A vector's word is the
 * picture that the model it names puts there: rows of one batch may differ in the last bit from rows of another, but two
 * versions of a model put the same picture into different places.
 */
public final class Truths {

    /** Cosine below which two vectors are of different pictures; the same picture in two batches has 1 - 1e-6. */
    private static final double SAME = 0.9999;

    private final Map<String, String> captions = new ConcurrentHashMap<>();
    private final Map<String, String> verdicts = new ConcurrentHashMap<>();
    private final Map<String, Map<String, String>> answers = new ConcurrentHashMap<>();
    /** By the model, as {@code name/version}, then by the picture. */
    private final Map<String, Map<String, float[]>> vectors = new ConcurrentHashMap<>();

    private final Map<Task, Set<String>> models = new EnumMap<>(Task.class);

    /** Learns from a whole joined answer about a picture. */
    void learn(Picture picture, io.saccade.contract.event.ImageEnriched enriched) {
        var parts = enriched.parts();
        captions.put(picture.file(), present(parts.caption().result()).text());
        verdicts.put(
                picture.file(), present(parts.moderation().result()).verdict().name());
        vectors.computeIfAbsent(name(present(parts.embedding().model())), _ -> new ConcurrentHashMap<>())
                .put(
                        picture.file(),
                        present(parts.embedding().result()).vector().toArray());
        var byQuestion = new HashMap<String, String>();
        present(parts.answers().result()).items().forEach(item -> byQuestion.put(item.question(), item.answer()));
        answers.put(picture.file(), byQuestion);
        for (var task : Task.values()) {
            var model = present(parts.of(task).model());
            models.computeIfAbsent(task, _ -> new TreeSet<>()).add(name(model));
        }
    }

    /** How a model is called here: {@code name/version}. */
    static String name(ModelRef model) {
        return model.name() + "/" + model.version();
    }

    /** A model is no longer served: whoever names it from now on is wrong. */
    void forget(Task task, String model) {
        models.getOrDefault(task, Set.of()).remove(model);
        vectors.remove(model);
    }

    /** Which models answer, as {@code name/version}. */
    public Map<Task, Set<String>> models() {
        var copy = new EnumMap<Task, Set<String>>(Task.class);
        models.forEach((task, names) -> copy.put(task, Set.copyOf(names)));
        return copy;
    }

    /** What must be said about a picture. */
    Map<Task, String> of(Picture picture, Set<Task> tasks, List<Question> questions) {
        var truth = new EnumMap<Task, String>(Task.class);
        for (var task : tasks) {
            switch (task) {
                case EMBEDDING -> truth.put(task, picture.file());
                case CAPTION -> truth.put(task, present(captions.get(picture.file())));
                case MODERATION -> truth.put(task, present(verdicts.get(picture.file())));
                case ANSWERS -> {
                    var said = new ArrayList<String>();
                    for (var question : questions) {
                        said.add(question.id() + "="
                                + present(answers.get(picture.file())).get(question.text()));
                    }
                    truth.put(task, String.join("; ", said));
                }
            }
        }
        return truth;
    }

    /**
     * An answer in words.
     *
     * @param model which it names; null when none answered
     */
    @Nullable
    String words(@Nullable Answer answer, @Nullable ModelRef model) {
        return switch (answer) {
            case null -> null;
            case Caption caption -> caption.text();
            case Moderation moderation -> moderation.verdict().name();
            case Answers(var items) -> {
                var said = new ArrayList<String>();
                items.forEach(item -> said.add(item.questionId() + "=" + item.answer()));
                yield String.join("; ", said);
            }
            case Embedding embedding -> nearest(embedding.vector().toArray(), model == null ? "" : name(model));
        };
    }

    private String nearest(float[] vector, String model) {
        for (var known : vectors.getOrDefault(model, Map.of()).entrySet()) {
            if (cosine(known.getValue(), vector) > SAME) {
                return known.getKey();
            }
        }
        return "like no picture as " + model + " sees it";
    }

    private static double cosine(float[] a, float[] b) {
        if (a.length != b.length) {
            return -1;
        }
        double dot = 0;
        double left = 0;
        double right = 0;
        for (int i = 0; i < a.length; i++) {
            dot += (double) a[i] * b[i];
            left += (double) a[i] * a[i];
            right += (double) b[i] * b[i];
        }
        return dot / Math.sqrt(left * right);
    }

    private static <T> T present(@Nullable T value) {
        if (value == null) {
            throw new IllegalStateException("a picture must be answered in full before faults begin");
        }
        return value;
    }
}
