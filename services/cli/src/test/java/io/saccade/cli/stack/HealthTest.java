package io.saccade.cli.stack;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class HealthTest {

    @Test
    void namesTheChecksThatFailWithTheirData() {
        // Given
        var body = """
                {"status": "DOWN", "checks": [
                  {"name": "kafka", "status": "UP"},
                  {"name": "model caption", "status": "DOWN", "data": {"reason": "no such model"}},
                  {"name": "disk", "status": "DOWN"}]}
                """;

        // When, then
        assertThat(Health.reason(503, body)).isEqualTo("model caption (reason no such model); disk");
    }

    @Test
    void tellsTheStatusWhenThereIsNothingElse() {
        assertThat(Health.reason(503, "")).isEqualTo("answers 503");
        assertThat(Health.reason(400, "not JSON")).isEqualTo("answers 400");
        assertThat(Health.reason(404, "{}")).isEqualTo("answers 404");
    }
}
