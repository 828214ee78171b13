package io.saccade.joiner;

import java.time.Instant;

/**
 * When to look at an image again. As a key of the index it sorts by time, so that what is due is one range.
 *
 * @param when not before this
 * @param kind what may be due
 * @param id   the image
 */
record Due(Instant when, Kind kind, String id) {

    /** Decimal digits of a time in milliseconds; enough for thousands of years. */
    private static final int DIGITS = 15;

    private static final long LATEST = 999_999_999_999_999L;

    /** What may be due. */
    enum Kind {
        /** The deadline of its answer. */
        EXPIRE,
        /** The end of the time it is remembered. */
        FORGET
    }

    String key() {
        return time(when) + kind.name().charAt(0) + id;
    }

    static Due parse(String key) {
        return new Due(
                Instant.ofEpochMilli(Long.parseLong(key.substring(0, DIGITS))),
                key.charAt(DIGITS) == 'E' ? Kind.EXPIRE : Kind.FORGET,
                key.substring(DIGITS + 1));
    }

    /** A key before all that is due at this time, and after all that was due earlier. */
    static String firstAt(Instant when) {
        return time(when);
    }

    /** A key after all that is due at this time, and before all that is not. */
    static String firstAfter(Instant now) {
        return time(now.plusMillis(1));
    }

    /** Rounded up: looked at a part of a millisecond too early, a deadline would not be past, and nobody looked again. */
    private static String time(Instant when) {
        long millis = Math.clamp(when.plusNanos(999_999).toEpochMilli(), 0, LATEST);
        return String.format("%0" + DIGITS + "d", millis);
    }
}
