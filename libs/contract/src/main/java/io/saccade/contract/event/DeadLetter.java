package io.saccade.contract.event;

import io.saccade.contract.EventIds;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The story of a record that can never be processed. It travels in headers beside the original key, value and headers,
 * so that the record can be sent again as it was.
 *
 * @param failure     why
 * @param stage       who gave up
 * @param topic       where the record came from
 * @param partition   and from which partition, from 0
 * @param offset      and at which offset, from 0
 * @param attempts    how often it was tried, from 1
 * @param firstTried  when it was tried first
 * @param lastTried   when it was tried last
 * @param traceId     of the trace that shows it; null without tracing
 * @param model       name and version of the model that failed; null when it never came to that
 */
public record DeadLetter(
        Failure failure,
        String stage,
        String topic,
        int partition,
        long offset,
        int attempts,
        Instant firstTried,
        Instant lastTried,
        @Nullable String traceId,
        @Nullable String model) {

    private static final String PREFIX = "saccade-dlq-";

    public DeadLetter {
        Check.present("failure", failure);
        Check.id("stage", stage);
        Check.id("topic", topic);
        Check.atLeast("partition", 0, partition);
        Check.atLeast("offset", 0, offset);
        Check.atLeast("attempts", 1, attempts);
        Check.present("firstTried", firstTried);
        Check.present("lastTried", lastTried);
    }

    /** Names this letter: the same record given up twice by the same stage, after a crash say, is one letter. */
    public String id() {
        return EventIds.deadLetter(stage, topic, partition, offset);
    }

    /** As headers, in reading order. */
    public Map<String, String> headers() {
        var headers = new LinkedHashMap<String, String>();
        headers.put(PREFIX + "reason", failure.code());
        headers.put(PREFIX + "message", failure.message());
        headers.put(PREFIX + "retryable", Boolean.toString(failure.retryable()));
        headers.put(PREFIX + "stage", stage);
        headers.put(PREFIX + "topic", topic);
        headers.put(PREFIX + "partition", Integer.toString(partition));
        headers.put(PREFIX + "offset", Long.toString(offset));
        headers.put(PREFIX + "attempts", Integer.toString(attempts));
        headers.put(PREFIX + "first-tried", firstTried.toString());
        headers.put(PREFIX + "last-tried", lastTried.toString());
        if (traceId != null) {
            headers.put(PREFIX + "trace-id", traceId);
        }
        if (model != null) {
            headers.put(PREFIX + "model", model);
        }
        return headers;
    }

    /**
     * Reads the story back from the headers of a dead letter.
     *
     * @throws IllegalArgumentException if one is missing or cannot be read
     */
    public static DeadLetter fromHeaders(Map<String, String> headers) {
        return new DeadLetter(
                new Failure(
                        required(headers, "reason"),
                        required(headers, "message"),
                        Boolean.parseBoolean(required(headers, "retryable"))),
                required(headers, "stage"),
                required(headers, "topic"),
                parsed(headers, "partition", "a number", Integer::parseInt),
                parsed(headers, "offset", "a number", Long::parseLong),
                parsed(headers, "attempts", "a number", Integer::parseInt),
                parsed(headers, "first-tried", "a time", Instant::parse),
                parsed(headers, "last-tried", "a time", Instant::parse),
                headers.get(PREFIX + "trace-id"),
                headers.get(PREFIX + "model"));
    }

    /** Whether a header belongs to the story rather than to the original record. */
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
