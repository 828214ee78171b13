package io.saccade.triton.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MetricsPageTest {
    private static final String PAGE = """
            # HELP nv_inference_request_success Number of successful inference requests, all batch sizes
            # TYPE nv_inference_request_success counter
            nv_inference_request_success{model="caption",version="1"} 7
            nv_inference_request_success{gpu_uuid="GPU-1",model="embed",version="2"} 3
            nv_inference_request_success{gpu_uuid="GPU-2",model="embed",version="2"} 4
            nv_inference_request_failure{model="caption",version="1",reason="REJECTED"} 2
            nv_inference_request_failure{model="caption",version="1",reason="BACKEND"} 1
            nv_inference_count{model="caption",version="1"} 9007199254740993
            nv_inference_exec_count{model="caption",version="1"} 4
            nv_inference_request_duration_us{model="caption",version="1"} 1.5e+06
            nv_inference_queue_duration_us{model="caption",version="1"} 700
            nv_inference_pending_request_count{model="caption",version="1"} 5
            nv_gpu_utilization{gpu_uuid="GPU-1"} 0.25

            nv_cpu_utilization 0.5 1700000000000
            """;

    @Test
    void readsTheCountersOfEachModel() {
        // When
        var models = MetricsPage.parse(PAGE).models();

        // Then
        assertThat(models).extracting(ModelMetrics::model).containsExactly("caption", "embed");
        assertThat(models.getFirst())
                .returns(7L, ModelMetrics::success)
                .returns(Map.of("REJECTED", 2L, "BACKEND", 1L), ModelMetrics::failures)
                .returns(3L, ModelMetrics::failure)
                .returns(4L, ModelMetrics::executions)
                .returns(Duration.ofMillis(1500), ModelMetrics::request)
                .returns(Duration.ofNanos(100_000), ModelMetrics::averageQueue)
                .returns(5L, ModelMetrics::pending);
    }

    /** The page of an NVIDIA Triton 2.51.0 that had answered 1948 requests. */
    @Test
    void readsTheRealPageOfTriton() throws Exception {
        // Given
        String text;
        try (var page = getClass().getResourceAsStream("/triton-2.51.0-metrics.txt")) {
            text = new String(page.readAllBytes(), StandardCharsets.UTF_8);
        }

        // When
        var models = MetricsPage.parse(text).models();

        // Then
        assertThat(models).extracting(ModelMetrics::model).containsExactly("newest", "identity_uint8");
        assertThat(models.getLast())
                .returns(1948L, ModelMetrics::success)
                .returns(1948L, ModelMetrics::items)
                .returns(892L, ModelMetrics::executions)
                .returns(0L, ModelMetrics::failure)
                .returns(Duration.ofNanos(4_472_164_000L), ModelMetrics::request)
                .returns(Duration.ofNanos(1_684_617_000L), ModelMetrics::queue);
        assertThat(models.getLast().failures()).containsOnlyKeys("BACKEND", "CANCELED", "OTHER", "REJECTED");
    }

    @Test
    void keepsEveryBitOfACounter() {
        assertThat(MetricsPage.parse(PAGE).models().getFirst().items()).isEqualTo(9007199254740993L);
        assertThat(new MetricSample("n", Map.of(), "9223372036854775807").asLong())
                .isEqualTo(Long.MAX_VALUE);
        assertThat(new MetricSample("n", Map.of(), "18446744073709551615").asLong())
                .isEqualTo(Long.MAX_VALUE);
        assertThat(new MetricSample("n", Map.of(), "1e99").asLong()).isEqualTo(Long.MAX_VALUE);
        assertThat(new MetricSample("n", Map.of(), "NaN").asLong()).isZero();
    }

    @Test
    void addsUpAModelOnSeveralGpus() {
        assertThat(MetricsPage.parse(PAGE).models().getLast().success()).isEqualTo(7);
    }

    @Test
    void readsLabelsWithEscapesAndSpaces() {
        // When
        var page = MetricsPage.parse("x { a = \"q\\\"b\\\\n\\n}\" , b=\"\", } -Inf\n\ty\t+Inf\nz{}NaN");

        // Then
        assertThat(page.samples())
                .containsExactly(
                        new MetricSample("x", Map.of("a", "q\"b\\n\n}", "b", ""), "-Inf"),
                        new MetricSample("y", Map.of(), "+Inf"),
                        new MetricSample("z", Map.of(), "NaN"));
        assertThat(page.samples().getFirst().asDouble()).isEqualTo(Double.NEGATIVE_INFINITY);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "x",
                "x 1x",
                "x 0x10",
                "x 1d",
                "x{a} 1",
                "x{a=b} 1",
                "x{a=\"b} 1",
                "x{a=\"b\" 1",
                "x{a=\"b\\",
                "{a=\"b\"} 1",
                "<html>"
            })
    void saysWhichLineIsNone(String line) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> MetricsPage.parse("# a comment\n" + line))
                .withMessageStartingWith("line 2 of the metrics: ")
                .withMessageContaining("was expected at column ");
    }

    @Test
    void tellsWhatWasDoneBetweenTwoReadings() {
        // Given
        var before = MetricsPage.parse(PAGE).models().getFirst();
        var after = MetricsPage.parse(PAGE.replace("version=\"1\"} 7", "version=\"1\"} 17")
                        .replace("reason=\"REJECTED\"} 2", "reason=\"REJECTED\"} 6")
                        .replace("9007199254740993", "9007199254741073")
                        .replace(
                                "exec_count{model=\"caption\",version=\"1\"} 4",
                                "exec_count{model=\"caption\",version=\"1\"} 14")
                        .replace("1.5e+06", "2.5e+06"))
                .models()
                .getFirst();

        // When
        var between = after.since(before);

        // Then
        assertThat(between)
                .returns(10L, ModelMetrics::success)
                .returns(Map.of("REJECTED", 4L, "BACKEND", 0L), ModelMetrics::failures)
                .returns(80L, ModelMetrics::items)
                .returns(8.0, ModelMetrics::averageBatch)
                .returns(Duration.ofMillis(100), ModelMetrics::averageRequest)
                .returns(5L, ModelMetrics::pending);
    }

    @Test
    void beginsAnewWhenTheModelWasLoadedAgain() {
        // Given
        var before = MetricsPage.parse(PAGE).models().getFirst();
        var after = MetricsPage.parse("nv_inference_request_success{model=\"caption\",version=\"1\"} 1")
                .models()
                .getFirst();

        // When, Then
        assertThat(after.since(before)).isEqualTo(after);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> after.since(MetricsPage.parse(PAGE).models().getLast()))
                .withMessageContaining("'embed' version 2");
    }
}
