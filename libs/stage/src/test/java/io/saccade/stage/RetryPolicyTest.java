package io.saccade.stage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class RetryPolicyTest {

    private final RetryPolicy policy = new RetryPolicy(5, Duration.ofMillis(200), Duration.ofSeconds(5));

    @Test
    void doublesTheBoundUntilTheLongestWait() {
        assertThat(policy.delay(1, 1)).isEqualTo(Duration.ofMillis(200));
        assertThat(policy.delay(2, 1)).isEqualTo(Duration.ofMillis(400));
        assertThat(policy.delay(5, 1)).isEqualTo(Duration.ofMillis(3200));
        assertThat(policy.delay(6, 1)).isEqualTo(Duration.ofSeconds(5));
        assertThat(policy.delay(1_000_000, 1)).isEqualTo(Duration.ofSeconds(5));
    }

    @Test
    void spreadsTheWaitOverTheWholeBound() {
        assertThat(policy.delay(6, 0)).isEqualTo(Duration.ZERO);
        assertThat(policy.delay(6, 0.5)).isEqualTo(Duration.ofMillis(2500));
    }

    @Test
    void refusesBoundsThatMakeNoSense() {
        assertThatThrownBy(() -> new RetryPolicy(0, Duration.ofMillis(1), Duration.ofMillis(1)))
                .hasMessageContaining("at least 1, got 0");
        assertThatThrownBy(() -> new RetryPolicy(1, Duration.ofMillis(2), Duration.ofMillis(1)))
                .hasMessageContaining("PT0.002S and PT0.001S");
    }
}
