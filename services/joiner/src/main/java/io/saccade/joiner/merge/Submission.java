package io.saccade.joiner.merge;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.saccade.contract.event.Failure;
import io.saccade.contract.event.ImageSubmitted;
import io.saccade.contract.event.Task;
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
        @Nullable Failure refusal) {

    @SuppressWarnings("ConstantValue") // empty collections are left out of the stored JSON
    public Submission {
        expected = expected == null ? Set.of() : Set.copyOf(expected);
        tasks = tasks == null ? Set.of() : Set.copyOf(tasks);
        attributes = attributes == null ? Map.of() : Map.copyOf(attributes);
    }

    /** Of an event that was understood. */
    public static Submission of(
            ImageSubmitted event, Instant submittedAt, Instant deadline, @Nullable String traceparent) {
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
                null);
    }

    /** Of an event that was not. */
    public static Submission refused(String id, Failure refusal, Instant submittedAt, @Nullable String traceparent) {
        return new Submission(
                id, "default", Set.of(), Set.of(), submittedAt, submittedAt, Map.of(), traceparent, refusal);
    }
}
