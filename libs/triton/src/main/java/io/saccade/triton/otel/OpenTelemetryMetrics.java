package io.saccade.triton.otel;

import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.metrics.DoubleHistogram;
import io.opentelemetry.api.metrics.LongUpDownCounter;
import io.opentelemetry.api.metrics.Meter;
import io.saccade.triton.Fault;
import io.saccade.triton.InferListener;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Two meters of the client: {@code saccade.triton.client.duration}, a histogram in seconds by {@code saccade.triton.model} and, for
 * failures, {@code error.type} (the fault); and {@code saccade.triton.client.in_flight}, the calls under way by model.
 */
public final class OpenTelemetryMetrics implements InferListener {
    private static final double NANOS = 1e9;

    private final DoubleHistogram duration;
    private final LongUpDownCounter inFlight;

    /** Meters of this OpenTelemetry. */
    public OpenTelemetryMetrics(OpenTelemetry openTelemetry) {
        Meter meter = openTelemetry.getMeter(OpenTelemetryTracer.SCOPE);
        duration = meter.histogramBuilder("saccade.triton.client.duration")
                .setUnit("s")
                .setDescription("Time of a call to the model server, from its start to its answer or failure")
                .build();
        inFlight = meter.upDownCounterBuilder("saccade.triton.client.in_flight")
                .setUnit("{call}")
                .setDescription("Calls to the model server under way")
                .build();
    }

    @Override
    public void started(String model) {
        inFlight.add(1, Attributes.of(OpenTelemetryTracer.MODEL, model));
    }

    @Override
    public void finished(String model, Duration took, @Nullable Fault fault) {
        Attributes attributes = Attributes.of(OpenTelemetryTracer.MODEL, model);
        inFlight.add(-1, attributes);
        duration.record(
                took.toNanos() / NANOS,
                fault == null
                        ? attributes
                        : attributes.toBuilder()
                                .put(OpenTelemetryTracer.ERROR_TYPE, fault.name())
                                .build());
    }
}
