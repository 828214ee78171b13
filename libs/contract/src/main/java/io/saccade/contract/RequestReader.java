package io.saccade.contract;

import io.saccade.contract.event.ImageRef;
import io.saccade.contract.event.ImageSubmitted;
import io.saccade.contract.event.QuestionAsked;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Reads what producers send. An image comes as an {@code ImageSubmitted} in JSON, or simply as the bytes of the file
 * with a header {@code content-type: image/...}: then the key is its id and every task is asked for. Thread-safe.
 */
public final class RequestReader {

    /**
     * How far a sender's clock may be ahead. As much as brokers allow a record's own time by default: what is submitted a year
     * from now would wait a year for a part that never comes.
     */
    private static final Duration LARGEST_SKEW = Duration.ofHours(1);

    private final EventJson json;

    /** Reads with one codec. */
    public RequestReader(EventJson json) {
        this.json = json;
    }

    /**
     * Reads a record of the images topic.
     *
     * @param written when the record was written, as it says
     * @param now     by the reader's clock; the later of both counts, so that one wrong clock of two refuses nothing
     * @throws MalformedEventException if it is no such event, its id is not the record's key, or it says that it was
     *                                 submitted in the future
     */
    public ImageSubmitted image(
            byte @Nullable [] key, Map<String, String> headers, byte @Nullable [] value, Instant written, Instant now)
            throws MalformedEventException {
        var event = image(key, headers, value);
        var present = written.isAfter(now) ? written : now;
        if (event.submittedAt() != null && event.submittedAt().isAfter(present.plus(LARGEST_SKEW))) {
            throw new MalformedEventException("submittedAt must not lie more than an hour in the future, got "
                    + event.submittedAt() + " at " + present + "; is the sender's clock wrong?");
        }
        return event;
    }

    private ImageSubmitted image(byte @Nullable [] key, Map<String, String> headers, byte @Nullable [] value)
            throws MalformedEventException {
        if (!headers.getOrDefault(CloudEvent.CONTENT_TYPE, "").startsWith("image/")) {
            var event = json.read(EventType.IMAGE_SUBMITTED, value);
            checkKey(key, event.id(), "id");
            return event;
        }
        if (key == null || value == null) {
            throw new MalformedEventException(
                    "an image sent as it is must have its id as key and its bytes as value, got no "
                            + (key == null ? "key" : "value"));
        }
        try {
            return ImageSubmitted.of(new String(key, StandardCharsets.UTF_8), ImageRef.inline(value));
        } catch (IllegalArgumentException e) {
            throw new MalformedEventException(String.valueOf(e.getMessage()));
        }
    }

    /**
     * Whether a record of the images topic asks for an erasure: it has no value, and its {@code ce_type} says so. A record
     * without a value alone does not: it may be a producer's mistake.
     */
    public static boolean isErasure(Map<String, String> headers, byte @Nullable [] value) {
        return value == null && EventType.IMAGE_ERASED.equals(headers.get(CloudEvent.TYPE));
    }

    /**
     * Reads a record of the questions topic.
     *
     * @throws MalformedEventException if it is no such event, or its image id is not the record's key
     */
    public QuestionAsked question(byte @Nullable [] key, byte @Nullable [] value) throws MalformedEventException {
        var event = json.read(EventType.QUESTION_ASKED, value);
        checkKey(key, event.imageId(), "imageId");
        return event;
    }

    /** All records about an image must meet in one partition, and that follows from the key alone. */
    private static void checkKey(byte @Nullable [] key, String id, String name) throws MalformedEventException {
        if (key == null || !new String(key, StandardCharsets.UTF_8).equals(id)) {
            throw new MalformedEventException("the record's key must be the event's " + name + ", got "
                    + (key == null ? "no key" : "another key"));
        }
    }
}
