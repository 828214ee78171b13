package io.saccade.stage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.saccade.stage.RetryPlan.Next;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;

class RetryPlanTest {

    private static final Instant NOON = Instant.parse("2026-11-21T12:00:00Z");
    private static final Instant UNTIL = NOON.plusSeconds(300);

    private final RetryPlan plan = plan(new RetryBudget(1, 100, () -> 0L));

    @Test
    void triesOnceMoreAtOnceAndThenLater() {
        assertThat(plan.next(1, 1, NOON, null, NOON, 0.5)).isEqualTo(new Next.Again(Duration.ofMillis(100)));
        assertThat(plan.next(2, 2, NOON, null, NOON, 1)).isEqualTo(new Next.Later(NOON.plusSeconds(4), UNTIL));
        assertThat(plan.next(4, 2, NOON, null, NOON, 0.25)).isEqualTo(new Next.Later(NOON.plusSeconds(4), UNTIL));
        assertThat(plan.next(9, 2, NOON, null, NOON, 1)).isEqualTo(new Next.Later(NOON.plusSeconds(30), UNTIL));
    }

    @Test
    void triesLaterWhenTheBudgetIsSpent() {
        // Given
        var spent = new RetryBudget(0, 1, () -> 0L);
        while (spent.mayRetry(RetryBudget.Place.TOPIC)) {
            // until it is
        }

        // Then
        assertThat(plan(spent).next(1, 1, NOON, null, NOON, 0.5)).isEqualTo(new Next.Later(NOON.plusSeconds(1), UNTIL));
    }

    @Test
    void comesBeforeTheDeadlineWhileThatIsAhead() {
        // Given
        var deadline = NOON.plusSeconds(10);

        // Then
        assertThat(plan.next(8, 2, NOON, deadline, NOON, 0.5)).isEqualTo(new Next.Later(NOON.plusSeconds(5), UNTIL));
        assertThat(plan.next(8, 2, NOON, deadline, deadline, 0.5))
                .as("then it repairs the answer")
                .isEqualTo(new Next.Later(deadline.plusSeconds(15), UNTIL));
    }

    @Test
    void endsAfterAllAttemptsOrAllPatience() {
        assertThat(plan.next(10, 1, NOON, null, NOON, 0.5)).isEqualTo(new Next.GiveUp());
        assertThat(plan.next(2, 1, NOON, null, UNTIL, 0.5)).isEqualTo(new Next.GiveUp());
        assertThat(plan.next(9, 2, NOON, null, UNTIL.minusMillis(100), 0.5))
                .isEqualTo(new Next.Later(UNTIL.minusMillis(50), UNTIL));
    }

    @Test
    void refusesWhatMakesNoSense() {
        var policy = plan.soon();
        assertThatThrownBy(() -> new RetryPlan(policy, 0, policy, Duration.ofSeconds(1), plan.budget()))
                .hasMessageContaining("at least 1, got 0");
        assertThatThrownBy(() -> new RetryPlan(policy, 1, policy, Duration.ZERO, plan.budget()))
                .hasMessageContaining("positive");
    }

    private static RetryPlan plan(RetryBudget budget) {
        return new RetryPlan(
                new RetryPolicy(10, Duration.ofMillis(200), Duration.ofSeconds(5)),
                2,
                new RetryPolicy(10, Duration.ofSeconds(2), Duration.ofSeconds(30)),
                Duration.ofMinutes(5),
                budget);
    }
}
