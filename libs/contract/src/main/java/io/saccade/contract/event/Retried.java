package io.saccade.contract.event;

import java.time.DateTimeException;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * What a record in a retry topic has behind it and before it. It travels in headers beside the original key, value and
 * headers; believed only of records of such a topic.
 *
 * @param topic      where the record came from first
 * @param partition  and from which partition, from 0; it lies in the same of the retry topic
 * @param offset     and at which offset, from 0
 * @param sent       when the record was written there
 * @param attempts   how often it was tried, from 1
 * @param firstTried when it was tried first
 * @param lastTried  when it was tried last
 * @param due        when it is to be tried again, at the earliest
 * @param until      from when on it is given up without being tried again
 * @param failure    why the last attempt failed
 * @param model      name and version of the model that failed; null when it never came to that
 */
public record Retried(
        String topic,
        int partition,
        long offset,
        Instant sent,
        int attempts,
        Instant firstTried,
        Instant lastTried,
        Instant due,
        Instant until,
        Failure failure,
        @Nullable String model) {

    private static final String PREFIX = "saccade-retry-";

    public Retried {
        Check.id("topic", topic);
        Check.atLeast("partition", 0, partition);
        Check.atLeast("offset", 0, offset);
        Check.present("sent", sent);
        Check.atLeast("attempts", 1, attempts);
        Check.present("firstTried", firstTried);
        Check.present("lastTried", lastTried);
        Check.present("due", due);
        Check.present("until", until);
        Check.present("failure", failure);
    }

    /** As headers, in reading order. */
    public Map<String, String> headers() {
        var headers = new LinkedHashMap<String, String>();
        headers.put(PREFIX + "topic", topic);
        headers.put(PREFIX + "partition", Integer.toString(partition));
        headers.put(PREFIX + "offset", Long.toString(offset));
        headers.put(PREFIX + "sent", sent.toString());
        headers.put(PREFIX + "attempts", Integer.toString(attempts));
        headers.put(PREFIX + "first-tried", firstTried.toString());
        headers.put(PREFIX + "last-tried", lastTried.toString());
        headers.put(PREFIX + "due", due.toString());
        headers.put(PREFIX + "until", until.toString());
        headers.put(PREFIX + "reason", failure.code());
        headers.put(PREFIX + "message", failure.message());
        if (model != null) {
            headers.put(PREFIX + "model", model);
        }
        return headers;
    }

    /**
     * Reads it back from the headers of a record of a retry topic.
     *
     * @throws IllegalArgumentException if one is missing or cannot be read
     */
    public static Retried fromHeaders(Map<String, String> headers) {
        return new Retried(
                required(headers, "topic"),
                parsed(headers, "partition", "a number", Integer::parseInt),
                parsed(headers, "offset", "a number", Long::parseLong),
                parsed(headers, "sent", "a time", Instant::parse),
                parsed(headers, "attempts", "a number", Integer::parseInt),
                parsed(headers, "first-tried", "a time", Instant::parse),
                parsed(headers, "last-tried", "a time", Instant::parse),
                parsed(headers, "due", "a time", Instant::parse),
                parsed(headers, "until", "a time", Instant::parse),
                new Failure(required(headers, "reason"), required(headers, "message"), true),
                headers.get(PREFIX + "model"));
    }

    /** Whether a header belongs here rather than to the original record. */
    public static boolean isStory(String header) {
        return header.startsWith(PREFIX);
    }

    private static <T> T parsed(Map<String, String> headers, String name, String expected, Function<String, T> parse) {
        var value = required(headers, name);
        try {
            return parse.apply(value);
        } catch (NumberFormatException | DateTimeException e) {
            throw new IllegalArgumentException(
                    "header " + PREFIX + name + " must be " + expected + ", got '" + Check.excerpt(value) + "'", e);
        }
    }

    private static String required(Map<String, String> headers, String name) {
        return Check.present("header " + PREFIX + name, headers.get(PREFIX + name));
    }
}
