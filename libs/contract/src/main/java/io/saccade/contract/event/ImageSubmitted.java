package io.saccade.contract.event;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.time.Instant;
import java.util.Collections;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * An image to understand. What is left out takes its default, so that the smallest event is an id and an image.
 *
 * @param id          names the image for ever; the Kafka key of every record about it
 * @param tenant      on whose behalf; {@code default} when left out
 * @param image       where its bytes are
 * @param text        what the source says about it (alt text, title), at most {@value #MAX_TEXT} characters
 * @param questions   questions to answer, at most {@value #MAX_QUESTIONS}, ids distinct
 * @param tasks       what to find out; every task when left out or empty
 * @param deadline    when the joined answer is due at the latest; the joiner's default after {@code submittedAt} when
 *                    left out
 * @param priority    {@code live} when left out
 * @param attributes  the caller's own labels, handed through to the answer; at most {@value #MAX_ATTRIBUTES}, names of at most
 *                    {@value #MAX_ATTRIBUTE_NAME} and values of at most {@value #MAX_ATTRIBUTE_VALUE} characters
 * @param submittedAt when the image entered; the time of the Kafka record when left out
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record ImageSubmitted(
        String id,
        String tenant,
        ImageRef image,
        @Nullable String text,
        List<Question> questions,
        Set<Task> tasks,
        @Nullable Instant deadline,
        Priority priority,
        Map<String, String> attributes,
        @Nullable Instant submittedAt)
        implements Request {

    /** Longest accompanying text, in characters. */
    public static final int MAX_TEXT = 10_000;
    /** Most questions in one event. */
    public static final int MAX_QUESTIONS = 32;
    /** Most attributes in one event. */
    public static final int MAX_ATTRIBUTES = 64;
    /** Longest name of an attribute, in characters. */
    public static final int MAX_ATTRIBUTE_NAME = 100;
    /** Longest value of an attribute, in characters. */
    public static final int MAX_ATTRIBUTE_VALUE = 1_000;

    @SuppressWarnings("ConstantValue") // JSON leaves components null, whatever the types promise
    public ImageSubmitted {
        Check.id("id", id);
        tenant = tenant == null ? "default" : Check.tenant(tenant);
        Check.present("image", image);
        if (text != null) {
            Check.atMost("text", MAX_TEXT, text);
        }
        questions = Check.list("questions", questions);
        if (questions.size() > MAX_QUESTIONS) {
            throw new IllegalArgumentException(
                    "there may be at most " + MAX_QUESTIONS + " questions, got " + questions.size());
        }
        var ids = new HashSet<String>();
        for (var question : questions) {
            if (!ids.add(question.id())) {
                throw new IllegalArgumentException(
                        "question ids must be distinct, got '" + Check.excerpt(question.id()) + "' twice");
            }
        }
        tasks = tasksOf(tasks);
        priority = priority == null ? Priority.LIVE : priority;
        attributes = Check.attributes(attributes);
    }

    /** The smallest event: every task, no question. */
    public static ImageSubmitted of(String id, ImageRef image) {
        return new ImageSubmitted(id, "default", image, null, List.of(), Set.of(), null, Priority.LIVE, Map.of(), null);
    }

    /** In the order of {@link Task}, so that one event has one JSON. */
    private static Set<Task> tasksOf(@Nullable Set<Task> given) {
        if (given == null || given.isEmpty()) {
            return Collections.unmodifiableSet(EnumSet.allOf(Task.class));
        }
        Check.noNull("tasks", given);
        return Collections.unmodifiableSet(EnumSet.copyOf(given));
    }

    @Override
    public String imageId() {
        return id;
    }

    /** Whether the event asks for this task. {@link Task#ANSWERS} without a question is not asked for. */
    public boolean asksFor(Task task) {
        return tasks.contains(task) && (task != Task.ANSWERS || !questions.isEmpty());
    }
}
