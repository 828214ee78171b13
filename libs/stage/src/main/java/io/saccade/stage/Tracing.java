package io.saccade.stage;

import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.propagation.TextMapGetter;
import io.opentelemetry.context.propagation.TextMapPropagator;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One trace from submission to answer: contexts are taken from and put into headers, those of Kafka and those of gRPC
 * alike. Span names and attributes follow OpenTelemetry's conventions for messaging and RPC. Thread-safe.
 */
public final class Tracing {

    private static final TextMapGetter<Map<String, String>> HEADERS = new TextMapGetter<>() {
        @Override
        public Iterable<String> keys(Map<String, String> headers) {
            return headers.keySet();
        }

        @Override
        public @Nullable String get(@Nullable Map<String, String> headers, String key) {
            return headers == null ? null : headers.get(key);
        }
    };

    private final Tracer tracer;
    private final TextMapPropagator propagator;

    /** Traces with an SDK, or with none: {@link OpenTelemetry#noop()}. */
    public Tracing(OpenTelemetry telemetry) {
        tracer = telemetry.getTracer("io.saccade.stage");
        propagator = telemetry.getPropagators().getTextMapPropagator();
    }

    /** The span of a record, child of what its headers name. */
    Span record(Incoming record) {
        return tracer.spanBuilder("process " + record.topicName())
                .setParent(propagator.extract(Context.root(), record.headers(), HEADERS))
                .setSpanKind(SpanKind.CONSUMER)
                .setAttribute("messaging.system", "kafka")
                .setAttribute("messaging.operation.type", "process")
                .setAttribute("messaging.destination.name", record.topicName())
                .setAttribute("messaging.destination.partition.id", Integer.toString(record.partition()))
                .setAttribute("messaging.kafka.offset", record.offset())
                .startSpan();
    }

    /** The span of a call to a model. */
    Span call(String model, Context parent) {
        return tracer.spanBuilder("inference.GRPCInferenceService/ModelInfer")
                .setParent(parent)
                .setSpanKind(SpanKind.CLIENT)
                .setAttribute("rpc.system", "grpc")
                .setAttribute("rpc.service", "inference.GRPCInferenceService")
                .setAttribute("rpc.method", "ModelInfer")
                .setAttribute("saccade.model", model)
                .startSpan();
    }

    /** The span of a record being published. */
    Span publish(String topic, Context parent) {
        return tracer.spanBuilder("publish " + topic)
                .setParent(parent)
                .setSpanKind(SpanKind.PRODUCER)
                .setAttribute("messaging.system", "kafka")
                .setAttribute("messaging.operation.type", "send")
                .setAttribute("messaging.destination.name", topic)
                .startSpan();
    }

    /** The span of a step on the way. */
    Span step(String name, Context parent) {
        return tracer.spanBuilder(name).setParent(parent).startSpan();
    }

    /** A span as headers, for whoever goes on with the trace. */
    Map<String, String> headers(Span span) {
        var headers = new HashMap<String, String>();
        propagator.inject(Context.root().with(span), headers, (map, key, value) -> {
            if (map != null) {
                map.put(key, value);
            }
        });
        return headers;
    }
}
