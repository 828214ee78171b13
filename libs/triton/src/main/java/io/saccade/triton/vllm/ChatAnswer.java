package io.saccade.triton.vllm;

import static java.util.Objects.requireNonNull;

/**
 * All that a model said to one question.
 *
 * @param text         the answer, without the prompt
 * @param finish       why it ended
 * @param inputTokens  tokens of the prompt, images included
 * @param outputTokens tokens of the answer
 */
public record ChatAnswer(String text, FinishReason finish, long inputTokens, long outputTokens) {
    /** Refuses null and negative counts. */
    public ChatAnswer {
        requireNonNull(text, "text");
        requireNonNull(finish, "finish");
        if (inputTokens < 0 || outputTokens < 0) {
            throw new IllegalArgumentException(
                    "token counts must be 0 or more, got " + inputTokens + " and " + outputTokens);
        }
    }
}
