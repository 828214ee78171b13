package io.saccade.triton;

import static java.util.Objects.requireNonNull;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.random.RandomGenerator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Where in a trace a call belongs, as W3C Trace Context (Recommendation of 2021, version 00) writes it. Triton in OpenTelemetry
 * mode reads it from the call's headers and hangs its spans below; a stream has one for all its responses. Programs with
 * OpenTelemetry's own gRPC interceptor do not need this.
 *
 * @param traceId 32 lower-case hex characters, not all 0
 * @param spanId  16 lower-case hex characters, not all 0: the span that makes the call
 * @param sampled whether the trace is recorded
 * @param state   what tracing systems add, passed on as it is; empty for none
 */
public record TraceContext(String traceId, String spanId, boolean sampled, String state) {
    private static final Pattern TRACE_ID = Pattern.compile("(?!0{32})[0-9a-f]{32}");
    private static final Pattern SPAN_ID = Pattern.compile("(?!0{16})[0-9a-f]{16}");
    /** A version above 00 may carry more behind the flags; ff is none. */
    private static final Pattern PARENT =
            Pattern.compile("(?!ff)([0-9a-f]{2})-((?!0{32})[0-9a-f]{32})-((?!0{16})[0-9a-f]{16})-([0-9a-f]{2})(-.*)?");

    /** Checks both ids. */
    public TraceContext {
        if (!TRACE_ID.matcher(traceId).matches()) {
            throw new IllegalArgumentException(
                    "a trace id must be 32 lower-case hex characters and not all 0, got '" + traceId + "'");
        }
        if (!SPAN_ID.matcher(spanId).matches()) {
            throw new IllegalArgumentException(
                    "a span id must be 16 lower-case hex characters and not all 0, got '" + spanId + "'");
        }
        requireNonNull(state, "state");
    }

    /** A new trace that is recorded. */
    public static TraceContext start(RandomGenerator random) {
        return new TraceContext(
                String.format("%016x%016x", nonZero(random), random.nextLong()), spanId(random), true, "");
    }

    /** What a caller sent; empty for a header that is none, which the specification says to ignore. */
    public static Optional<TraceContext> parse(String traceparent, String tracestate) {
        Matcher parts = PARENT.matcher(traceparent.strip());
        if (!parts.matches() || (parts.group(1).equals("00") && parts.group(5) != null)) {
            return Optional.empty();
        }
        boolean sampled = (Integer.parseInt(parts.group(4), 16) & 1) != 0;
        return Optional.of(new TraceContext(parts.group(2), parts.group(3), sampled, tracestate.strip()));
    }

    /** The same trace with a new span: for a call made on behalf of this one. */
    public TraceContext child(RandomGenerator random) {
        return new TraceContext(traceId, spanId(random), sampled, state);
    }

    /** For {@link InferRequest.Builder#headers(Map)}. */
    public Map<String, String> headers() {
        Map<String, String> headers = new LinkedHashMap<>();
        headers.put("traceparent", "00-" + traceId + "-" + spanId + (sampled ? "-01" : "-00"));
        if (!state.isEmpty()) {
            headers.put("tracestate", state);
        }
        return headers;
    }

    private static String spanId(RandomGenerator random) {
        return String.format("%016x", nonZero(random));
    }

    private static long nonZero(RandomGenerator random) {
        long value = random.nextLong();
        return value == 0 ? 1 : value;
    }
}
