package io.saccade.contract.event;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;

/**
 * Whether somebody waits for the answer now. An image in the topic of backfill is backfill, whatever its event says; one in
 * the live topic is what its event says.
 */
public enum Priority {
    /** Somebody waits. */
    LIVE("live"),
    /** An archive is worked through; live images go first. */
    BACKFILL("backfill");

    private final String json;

    Priority(String json) {
        this.json = json;
    }

    /** The name in events. */
    @JsonValue
    public String json() {
        return json;
    }

    /**
     * Finds a priority by its name in events.
     *
     * @throws IllegalArgumentException if the name is neither {@code live} nor {@code backfill}
     */
    @JsonCreator
    public static Priority of(String json) {
        for (var priority : values()) {
            if (priority.json.equals(json)) {
                return priority;
            }
        }
        throw new IllegalArgumentException("priority must be live or backfill, got '" + Check.excerpt(json) + "'");
    }
}
