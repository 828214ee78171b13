package io.saccade.joiner.merge;

import com.fasterxml.jackson.annotation.JsonIgnore;
import com.fasterxml.jackson.annotation.JsonInclude;
import io.saccade.contract.EventIds;
import io.saccade.contract.event.Failure;
import io.saccade.contract.event.ImageRef;
import io.saccade.contract.event.ImageSubmitted;
import io.saccade.contract.event.Task;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Arrays;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What the join keeps of a submitted image: never its bytes.
 *
 * @param id          the image
 * @param tenant      on whose behalf
 * @param expected    the tasks whose results are awaited
 * @param tasks       the tasks that were asked for; {@link Task#ANSWERS} without a question is asked for, not expected
 * @param submittedAt when it entered
 * @param deadline    when the answer is due
 * @param attributes  the caller's own labels
 * @param traceparent W3C trace context of the submission, if it has one
 * @param refusal     why the event itself cannot be answered; null for one that can
 * @param content     what tells this image from another: the digest of its bytes where the event has them or names it,
 *                    else a digest of where they are; null when the event itself was refused
 * @param source      where the event lies
 */
@JsonInclude(JsonInclude.Include.NON_EMPTY)
public record Submission(
        String id,
        String tenant,
        Set<Task> expected,
        Set<Task> tasks,
        Instant submittedAt,
        Instant deadline,
        Map<String, String> attributes,
        @Nullable String traceparent,
        @Nullable Failure refusal,
        @Nullable Content content,
        @Nullable Source source) {

    /**
     * Where a record lies: no id of an image tells its partition, because producers place keys as they like.
     *
     * @param topic as the broker calls it; null in what was stored before there were two
     */
    public record Source(@Nullable String topic, int partition, long offset) {}

    /**
     * What tells one image from another.
     *
     * @param sha256 of the bytes, if the event has them or names it
     * @param uri    SHA-256 of the URI, if the bytes lie elsewhere: the URI itself may carry a secret
     */
    public record Content(@Nullable String sha256, @Nullable String uri) {

        static Content of(ImageRef image) {
            if (image.inline() != null) {
                return new Content(EventIds.sha256(image.inline().array()), null);
            }
            var uri = String.valueOf(image.uri());
            return new Content(image.sha256(), EventIds.sha256(uri.getBytes(StandardCharsets.UTF_8)));
        }

        /** Two digests decide; without them, the place does. */
        boolean isOther(Content that) {
            return sha256 != null && that.sha256 != null
                    ? !sha256.equals(that.sha256)
                    : uri != null && that.uri != null && !uri.equals(that.uri);
        }
    }

    @SuppressWarnings("ConstantValue") // empty collections are left out of the stored JSON
    public Submission {
        expected = expected == null ? Set.of() : Set.copyOf(expected);
        tasks = tasks == null ? Set.of() : Set.copyOf(tasks);
        attributes = attributes == null ? Map.of() : Map.copyOf(attributes);
    }

    /** Of an event that was understood. */
    public static Submission of(
            ImageSubmitted event,
            Instant submittedAt,
            Instant deadline,
            @Nullable String traceparent,
            @Nullable Source source) {
        var expected = Arrays.stream(Task.values()).filter(event::asksFor).collect(Collectors.toSet());
        return new Submission(
                event.id(),
                event.tenant(),
                expected,
                event.tasks(),
                submittedAt,
                deadline,
                event.attributes(),
                traceparent,
                null,
                Content.of(event.image()),
                source);
    }

    /** Of an event that was not. */
    public static Submission refused(
            String id, Failure refusal, Instant submittedAt, @Nullable String traceparent, @Nullable Source source) {
        return new Submission(
                id,
                "default",
                Set.of(),
                Set.of(),
                submittedAt,
                submittedAt,
                Map.of(),
                traceparent,
                refusal,
                null,
                source);
    }

    /** Whether another image was submitted under the same id. */
    public boolean isOtherImage(Submission that) {
        return content != null && that.content != null && content.isOther(that.content);
    }

    /** The digest of the bytes, if the event told it. */
    @JsonIgnore
    @Nullable
    String sha256() {
        return content == null ? null : content.sha256();
    }
}
