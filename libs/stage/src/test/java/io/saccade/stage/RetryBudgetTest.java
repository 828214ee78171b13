package io.saccade.stage;

import static io.saccade.stage.RetryBudget.Place.SLOT;
import static io.saccade.stage.RetryBudget.Place.TOPIC;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RetryBudgetTest {

    private static final double SHARE = 0.15;

    private final AtomicLong now = new AtomicLong(7);

    @Test
    void allowsAShareOfFirstAttempts() {
        // Given
        var budget = budget(0.25);
        for (int i = 0; i < 20; i++) {
            budget.firstAttempt();
        }

        // Then
        assertThat(granted(budget)).isEqualTo(5);
    }

    @Test
    void countsTheAttemptsOfTheLastTenSeconds() {
        // Given
        var budget = budget(0.5);
        for (int i = 0; i < 10; i++) {
            budget.firstAttempt();
        }
        assertThat(granted(budget)).isEqualTo(5);

        // When
        pass(Duration.ofSeconds(9));
        for (int i = 0; i < 10; i++) {
            budget.firstAttempt();
        }

        // Then
        assertThat(granted(budget)).isEqualTo(5);

        // When: the first ten and their five are forgotten, of the second ten and their five none
        pass(Duration.ofSeconds(1));

        // Then
        assertThat(granted(budget)).isZero();
    }

    @Test
    void allowsAQuietStageToGetOverABlip() {
        // Given
        var budget = budget(0);
        budget.firstAttempt();

        // Then
        assertThat(granted(budget)).isEqualTo(RetryBudget.BLIP);

        // When
        pass(Duration.ofSeconds(9));

        // Then
        assertThat(granted(budget)).isZero();

        // When
        pass(Duration.ofSeconds(1));

        // Then
        assertThat(granted(budget)).as("nothing is saved up").isEqualTo(RetryBudget.BLIP);
    }

    @Test
    void allowsSingleAttemptsApartWhereThereWouldBeNone() {
        // Given
        var budget = new RetryBudget(0, 2, now::get);
        granted(budget);

        // When
        pass(Duration.ofMillis(499));

        // Then
        assertThat(granted(budget)).isZero();

        // When
        pass(Duration.ofMillis(1));

        // Then
        assertThat(granted(budget)).isEqualTo(1);

        // When
        pass(Duration.ofMillis(400));
        budget.firstAttempt();
        pass(Duration.ofMillis(400));

        // Then
        assertThat(granted(budget)).as("a first attempt tells as much").isZero();

        // When
        pass(RetryBudget.WELL.minusMillis(401));

        // Then
        assertThat(granted(budget)).as("a pause between two bursts").isZero();

        // When
        pass(Duration.ofMillis(1));

        // Then
        assertThat(granted(budget)).as("nothing new comes").isEqualTo(1);
    }

    @Test
    void addsNothingInThePausesOfAStageWhoseRecordsComeInBursts() {
        // Given
        var budget = new RetryBudget(SHARE, 1, now::get);
        int further = 0;

        // When: twenty at once every two seconds, of which none is answered
        for (int burst = 0; burst < 30; burst++) {
            for (int i = 0; i < 20; i++) {
                budget.firstAttempt();
            }
            for (int step = 0; step < 20; step++) {
                further += granted(budget);
                pass(Duration.ofMillis(100));
            }
        }

        // Then
        assertThat(further).isLessThanOrEqualTo((int) (SHARE * 30 * 20));
    }

    @Test
    void letsWhatFailedJustNowWaitBehindThoseThatWait() {
        // Given
        var budget = budget(1);
        granted(budget);
        assertThat(budget.mayRetry(TOPIC)).isFalse();
        for (int i = 0; i < 10; i++) {
            budget.firstAttempt();
        }

        // Then
        assertThat(budget.mayRetryAtOnce()).isFalse();
        assertThat(budget.mayRetry(TOPIC)).isTrue();

        // When
        pass(RetryBudget.LINE.plusNanos(1));

        // Then
        assertThat(budget.mayRetryAtOnce()).as("nobody waits any more").isTrue();
    }

    @Test
    void letsWhoHoldsASlotGoBeforeWhoWaitsInTheTopic() {
        // Given
        var budget = budget(1);
        granted(budget);
        assertThat(budget.mayRetry(SLOT)).isFalse();
        for (int i = 0; i < 10; i++) {
            budget.firstAttempt();
        }

        // Then
        assertThat(budget.mayRetry(TOPIC)).isFalse();
        assertThat(budget.mayRetry(SLOT)).isTrue();

        // When
        pass(RetryBudget.LINE.plusNanos(1));

        // Then
        assertThat(budget.mayRetry(TOPIC)).isTrue();
    }

    @Test
    void letsAnsweredCallsDoubleWhenNoneHasFailedForAWhile() {
        // Given
        var budget = budget(0);
        granted(budget);
        budget.failed();

        // When
        pass(RetryBudget.WELL.minusNanos(1));
        budget.answered();

        // Then
        assertThat(granted(budget)).isZero();

        // When
        pass(Duration.ofNanos(1));
        budget.answered();
        budget.answered();

        // Then
        assertThat(granted(budget)).isEqualTo(4);

        // When
        budget.answered();
        budget.failed();

        // Then
        assertThat(granted(budget)).isZero();
    }

    @Test
    void letsOneCallGoAheadWhenAModelThatWasAwayIsReady() {
        // Given
        var budget = budget(0);
        granted(budget);
        budget.failed();

        // When: three noticed it
        budget.reopened(1);
        budget.reopened(1);
        budget.reopened(1);

        // Then
        assertThat(granted(budget)).isEqualTo(1);

        // When
        budget.answered();

        // Then
        assertThat(granted(budget)).isEqualTo(2);
    }

    @ParameterizedTest
    @ValueSource(doubles = {0.05, 0.1, 0.15, 0.2, 0.3, 0.5, 0.9, 1})
    void keepsCallsBelowTwelveTenthsOfRequestsHoweverManyFail(double failing) {
        // Given
        var stage = new Simulated(new RetryBudget(SHARE, 1, now::get));

        // When
        stage.run(Duration.ofMinutes(2), failing);

        // Then
        assertThat(stage.requests).isEqualTo(6_000);
        assertThat((double) stage.calls / stage.requests).isLessThanOrEqualTo(1.2);
        if (failing >= SHARE) {
            assertThat(stage.calls - stage.requests)
                    .as("and all of the budget is used")
                    .isBetween((int) (SHARE * stage.requests) - 1, (int) (SHARE * stage.requests) + 60);
        }
    }

    @Test
    void answersEverythingThatWaitedSoonAfterTheModelIsWell() {
        // Given
        var stage = new Simulated(new RetryBudget(SHARE, 1, now::get));
        stage.run(Duration.ofMinutes(1), 0.5);
        assertThat(stage.waiting).hasSizeGreaterThan(1_000);

        // When
        stage.run(Duration.ofSeconds(5), 0);

        // Then
        assertThat(stage.waiting).isEmpty();
        assertThat(stage.calls).isLessThan(stage.requests + (int) (SHARE * 3_000) + 1_300);
    }

    @Test
    void answersEverythingThatWaitedThoughNothingNewComes() {
        // Given
        var stage = new Simulated(new RetryBudget(SHARE, 1, now::get));
        stage.run(Duration.ofMinutes(1), 0.5);

        // When
        stage.perSecond = 0;
        stage.run(Duration.ofSeconds(6), 0);

        // Then
        assertThat(stage.waiting).isEmpty();
    }

    @Test
    void refusesABudgetOfNothing() {
        assertThatThrownBy(() -> new RetryBudget(-0.1, 1, now::get)).hasMessageContaining("-0.1");
        assertThatThrownBy(() -> new RetryBudget(0.1, 0, now::get)).hasMessageContaining("at least 0.001 a second");
    }

    /** Which allows no single attempts within a test. */
    private RetryBudget budget(double share) {
        var budget = new RetryBudget(share, RetryBudget.LEAST, now::get);
        budget.firstAttempt();
        pass(RetryBudget.WINDOW);
        return budget;
    }

    private void pass(Duration time) {
        now.addAndGet(time.toNanos());
    }

    private static int granted(RetryBudget budget) {
        int granted = 0;
        while (budget.mayRetry(TOPIC)) {
            granted++;
        }
        return granted;
    }

    /** What a stage does, by a clock of its own: whatever failed waits, and is tried as soon as the budget lets it. */
    private final class Simulated {

        private static final int STEPS = 100;

        private final RetryBudget budget;
        private final Random random = new Random(1);
        private final ArrayDeque<Integer> waiting = new ArrayDeque<>();
        private int perSecond = 50;
        private int requests;
        private int calls;

        Simulated(RetryBudget budget) {
            this.budget = budget;
        }

        void run(Duration time, double failing) {
            for (int step = 0; step < time.toSeconds() * STEPS; step++) {
                if (step * perSecond % STEPS < perSecond) {
                    requests++;
                    budget.firstAttempt();
                    call(requests, failing);
                }
                while (!waiting.isEmpty() && budget.mayRetry(TOPIC)) {
                    call(waiting.remove(), failing);
                }
                pass(Duration.ofSeconds(1).dividedBy(STEPS));
            }
        }

        private void call(int request, double failing) {
            calls++;
            if (random.nextDouble() < failing) {
                budget.failed();
                waiting.add(request);
            } else {
                budget.answered();
            }
        }
    }
}
