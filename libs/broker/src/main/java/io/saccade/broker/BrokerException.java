package io.saccade.broker;

/** The broker cannot start. The message is one line for a person: what was expected, what came, what to do. */
public final class BrokerException extends Exception {

    private static final long serialVersionUID = 1L;

    BrokerException(String message) {
        super(message);
    }

    BrokerException(String message, Throwable cause) {
        super(message, cause);
    }
}
