package io.saccade.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.entry;

import java.time.Instant;
import java.util.HashSet;
import java.util.Map;
import org.junit.jupiter.api.Test;

class CloudEventTest {

    @Test
    void writesEveryAttributeAsAHeader() {
        // When
        var headers = new CloudEvent(
                        "id-1",
                        EventType.CAPTION.type(),
                        "/saccade/captioner",
                        "image-1",
                        Instant.parse("2026-11-21T12:00:00Z"))
                .headers();

        // Then
        assertThat(headers)
                .containsExactly(
                        entry("ce_specversion", "1.0"),
                        entry("ce_id", "id-1"),
                        entry("ce_type", "io.saccade.caption.v1"),
                        entry("ce_source", "/saccade/captioner"),
                        entry("ce_subject", "image-1"),
                        entry("ce_time", "2026-11-21T12:00:00Z"),
                        entry("ce_dataschema", "https://saccade.io/schemas/io.saccade.caption.v1.json"),
                        entry("content-type", "application/json"));
    }

    @Test
    void findsTheIdThatASenderSetOrNone() {
        assertThat(CloudEvent.idOf(Map.of("ce_id", "x"))).isEqualTo("x");
        assertThat(CloudEvent.idOf(Map.of())).isNull();
    }

    @Test
    void refusesToLackAnAttribute() {
        assertThatThrownBy(() -> new CloudEvent(null, "t", "s", "i", Instant.EPOCH))
                .isInstanceOf(NullPointerException.class)
                .hasMessage("id");
    }

    @Test
    void typesAreDistinctAndVersioned() {
        var types = new HashSet<String>();
        for (var type : EventType.ALL) {
            assertThat(type.type()).matches("io\\.saccade\\.[a-z-]+\\.v[0-9]+");
            assertThat(types.add(type.type())).isTrue();
        }
    }
}
