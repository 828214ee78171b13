package io.saccade.cli.screen;

import static org.assertj.core.api.Assertions.assertThat;

import io.saccade.cli.Samples;
import org.junit.jupiter.api.Test;

class SummaryTest {

    @Test
    void saysEachPartInAFewWords() {
        // When
        var summary = new Summary(Samples.complete("cat-1", "a cat", "a cat indeed"));

        // Then
        assertThat(summary.caption()).isEqualTo("a cat");
        assertThat(summary.labels()).isEqualTo("cat 0.90");
        assertThat(summary.answers()).isEqualTo("what is it? a cat indeed");
        assertThat(summary.verdict()).isEqualTo("ALLOW");
        assertThat(summary.millis()).isEqualTo("250");
        assertThat(summary.reason()).isEmpty();
    }

    @Test
    void saysWhyAnImageWasRefusedAndHowEachPartEnded() {
        // When
        var summary = new Summary(Samples.refused("x-1", "the file ends too early"));

        // Then
        assertThat(summary.caption()).isEqualTo("the file ends too early");
        assertThat(summary.labels()).isEqualTo("[REFUSED]");
        assertThat(summary.answers()).isEqualTo("-");
        assertThat(summary.verdict()).isEqualTo("[MISSING]");
        assertThat(summary.reason())
                .hasValueSatisfying(reason -> assertThat(reason.code()).isEqualTo("image.broken"));
    }
}
