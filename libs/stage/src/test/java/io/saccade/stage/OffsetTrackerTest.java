package io.saccade.stage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Collections;
import java.util.Random;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class OffsetTrackerTest {

    private final OffsetTracker tracker = new OffsetTracker();

    @Test
    void commitsNothingBeforeTheFirstRecordIsSettled() {
        // Given
        tracker.taken(10);

        // When
        var position = tracker.toCommit();

        // Then
        assertThat(position).isEmpty();
    }

    @Test
    void commitsUpToTheLowestRecordThatIsStillAtWork() {
        // Given
        LongStream.rangeClosed(10, 14).forEach(tracker::taken);

        // When
        LongStream.of(10, 11, 13, 14).forEach(tracker::settled);

        // Then
        assertThat(tracker.toCommit()).hasValue(12);
    }

    @Test
    void commitsPastTheLastRecordWhenAllAreSettled() {
        // Given
        LongStream.rangeClosed(10, 14).forEach(tracker::taken);

        // When
        LongStream.of(14, 12, 10, 13, 11).forEach(tracker::settled);

        // Then
        assertThat(tracker.toCommit()).hasValue(15);
        assertThat(tracker.atWork()).isZero();
    }

    @Test
    void commitsAcrossGapsThatTransactionsAndCompactionLeave() {
        // Given
        tracker.taken(10);
        tracker.taken(17);

        // When
        tracker.settled(10);

        // Then
        assertThat(tracker.toCommit()).hasValue(17);
    }

    @Test
    void doesNotCommitTheSamePositionTwice() {
        // Given
        tracker.taken(10);
        tracker.settled(10);

        // When
        tracker.committed(11);

        // Then
        assertThat(tracker.toCommit()).isEmpty();
    }

    @Test
    void neverCommitsPastARecordWithoutAnEndInWhateverOrderRecordsFinish() {
        // Given
        var random = new Random(11);
        var offsets = new ArrayList<>(LongStream.range(0, 500).boxed().toList());
        offsets.forEach(tracker::taken);
        Collections.shuffle(offsets, random);
        var open = new java.util.TreeSet<>(offsets);

        // When / Then
        for (long offset : offsets) {
            tracker.settled(offset);
            open.remove(offset);
            var position = tracker.toCommit();
            position.ifPresent(tracker::committed);
            assertThat(position.orElse(0)).isLessThanOrEqualTo(open.isEmpty() ? 500 : open.first());
        }
        assertThat(tracker.toCommit()).isEmpty();
    }

    @Test
    void refusesOffsetsThatComeOutOfOrder() {
        // Given
        tracker.taken(10);

        // Then
        assertThatThrownBy(() -> tracker.taken(9))
                .hasMessageContaining("at least 11")
                .hasMessageContaining("9");
    }
}
