package io.saccade.triton.otel;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.Metadata;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.api.trace.propagation.W3CTraceContextPropagator;
import io.opentelemetry.context.propagation.ContextPropagators;
import io.opentelemetry.sdk.OpenTelemetrySdk;
import io.opentelemetry.sdk.metrics.SdkMeterProvider;
import io.opentelemetry.sdk.metrics.data.HistogramPointData;
import io.opentelemetry.sdk.metrics.data.LongPointData;
import io.opentelemetry.sdk.metrics.data.MetricData;
import io.opentelemetry.sdk.testing.exporter.InMemoryMetricReader;
import io.opentelemetry.sdk.testing.exporter.InMemorySpanExporter;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.opentelemetry.sdk.trace.export.SimpleSpanProcessor;
import io.saccade.triton.FakeServer;
import io.saccade.triton.Fault;
import io.saccade.triton.InferRequest;
import io.saccade.triton.Shape;
import io.saccade.triton.Tensor;
import io.saccade.triton.TritonClient;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** OpenTelemetry's own SDK hears what the client does. */
@Timeout(180)
class OpenTelemetryTest {
    private static final Metadata.Key<String> TRACEPARENT =
            Metadata.Key.of("traceparent", Metadata.ASCII_STRING_MARSHALLER);

    private final InMemorySpanExporter spans = InMemorySpanExporter.create();
    private final InMemoryMetricReader metrics = InMemoryMetricReader.create();
    private final OpenTelemetrySdk sdk = OpenTelemetrySdk.builder()
            .setTracerProvider(SdkTracerProvider.builder()
                    .addSpanProcessor(SimpleSpanProcessor.create(spans))
                    .build())
            .setMeterProvider(
                    SdkMeterProvider.builder().registerMetricReader(metrics).build())
            .setPropagators(ContextPropagators.create(W3CTraceContextPropagator.getInstance()))
            .build();

    @AfterEach
    void stop() {
        sdk.close();
    }

    @Test
    void hangsTheServersSpansBelowACallBelowTheCallersSpan() throws Exception {
        try (var server = FakeServer.streaming((request, answers) -> {
                    answers.onNext(FakeServer.end(request));
                    answers.onCompleted();
                });
                var client = client(server)) {
            // Given
            Span caller = sdk.getTracer("test").spanBuilder("work").startSpan();

            // When
            try (var _ = caller.makeCurrent();
                    var results = client.stream(request().version("3").build())) {
                assertThat(results.hasNext()).isFalse();
            }
            caller.end();

            // Then
            SpanData call = spans.getFinishedSpanItems().getFirst();
            assertThat(call.getName()).isEqualTo("infer m");
            assertThat(call.getKind()).isEqualTo(SpanKind.CLIENT);
            assertThat(call.getParentSpanId()).isEqualTo(caller.getSpanContext().getSpanId());
            assertThat(call.getStatus().getStatusCode()).isEqualTo(StatusCode.UNSET);
            assertThat(call.getAttributes().asMap())
                    .isEqualTo(Map.of(OpenTelemetryTracer.MODEL, "m", OpenTelemetryTracer.VERSION, "3"));
            assertThat(server.headers.poll(30, TimeUnit.SECONDS).get(TRACEPARENT))
                    .isEqualTo("00-" + call.getTraceId() + "-" + call.getSpanId() + "-01");
        }
    }

    @Test
    void aCallersOwnHeaderGoesBeforeTheTracers() throws Exception {
        try (var server = FakeServer.streaming((request, answers) -> {
                    answers.onNext(FakeServer.end(request));
                    answers.onCompleted();
                });
                var client = client(server)) {
            // When
            try (var results =
                    client.stream(request().header("traceparent", "mine").build())) {
                assertThat(results.hasNext()).isFalse();
            }

            // Then
            assertThat(server.headers.poll(30, TimeUnit.SECONDS).getAll(TRACEPARENT))
                    .containsExactly("mine");
        }
    }

    @Test
    void countsCallsByModelAndFault() {
        try (var server = FakeServer.streaming((_, _) -> {});
                var client = client(server)) {
            // When: unary calls are not implemented there
            assertThat(client.infer(request().build())).failsWithin(Duration.ofSeconds(30));

            // Then
            SpanData call = spans.getFinishedSpanItems().getFirst();
            assertThat(call.getStatus().getStatusCode()).isEqualTo(StatusCode.ERROR);
            assertThat(call.getAttributes().get(OpenTelemetryTracer.ERROR_TYPE)).isEqualTo(Fault.PERMANENT.name());
            HistogramPointData duration = one("saccade.triton.client.duration").getHistogramData().getPoints().stream()
                    .findFirst()
                    .orElseThrow();
            assertThat(duration.getCount()).isEqualTo(1);
            assertThat(duration.getSum()).isPositive();
            assertThat(duration.getAttributes())
                    .isEqualTo(Attributes.of(
                            OpenTelemetryTracer.MODEL, "m", OpenTelemetryTracer.ERROR_TYPE, Fault.PERMANENT.name()));
            assertThat(one("saccade.triton.client.in_flight").getLongSumData().getPoints())
                    .extracting(LongPointData::getValue)
                    .isEqualTo(List.of(0L));
        }
    }

    private MetricData one(String name) {
        return metrics.collectAllMetrics().stream()
                .filter(metric -> metric.getName().equals(name))
                .findFirst()
                .orElseThrow();
    }

    private TritonClient client(FakeServer server) {
        return TritonClient.builder()
                .endpoint(server.endpoint())
                .timeout(Duration.ofSeconds(30))
                .tracer(new OpenTelemetryTracer(sdk))
                .listener(new OpenTelemetryMetrics(sdk))
                .build();
    }

    private static InferRequest.Builder request() {
        return InferRequest.to("m").input(Tensor.int64("in", Shape.of(1), 1));
    }
}
