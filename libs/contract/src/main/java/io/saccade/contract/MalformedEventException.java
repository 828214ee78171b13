package io.saccade.contract;

/** A record's value is not the event it should be. The message says what was expected and where; never a payload. */
public final class MalformedEventException extends Exception {

    private static final long serialVersionUID = 1L;

    /** Names what was expected and what came. */
    public MalformedEventException(String message) {
        super(message);
    }
}
