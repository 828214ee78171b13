package io.saccade.contract.event;

import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The story of a record that can never be processed. It travels in headers beside the original key, value and headers,
 * so that the record can be sent again as it was.
 *
 * @param failure     why
 * @param stage       who gave up
 * @param topic       where the record came from
 * @param partition   and from which partition
 * @param offset      and at which offset
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
        Check.present("firstTried", firstTried);
        Check.present("lastTried", lastTried);
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
                Integer.parseInt(required(headers, "partition")),
                Long.parseLong(required(headers, "offset")),
                Integer.parseInt(required(headers, "attempts")),
                Instant.parse(required(headers, "first-tried")),
                Instant.parse(required(headers, "last-tried")),
                headers.get(PREFIX + "trace-id"),
                headers.get(PREFIX + "model"));
    }

    /** Whether a header belongs to the story rather than to the original record. */
    public static boolean isStory(String header) {
        return header.startsWith(PREFIX);
    }

    private static String required(Map<String, String> headers, String name) {
        return Check.present("header " + PREFIX + name, headers.get(PREFIX + name));
    }
}
