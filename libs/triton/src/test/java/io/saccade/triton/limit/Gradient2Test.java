package io.saccade.triton.limit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.time.Duration;
import org.junit.jupiter.api.Test;

/** The limit against a server made of one formula: so many calls at once take no longer, each further one waits. */
class Gradient2Test {
    private static final Duration SERVICE = Duration.ofMillis(10);

    /** Little's law: with more calls than slots, each takes as long as its share of the slots says. */
    private static Duration took(int inFlight, int slots) {
        return SERVICE.multipliedBy(Math.max(inFlight, slots)).dividedBy(slots);
    }

    private static void run(Gradient2 limit, int calls, int slots) {
        for (int i = 0; i < calls; i++) {
            limit.answered(took(limit.limit(), slots), limit.limit());
        }
        while (limit.isProbing()) {
            limit.answered(took(limit.limit(), slots), limit.limit());
        }
    }

    @Test
    void growsToWhatTheServerCanTakeAndNotFarBeyond() {
        // Given
        var limit = Gradient2.between(1, 5, 1000);

        // When
        run(limit, 20_000, 32);

        // Then
        assertThat(limit.limit()).isBetween(32, 80);
    }

    @Test
    void doesNotCreepUpHoweverLongTheLoadLasts() {
        // Given
        var limit = Gradient2.between(1, 5, 1000);

        // When
        run(limit, 1_000_000, 32);

        // Then
        assertThat(limit.limit()).isBetween(32, 80);
    }

    @Test
    void halvesItselfForAMomentToSeeHowLongACallTakesAlone() {
        // Given
        var limit = Gradient2.between(1, 50, 50);

        // When
        int calls = 0;
        while (!limit.isProbing()) {
            limit.answered(SERVICE, 50);
            calls++;
        }

        // Then
        assertThat(calls).isEqualTo(100 * 50);
        assertThat(limit.limit()).isEqualTo(25);
    }

    @Test
    void shrinksWhenTheServerLosesMostOfItself() {
        // Given
        var limit = Gradient2.between(1, 5, 1000);
        run(limit, 20_000, 64);
        int before = limit.limit();

        // When
        run(limit, 2_000, 8);

        // Then
        assertThat(before).isGreaterThanOrEqualTo(64);
        assertThat(limit.limit()).isLessThan(before / 2);
    }

    @Test
    void growsAgainWhenTheServerIsBack() {
        // Given
        var limit = Gradient2.between(1, 5, 1000);
        run(limit, 20_000, 64);
        run(limit, 2_000, 8);
        int low = limit.limit();

        // When
        run(limit, 20_000, 64);

        // Then
        assertThat(limit.limit()).isGreaterThan(low).isGreaterThanOrEqualTo(64);
    }

    @Test
    void learnsNothingFromAnIdleClient() {
        // Given
        var limit = Gradient2.between(1, 20, 1000);

        // When
        for (int i = 0; i < 1_000; i++) {
            limit.answered(SERVICE, 2);
        }

        // Then
        assertThat(limit.limit()).isEqualTo(20);
    }

    @Test
    void aRefusalLowersItOnceForEachWindow() {
        // Given
        var limit = Gradient2.between(1, 100, 1000);

        // When
        limit.dropped();
        limit.dropped();

        // Then
        assertThat(limit.limit()).isEqualTo(90);
    }

    @Test
    void staysWithinItsBounds() {
        // Given
        var limit = Gradient2.between(4, 5, 6);

        // When
        run(limit, 1_000, 100);
        int high = limit.limit();
        for (int i = 0; i < 100; i++) {
            limit.dropped();
            run(limit, 10, 1);
        }

        // Then
        assertThat(high).isEqualTo(6);
        assertThat(limit.limit()).isBetween(4, 6);
    }

    @Test
    void theSameCallsGiveTheSameLimit() {
        // Given
        var one = Gradient2.between(1, 5, 1000);
        var other = Gradient2.between(1, 5, 1000);

        // When
        run(one, 5_000, 32);
        run(other, 5_000, 32);

        // Then
        assertThat(one.limit()).isEqualTo(other.limit());
    }

    @Test
    void refusesSettingsThatCannotWork() {
        assertThatIllegalArgumentException().isThrownBy(() -> Gradient2.between(0, 1, 2));
        assertThatIllegalArgumentException().isThrownBy(() -> Gradient2.between(2, 1, 3));
        assertThatIllegalArgumentException().isThrownBy(() -> Gradient2.between(1, 2, 3, Double.NaN, 4));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Gradient2.between(1, 2, 3, 1.5, 0))
                .withMessageContaining("never grows");
    }
}
