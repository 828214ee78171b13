package io.saccade.stage;

/** A model answered, but with something that is no answer: NaN, an embedding of length zero, text that is no UTF-8. */
public final class BadOutputException extends Exception {

    private static final long serialVersionUID = 1L;

    /** Names the model, the tensor, what was expected and what came. */
    public BadOutputException(String message) {
        super(message);
    }
}
