package io.saccade.faults.check;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A record that the driver wrote, or tried to.
 *
 * @param key     its key; null for poison without one
 * @param outcome what the driver knows of it
 * @param at      when the driver knew
 * @param where   where it lies; null unless the outcome is {@code OK}
 * @param owed    what it leads to
 */
public record Sent(
        @Nullable String key,
        Outcome outcome,
        Instant at,
        @Nullable Where where,
        Owed owed) {

    public Sent {
        if ((where != null) != (outcome == Outcome.OK)) {
            throw new IllegalArgumentException(
                    "a place must be given exactly when the record was accepted, got " + where + " for " + outcome);
        }
    }

    /** What the driver knows. */
    public enum Outcome {
        /** Accepted: acknowledged by all in-sync replicas. */
        OK,
        /** Certainly not written. */
        FAILED,
        /** Nobody knows: it may lie in the topic or not. */
        UNKNOWN
    }

    String name() {
        return key == null ? String.valueOf(where) : key;
    }
}
