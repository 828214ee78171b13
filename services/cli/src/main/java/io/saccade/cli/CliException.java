package io.saccade.cli;

/**
 * A command cannot do what was asked. The message is one line for a person: what was expected, what came, what to do.
 */
public final class CliException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    /** The answer is no: not found, not ready, not all there. */
    public static final int NO = 1;
    /** The command was given wrongly. */
    public static final int USAGE = 2;
    /** Something the command needs is missing: a JDK, a jar, a port, a broker. */
    public static final int MISSING = 3;

    private final int exitCode;

    private CliException(int exitCode, String message, Throwable cause) {
        super(message, cause);
        this.exitCode = exitCode;
    }

    private CliException(int exitCode, String message) {
        super(message);
        this.exitCode = exitCode;
    }

    /** The answer is no. */
    public static CliException no(String message) {
        return new CliException(NO, message);
    }

    /** The command was given wrongly. */
    public static CliException usage(String message) {
        return new CliException(USAGE, message);
    }

    /** Something is missing. */
    public static CliException missing(String message) {
        return new CliException(MISSING, message);
    }

    /** Something is missing, and a library said why. */
    public static CliException missing(String message, Throwable cause) {
        return new CliException(MISSING, message, cause);
    }

    /** What the process ends with. */
    public int exitCode() {
        return exitCode;
    }
}
