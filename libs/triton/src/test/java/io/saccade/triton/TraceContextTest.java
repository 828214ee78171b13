package io.saccade.triton;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** With the examples of the specification. */
class TraceContextTest {
    private static final String PARENT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    @Test
    void passesOnWhatItGot() {
        // When
        var context = TraceContext.parse(PARENT, "congo=t61rcWkgMzE").orElseThrow();

        // Then
        assertThat(context.headers()).isEqualTo(Map.of("traceparent", PARENT, "tracestate", "congo=t61rcWkgMzE"));
    }

    @Test
    void aCallIsAnotherSpanOfTheSameTrace() {
        // Given
        var context = TraceContext.parse(PARENT.replace("-01", "-00"), "").orElseThrow();

        // When
        var child = context.child(new Random(1));

        // Then
        assertThat(child.traceId()).isEqualTo(context.traceId());
        assertThat(child.spanId()).isNotEqualTo(context.spanId());
        assertThat(child.headers().get("traceparent")).endsWith("-00");
        assertThat(child.headers()).doesNotContainKey("tracestate");
    }

    @Test
    void aNewTraceIsOneThatOthersCanRead() {
        var context = TraceContext.start(new Random(1));
        assertThat(TraceContext.parse(context.headers().get("traceparent"), "")).contains(context);
    }

    @Test
    void readsAVersionThatIsYetToCome() {
        assertThat(TraceContext.parse("cc" + PARENT.substring(2) + "-what-the-future-holds", ""))
                .isPresent();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
                "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
                "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
                "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
                "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more",
                "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7"
            })
    void ignoresWhatIsNoContext(String header) {
        assertThat(TraceContext.parse(header, "")).isEmpty();
    }

    @Test
    void refusesIdsThatAreNone() {
        assertThatIllegalArgumentException().isThrownBy(() -> new TraceContext("x", "00f067aa0ba902b7", true, ""));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new TraceContext("4bf92f3577b34da6a3ce929d0e0e4736", "0", true, ""));
    }
}
