package io.saccade.joiner;

import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.propagation.TextMapGetter;
import io.opentelemetry.context.propagation.TextMapPropagator;
import io.saccade.contract.CloudEvent;
import io.saccade.contract.event.ImageEnriched;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The join's span in the trace of the submission. Thread-safe. */
final class JoinTracing {

    private static final Pattern TRACEPARENT = Pattern.compile("[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}");

    private static final TextMapGetter<String> PARENT = new TextMapGetter<>() {
        @Override
        public Iterable<String> keys(String traceparent) {
            return List.of(CloudEvent.TRACEPARENT);
        }

        @Override
        public @Nullable String get(@Nullable String traceparent, String key) {
            return key.equals(CloudEvent.TRACEPARENT) ? traceparent : null;
        }
    };

    private final Tracer tracer;
    private final TextMapPropagator propagator;

    JoinTracing(OpenTelemetry telemetry) {
        tracer = telemetry.getTracer("io.saccade.joiner");
        propagator = telemetry.getPropagators().getTextMapPropagator();
    }

    /** Ends the trace of an image with the join, from submission to answer, and gives the headers for who goes on. */
    Map<String, String> joined(@Nullable String traceparent, ImageEnriched enriched) {
        var parent = traceparent == null ? Context.root() : propagator.extract(Context.root(), traceparent, PARENT);
        Span span = tracer.spanBuilder("join")
                .setParent(parent)
                .setSpanKind(SpanKind.PRODUCER)
                .setStartTimestamp(enriched.submittedAt())
                .setAttribute("messaging.system", "kafka")
                .setAttribute("saccade.status", enriched.status().name())
                .setAttribute("saccade.revision", enriched.revision())
                .startSpan();
        var headers = new HashMap<String, String>();
        propagator.inject(Context.root().with(span), headers, (map, key, value) -> {
            if (map != null) {
                map.put(key, value);
            }
        });
        span.end();
        return headers;
    }

    /** The trace id of a trace context, or null if there is none. */
    static @Nullable String traceId(@Nullable String traceparent) {
        if (traceparent == null) {
            return null;
        }
        var matcher = TRACEPARENT.matcher(traceparent);
        return matcher.matches() ? matcher.group(1) : null;
    }
}
