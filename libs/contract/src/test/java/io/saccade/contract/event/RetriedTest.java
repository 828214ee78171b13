package io.saccade.contract.event;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Instant;
import java.util.HashMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RetriedTest {

    private static final Instant NOON = Instant.parse("2026-11-21T12:00:00.123Z");
    private static final Retried RETRIED = new Retried(
            "saccade.images",
            3,
            77,
            NOON.minusSeconds(5),
            2,
            NOON.minusSeconds(1),
            NOON,
            NOON.plusSeconds(4),
            NOON.plusSeconds(300),
            new Failure("model.unavailable", "the model did not answer", true),
            "caption/1");

    @Test
    void travelsInHeaders() {
        assertThat(Retried.fromHeaders(RETRIED.headers())).isEqualTo(RETRIED);
        assertThat(RETRIED.headers().keySet()).allMatch(Retried::isStory);
    }

    @ParameterizedTest
    @CsvSource({"partition, many", "offset, -1", "attempts, 0", "due, soon", "reason, x"})
    void refusesHeadersThatMakeNoSense(String name, String value) {
        // Given
        var headers = new HashMap<>(RETRIED.headers());
        headers.put("saccade-retry-" + name, value);

        // Then
        assertThatThrownBy(() -> Retried.fromHeaders(headers)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void refusesHeadersThatAreIncomplete() {
        for (var name : RETRIED.headers().keySet()) {
            var headers = new HashMap<>(RETRIED.headers());
            headers.remove(name);
            if (!name.equals("saccade-retry-model")) {
                assertThatThrownBy(() -> Retried.fromHeaders(headers)).hasMessageContaining(name);
            }
        }
    }
}
