package io.saccade.joiner;

import static io.saccade.joiner.Pace.INTERVAL;
import static io.saccade.joiner.merge.Given.NOW;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;

class PaceTest {

    private static final Instant SOON = NOW.plusMillis(1);
    private static final Instant LATER = NOW.plus(INTERVAL);

    private final Pace pace = new Pace();

    @Test
    void endsNothingWhenNothingHappened() {
        assertThat(pace.shouldEnd(NOW)).isFalse();
        assertThat(pace.shouldEnd(NOW.plus(Duration.ofDays(1)))).isFalse();
    }

    @Test
    void endsAtOnceWhatWasDue() {
        // Given
        pace.ended(NOW);
        pace.overdue(SOON);

        // When
        boolean end = pace.shouldEnd(SOON);

        // Then
        assertThat(end).isTrue();
    }

    @Test
    void endsAtOnceWhatSomebodyWaitsForWhenTheLastEndIsLongAgo() {
        // Given
        pace.ended(NOW);
        pace.answered(LATER);

        // When
        boolean end = pace.shouldEnd(LATER);

        // Then
        assertThat(end).isTrue();
    }

    @Test
    void gathersAnswersThatComeSoonAfterTheLastEnd() {
        // Given
        pace.ended(NOW);
        pace.answered(SOON);

        // When
        boolean soon = pace.shouldEnd(SOON);
        boolean later = pace.shouldEnd(LATER);

        // Then
        assertThat(soon).isFalse();
        assertThat(later).isTrue();
    }

    @Test
    void countsFromTheEndAndNotFromWhenItWasAskedFor() {
        // Given: an end that takes as long as the shortest pause
        pace.answered(NOW);
        pace.shouldEnd(NOW);
        pace.ended(LATER);
        pace.answered(LATER);

        // When
        boolean end = pace.shouldEnd(LATER.plus(INTERVAL).minusMillis(1));

        // Then
        assertThat(end).isFalse();
    }

    @Test
    void worksAsLongAsTheLastEndTook() {
        // Given
        var end = NOW.plus(INTERVAL.multipliedBy(6));
        pace.answered(NOW);
        pace.shouldEnd(NOW);
        pace.ended(end);
        pace.answered(end);

        // When
        boolean soon = pace.shouldEnd(end.plus(INTERVAL.multipliedBy(6)).minusMillis(1));
        boolean later = pace.shouldEnd(end.plus(INTERVAL.multipliedBy(6)));

        // Then
        assertThat(soon).isFalse();
        assertThat(later).isTrue();
    }

    @Test
    void takesAnEndDuringWhichBrokersWereAwayForNoMeasure() {
        // Given
        var end = NOW.plus(Duration.ofMinutes(3));
        pace.answered(NOW);
        pace.shouldEnd(NOW);
        pace.ended(end);
        pace.answered(end);

        // When
        boolean later = pace.shouldEnd(end.plus(Pace.LONGEST));

        // Then
        assertThat(later).isTrue();
    }

    @Test
    void endsWhatWasDueAtOnceThoughTheLastEndTookLong() {
        // Given
        pace.answered(NOW);
        pace.shouldEnd(NOW);
        pace.ended(NOW.plusSeconds(1));
        pace.overdue(NOW.plusSeconds(1));

        // When
        boolean end = pace.shouldEnd(NOW.plusSeconds(1));

        // Then
        assertThat(end).isTrue();
    }

    @Test
    void letsWorkThatNobodyWaitsForLieForOneInterval() {
        // Given
        pace.worked(NOW);
        pace.worked(SOON);

        // When
        boolean soon = pace.shouldEnd(LATER.minusMillis(1));
        boolean later = pace.shouldEnd(LATER);

        // Then
        assertThat(soon).isFalse();
        assertThat(later).isTrue();
    }

    @Test
    void endsTheSameWorkOnce() {
        // Given
        pace.overdue(NOW);
        pace.shouldEnd(NOW);

        // When
        boolean again = pace.shouldEnd(LATER);

        // Then
        assertThat(again).isFalse();
    }

    @Test
    void keepsNothingOpenWhenTheClockIsSetBack() {
        // Given
        pace.worked(NOW);

        // When
        boolean end = pace.shouldEnd(NOW.minus(Duration.ofHours(1)));

        // Then
        assertThat(end).isTrue();
    }
}
