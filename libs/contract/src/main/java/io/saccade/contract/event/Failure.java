package io.saccade.contract.event;

/**
 * Why there is no answer.
 *
 * @param code      stable and machine-readable, for example {@code image.too_many_pixels}
 * @param message   one sentence for a person; never a payload
 * @param retryable whether the same input may succeed later
 */
public record Failure(String code, String message, boolean retryable) {

    private static final java.util.regex.Pattern CODE = java.util.regex.Pattern.compile("[a-z0-9_]+(\\.[a-z0-9_]+)+");
    private static final int LONGEST = 1_000;

    public Failure {
        if (!CODE.matcher(Check.present("failure.code", code)).matches()) {
            throw new IllegalArgumentException(
                    "failure.code must be dotted lower-case words such as image.broken, got '" + Check.excerpt(code)
                            + "'");
        }
        Check.present("failure.message", message);
        if (message.length() > LONGEST) {
            message = message.substring(0, LONGEST);
        }
    }
}
