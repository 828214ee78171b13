package io.saccade.triton.vllm;

import java.util.Locale;

/** Why an answer ended. */
public enum FinishReason {
    /** The model was done, or came to a text of {@code stop}. */
    STOP,
    /** It came to {@code maxTokens} or to the end of the model's context: the answer is cut short. */
    LENGTH,
    /** The server gave up on it. */
    ABORT,
    /** A reason this client does not know. */
    OTHER;

    static FinishReason of(String text) {
        return switch (text.toLowerCase(Locale.ROOT)) {
            case "stop" -> STOP;
            case "length" -> LENGTH;
            case "abort" -> ABORT;
            default -> OTHER;
        };
    }
}
