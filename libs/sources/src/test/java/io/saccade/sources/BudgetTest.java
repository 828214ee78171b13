package io.saccade.sources;

import static org.assertj.core.api.Assertions.assertThat;

import io.saccade.sources.Some.Stopwatch;
import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class BudgetTest {

    private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");
    private static final Duration USUAL = Duration.ofSeconds(10);

    private final Stopwatch watch = new Stopwatch();

    @Test
    void isTheUsualTimeUnlessTheDeadlineIsNearer() {
        assertThat(until(null).left()).isEqualTo(USUAL);
        assertThat(until(NOW.plusSeconds(30)).left()).isEqualTo(USUAL);
        assertThat(until(NOW.plusSeconds(4)).left()).isEqualTo(Duration.ofSeconds(4));
    }

    @Test
    void isASecondAtLeast() {
        assertThat(until(NOW.plusMillis(3)).left()).isEqualTo(Duration.ofSeconds(1));
    }

    @Test
    void isTheUsualTimeOnceTheDeadlineHasPassed() {
        assertThat(until(NOW.minusSeconds(1)).left()).isEqualTo(USUAL);
        assertThat(until(NOW).left()).isEqualTo(USUAL);
    }

    @Test
    void runsOutAndStaysAtZero() {
        // Given
        var budget = until(null);

        // When
        watch.pass(Duration.ofSeconds(4));

        // Then
        assertThat(budget.left()).isEqualTo(Duration.ofSeconds(6));
        assertThat(budget.spent()).isFalse();
        watch.pass(Duration.ofSeconds(6));
        assertThat(budget.spent()).isTrue();
        watch.pass(Duration.ofSeconds(6));
        assertThat(budget.left()).isZero();
    }

    @Test
    void knowsWhetherItWasCutShort() {
        assertThat(until(null).whole()).isTrue();
        assertThat(until(NOW.plusSeconds(4)).whole()).isFalse();
    }

    private Budget until(@Nullable Instant deadline) {
        return Budget.until(deadline, NOW, USUAL, watch::now);
    }
}
