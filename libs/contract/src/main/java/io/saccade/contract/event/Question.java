package io.saccade.contract.event;

/**
 * A question about an image.
 *
 * @param id   names the question among those of one image, so that its answer can be found again
 * @param text in the user's words, 1 to {@value #MAX_LENGTH} characters
 */
public record Question(String id, String text) {

    /** Longer questions are refused: models cut them, and then answer something else. */
    public static final int MAX_LENGTH = 500;

    public Question {
        Check.id("question.id", id);
        Check.text("question.text", text, MAX_LENGTH);
    }
}
