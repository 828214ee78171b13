package io.saccade.triton.otel;

import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.propagation.TextMapPropagator;
import io.saccade.triton.CallTracer;
import io.saccade.triton.Fault;
import io.saccade.triton.InferRequest;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A client span {@code infer <model>} for each inference, below the span that is current on the calling thread, and handed on to the
 * server with the propagators that OpenTelemetry is configured with. Attributes: {@code saccade.triton.model},
 * {@code saccade.triton.version} where the request names one, and {@code error.type} (the fault) where it failed.
 */
public final class OpenTelemetryTracer implements CallTracer {
    static final String SCOPE = "io.saccade.triton";
    static final AttributeKey<String> MODEL = AttributeKey.stringKey("saccade.triton.model");
    static final AttributeKey<String> VERSION = AttributeKey.stringKey("saccade.triton.version");
    static final AttributeKey<String> ERROR_TYPE = AttributeKey.stringKey("error.type");

    private final Tracer tracer;
    private final TextMapPropagator propagator;

    /** Spans and headers by this OpenTelemetry. */
    public OpenTelemetryTracer(OpenTelemetry openTelemetry) {
        this.tracer = openTelemetry.getTracer(SCOPE);
        this.propagator = openTelemetry.getPropagators().getTextMapPropagator();
    }

    @Override
    public CallTracer.TracedCall started(InferRequest request) {
        Span span = tracer.spanBuilder("infer " + request.model())
                .setSpanKind(SpanKind.CLIENT)
                .setAttribute(MODEL, request.model())
                .startSpan();
        if (!request.version().isEmpty()) {
            span.setAttribute(VERSION, request.version());
        }
        Map<String, String> headers = new LinkedHashMap<>();
        propagator.inject(Context.current().with(span), headers, (carrier, name, value) -> {
            if (carrier != null) {
                carrier.put(name, value);
            }
        });
        return new CallTracer.TracedCall() {
            @Override
            public Map<String, String> headers() {
                return headers;
            }

            @Override
            public void ended(@Nullable Fault fault) {
                if (fault != null) {
                    span.setStatus(StatusCode.ERROR);
                    span.setAttribute(ERROR_TYPE, fault.name());
                }
                span.end();
            }
        };
    }
}
