package io.saccade.sources;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class CircuitTest {

    private static final Circuit.Rules RULES = new Circuit.Rules(3, Duration.ofNanos(10), Duration.ofNanos(35));

    @Test
    void opensAfterSoManyFailuresInARow() {
        assertThat(Circuit.UNKNOWN.failed(0, RULES)).isEqualTo(new Circuit.Closed(1));
        assertThat(new Circuit.Closed(1).failed(0, RULES)).isEqualTo(new Circuit.Closed(2));
        assertThat(new Circuit.Closed(2).failed(100, RULES)).isEqualTo(new Circuit.Open(110, 1));
    }

    @Test
    void restsUntilItsTimeIsOver() {
        var open = new Circuit.Open(110, 1);
        assertThat(open.resting(109)).isTrue();
        assertThat(open.resting(110)).isFalse();
    }

    @Test
    void restsTwiceAsLongEachTimeTheProbeFailsUpToABound() {
        assertThat(new Circuit.Open(0, 1).probe().failed(100, RULES)).isEqualTo(new Circuit.Open(120, 2));
        assertThat(new Circuit.Probing(2).failed(100, RULES)).isEqualTo(new Circuit.Open(135, 3));
        assertThat(new Circuit.Probing(1_000_000).failed(100, RULES)).isEqualTo(new Circuit.Open(135, 1_000_001));
    }

    @Test
    void forgetsEverythingWhenTheProbeSucceeds() {
        assertThat(new Circuit.Probing(7).succeeded()).isEqualTo(Circuit.UNKNOWN);
    }

    @Test
    void letsTheNextOneProbeWhenAProbeTaughtNothing() {
        // When
        var next = new Circuit.Probing(2).learntNothing(100);

        // Then
        assertThat(next).isEqualTo(new Circuit.Open(100, 2));
        assertThat(((Circuit.Open) next).resting(100)).isFalse();
    }

    @Test
    void refusesRulesThatMakeNoSense() {
        var second = Duration.ofSeconds(1);
        assertThatThrownBy(() -> new Circuit.Rules(0, second, second)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new Circuit.Rules(1, Duration.ZERO, second))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new Circuit.Rules(1, second, second.dividedBy(2)))
                .isInstanceOf(IllegalArgumentException.class);
    }
}
