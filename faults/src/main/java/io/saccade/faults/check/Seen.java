package io.saccade.faults.check;

import io.saccade.contract.event.DeadLetter;
import io.saccade.contract.event.ImageEnriched.Status;
import io.saccade.contract.event.Part;
import io.saccade.contract.event.StageResult.End;
import io.saccade.contract.event.Task;
import java.time.Instant;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A record as the checker found it, reduced to what it decides on. */
public sealed interface Seen {

    /** Where it lies. */
    Where where();

    /** Its key as text; null when it has none. */
    @Nullable
    String key();

    /**
     * A joined answer.
     *
     * @param eventId     CloudEvents id
     * @param reason      code of the refusal, if it is one
     * @param parts       of every task
     * @param completedAt when it was given, by the joiner's clock
     */
    record Joined(
            Where where,
            @Nullable String key,
            @Nullable String eventId,
            String id,
            String tenant,
            int revision,
            Status status,
            @Nullable String reason,
            @Nullable String sha256,
            Map<String, String> attributes,
            Instant deadline,
            Instant completedAt,
            Map<Task, JoinedPart> parts)
            implements Seen {
        public Joined {
            attributes = Map.copyOf(attributes);
            parts = Map.copyOf(parts);
        }
    }

    /**
     * A part of a joined answer.
     *
     * @param said   the answer in words; null when there is none
     * @param reason code; null when there is an answer
     * @param model  {@code name/version}; null when none answered
     */
    record JoinedPart(
            Part.State state,
            @Nullable String said,
            @Nullable String reason,
            @Nullable String model) {}

    /**
     * The result of a stage.
     *
     * @param said   the answer in words; null when there is none
     * @param reason code; null when there is an answer
     * @param model  {@code name/version}; null when none answered
     */
    record Result(
            Where where,
            @Nullable String key,
            @Nullable String eventId,
            String imageId,
            String tenant,
            Task task,
            End end,
            @Nullable String said,
            @Nullable String reason,
            @Nullable String model,
            @Nullable String sha256,
            int attempt)
            implements Seen {}

    /**
     * A dead letter.
     *
     * @param story   null when its headers do not tell one
     * @param problem what is wrong with the headers; empty when nothing is
     */
    record Dead(Where where, @Nullable String key, @Nullable DeadLetter story, String problem) implements Seen {}

    /**
     * A record that nobody can read.
     *
     * @param problem why
     */
    record Unreadable(Where where, @Nullable String key, String problem) implements Seen {}
}
