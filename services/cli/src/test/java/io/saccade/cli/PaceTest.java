package io.saccade.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class PaceTest {

    private final AtomicLong now = new AtomicLong(-5);

    @Test
    void takesAsLongAsTheRateSays() {
        // Given
        var pace = pace(20);

        // When
        for (int i = 0; i < 100; i++) {
            pace.await(1);
        }

        // Then: the first goes at once
        assertThat(Duration.ofNanos(now.get() + 5)).isEqualTo(Duration.ofMillis(99 * 50));
    }

    @Test
    void doesNotMakeUpForTimeThatWasNotUsed() {
        // Given
        var pace = pace(10);
        pace.await(1);
        now.addAndGet(Duration.ofHours(1).toNanos());
        long before = now.get();

        // When
        pace.await(10);
        pace.await(1);

        // Then
        assertThat(Duration.ofNanos(now.get() - before)).isEqualTo(Duration.ofSeconds(1));
    }

    @Test
    void neverWaitsWithoutARate() {
        // Given
        var pace = pace(0);

        // When
        for (int i = 0; i < 1_000; i++) {
            pace.await(50);
        }

        // Then
        assertThat(now).hasValue(-5);
    }

    @Test
    void refusesARateBelowZero() {
        assertThatThrownBy(() -> pace(-1)).isInstanceOf(CliException.class).hasMessageContaining("--rate");
    }

    private Pace pace(int perSecond) {
        return new Pace(perSecond, now::get, duration -> now.addAndGet(duration.toNanos()));
    }
}
