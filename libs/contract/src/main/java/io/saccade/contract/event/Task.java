package io.saccade.contract.event;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import io.saccade.contract.topic.Topic;
import java.util.Arrays;
import java.util.stream.Collectors;

/** What can be asked of an image. One service answers each task, on one topic. */
public enum Task {
    EMBEDDING("embedding", Topic.EMBEDDINGS, Topic.RETRY_EMBEDDINGS),
    CAPTION("caption", Topic.CAPTIONS, Topic.RETRY_CAPTIONS),
    ANSWERS("answers", Topic.ANSWERS, Topic.RETRY_ANSWERS),
    MODERATION("moderation", Topic.MODERATIONS, Topic.RETRY_MODERATIONS);

    private final String json;
    private final Topic topic;
    private final Topic retry;

    Task(String json, Topic topic, Topic retry) {
        this.json = json;
        this.topic = topic;
        this.retry = retry;
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

    /** Where requests wait that are to be tried again later. */
    public Topic retry() {
        return retry;
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
