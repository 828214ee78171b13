package io.saccade.guard.http;

import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import org.jspecify.annotations.Nullable;

/** How long a server asks to wait: RFC 9110, section 10.2.3, in seconds or as a date. */
public final class RetryAfter {

    /** A server that asks for more gets this: it does not decide for how long our work is held up. */
    public static final Duration LONGEST = Duration.ofHours(1);

    private RetryAfter() {}

    /**
     * Reads the header's value.
     *
     * @param value what the server sent, if it did
     * @param now   what a date is compared with
     * @return 0 to {@link #LONGEST}; a date that is over means 0; null if there is no value or it cannot be read
     */
    public static @Nullable Duration parse(@Nullable String value, Instant now) {
        if (value == null || value.length() > 64) {
            return null;
        }
        var text = value.strip();
        if (!text.isEmpty() && text.chars().allMatch(c -> c >= '0' && c <= '9')) {
            // Nine digits are 31 years already, and fit.
            return text.length() > 9 ? LONGEST : bounded(Duration.ofSeconds(Long.parseLong(text)));
        }
        try {
            return bounded(Duration.between(
                    now,
                    ZonedDateTime.parse(text, DateTimeFormatter.RFC_1123_DATE_TIME)
                            .toInstant()));
        } catch (DateTimeException | ArithmeticException e) {
            return null;
        }
    }

    private static Duration bounded(Duration wait) {
        if (wait.isNegative()) {
            return Duration.ZERO;
        }
        return wait.compareTo(LONGEST) > 0 ? LONGEST : wait;
    }
}
