package io.saccade.vision;

import static java.util.Objects.requireNonNull;

/**
 * A decision not to read a picture. The same bytes are refused the same way again.
 *
 * @param reason  the kind, for machines
 * @param message what was expected and what came, for people; holds no bytes of the picture
 */
public record Refusal(RefusalCode reason, String message) {

    public Refusal {
        requireNonNull(reason, "reason");
        requireNonNull(message, "message");
    }

    /** The stable code of the reason, such as {@code image.too_large}. */
    public String code() {
        return reason.code();
    }
}
