package io.saccade.contract.event;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonValue;
import java.time.Instant;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * What became of a dead letter. Written in one transaction with the record that was sent again, so that no letter is sent
 * twice.
 *
 * @param letterId  names the letter; the Kafka key
 * @param end       what was done
 * @param reason    why it was dropped, in a person's words, at most {@value #LONGEST_REASON} characters; null when it was
 *                  sent again
 * @param handledAt when that was done
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record LetterHandled(
        String letterId, End end, @Nullable String reason, Instant handledAt) {

    /** Longest reason, in characters. */
    public static final int LONGEST_REASON = 500;

    public LetterHandled {
        Check.id("letterId", letterId);
        Check.present("end", end);
        if ((reason != null) != (end == End.DROPPED)) {
            throw new IllegalArgumentException(
                    "a dropped letter must have a reason, and only a dropped one, got " + end);
        }
        if (reason != null) {
            Check.text("reason", reason, LONGEST_REASON);
        }
        Check.present("handledAt", handledAt);
    }

    /** The ways a dead letter ends. */
    public enum End {
        /** It was sent back to where it came from. */
        REDRIVEN,
        /** Somebody decided that it is not needed. */
        DROPPED;

        /** The name in events and on the screen. */
        @JsonValue
        public String json() {
            return name().toLowerCase(Locale.ROOT);
        }
    }
}
