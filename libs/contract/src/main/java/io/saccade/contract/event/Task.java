package io.saccade.contract.event;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import io.saccade.contract.topic.Topic;
import java.util.Arrays;
import java.util.stream.Collectors;

/** What can be asked of an image. One service answers each task, on one topic. */
public enum Task {
    EMBEDDING("embedding", Topic.EMBEDDINGS),
    CAPTION("caption", Topic.CAPTIONS),
    ANSWERS("answers", Topic.ANSWERS),
    MODERATION("moderation", Topic.MODERATIONS);

    private final String json;
    private final Topic topic;

    Task(String json, Topic topic) {
        this.json = json;
        this.topic = topic;
    }

    /** The name in events, metrics and on the screen. */
    @JsonValue
    public String json() {
        return json;
    }

    /** Where the results of this task are published. */
    public Topic topic() {
        return topic;
    }

    /**
     * Finds a task by its name in events.
     *
     * @throws IllegalArgumentException if there is none of that name; the message lists those there are
     */
    @JsonCreator
    public static Task of(String json) {
        for (var task : values()) {
            if (task.json.equals(json)) {
                return task;
            }
        }
        var known = Arrays.stream(values()).map(Task::json).collect(Collectors.joining(", "));
        throw new IllegalArgumentException("a task must be one of " + known + ", got '" + Check.excerpt(json) + "'");
    }
}
