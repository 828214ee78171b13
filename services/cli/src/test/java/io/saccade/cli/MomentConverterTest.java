package io.saccade.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MomentConverterTest {

    private final MomentConverter converter =
            new MomentConverter(Clock.fixed(Instant.parse("2026-11-21T12:00:00Z"), ZoneOffset.UTC));

    @ParameterizedTest
    @CsvSource({
        "2026-11-21T11:00:00Z,      2026-11-21T11:00:00Z",
        "2026-11-21T11:00:00+02:00, 2026-11-21T09:00:00Z",
        "2h,                        2026-11-21T10:00:00Z",
        "90s,                       2026-11-21T11:58:30Z"
    })
    void readsATimeAndHowLongAgoItWas(String text, Instant expected) {
        assertThat(converter.convert(text)).isEqualTo(expected);
    }

    @Test
    void saysHowATimeLooks() {
        assertThatThrownBy(() -> converter.convert("noon")).hasMessageContaining("2026-11-21T12:00:00Z");
    }
}
