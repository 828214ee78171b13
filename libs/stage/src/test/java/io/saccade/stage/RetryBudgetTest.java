package io.saccade.stage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.time.Instant;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RetryBudgetTest {

    private static final Instant NOON = Instant.parse("2026-11-21T12:00:00Z");

    private final AtomicLong now = new AtomicLong(7);

    @Test
    void allowsAShareOfFirstAttempts() {
        // Given
        var budget = new RetryBudget(0.25, 0.001, now::get);
        for (int i = 0; i < 20; i++) {
            budget.firstAttempt();
        }

        // Then
        assertThat(granted(budget)).isEqualTo(5);
    }

    @Test
    void allowsAFewASecondWhateverComes() {
        // Given
        var budget = new RetryBudget(0, 2, now::get);

        // When
        granted(budget);
        now.addAndGet(Duration.ofSeconds(3).toNanos());

        // Then
        assertThat(granted(budget)).isEqualTo(6);
    }

    @Test
    void savesNoMoreThanTheBucketHolds() {
        // Given
        var budget = new RetryBudget(1, 1, now::get);
        for (int i = 0; i < 1_000; i++) {
            budget.firstAttempt();
        }
        now.addAndGet(Duration.ofHours(1).toNanos());

        // Then
        assertThat(granted(budget)).isEqualTo(RetryBudget.MOST);
    }

    @ParameterizedTest
    @ValueSource(doubles = {0.1, 0.5, 0.9, 1})
    void keepsCallsBelowTwelveTenthsOfRequestsHoweverManyFail(double failing) {
        // Given: what a stage does, without its clock: visits come as fast as the budget lets them
        var budget = new RetryBudget(0.1, 0.001, now::get);
        var soon = new RetryPolicy(10, Duration.ofMillis(200), Duration.ofSeconds(5));
        var plan = new RetryPlan(soon, 2, soon, Duration.ofMinutes(5), budget);
        var random = new Random(1);
        int requests = 10_000;
        int calls = 0;
        int waiting = 0;

        // When
        for (int i = 0; i < requests; i++) {
            budget.firstAttempt();
            int visits = 1;
            while (visits > 0) {
                boolean done = false;
                for (int visit = 1; !done; ) {
                    calls++;
                    if (random.nextDouble() >= failing) {
                        done = true;
                    } else if (plan.next(visit, visit, NOON, null, NOON, random.nextDouble())
                            instanceof RetryPlan.Next.Again) {
                        visit++;
                    } else {
                        waiting++;
                        done = true;
                    }
                }
                visits = waiting > 0 && budget.mayRetry() ? 1 : 0;
                waiting -= visits;
            }
        }

        // Then
        assertThat((double) calls / requests).isLessThanOrEqualTo(1.2).isGreaterThan(1.05);
    }

    @Test
    void refusesABudgetOfNothing() {
        assertThatThrownBy(() -> new RetryBudget(-0.1, 1, now::get)).hasMessageContaining("-0.1");
        assertThatThrownBy(() -> new RetryBudget(0.1, 0, now::get)).hasMessageContaining("more than 0 a second");
    }

    private static int granted(RetryBudget budget) {
        int granted = 0;
        while (budget.mayRetry()) {
            granted++;
        }
        return granted;
    }
}
