package io.saccade.stage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class BackfillShareTest {

    private final BackfillShare share = new BackfillShare(64);

    @Test
    void leavesBackfillATenthWhileLiveImagesWait() {
        assertThat(share.room(true, 0, 0)).isEqualTo(6);
        assertThat(share.room(true, 4, 64)).isEqualTo(2);
        assertThat(share.room(true, 6, 64)).isZero();
        assertThat(share.room(true, 57, 57)).as("from before they came").isZero();
    }

    @Test
    void keepsATenthForLiveImagesWhileNoneWaits() {
        assertThat(share.room(false, 0, 0)).isEqualTo(58);
        assertThat(share.room(false, 50, 50)).isEqualTo(8);
        assertThat(share.room(false, 58, 58)).isZero();
    }

    @Test
    void givesBackfillOnlySlotsThatAreFreeBeyondItsOwnTenth() {
        assertThat(share.room(false, 10, 60)).isEqualTo(4);
        assertThat(share.room(false, 10, 64)).isZero();
    }

    @Test
    void keepsTheTenthOfBackfillWhateverOthersHold() {
        assertThat(share.room(true, 2, 95))
                .as("a poll may bring more than there are slots")
                .isEqualTo(4);
        assertThat(share.room(false, 2, 95)).isEqualTo(4);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 9})
    void givesBackfillOneOfFewSlots(int slots) {
        assertThat(new BackfillShare(slots).room(true, 0, slots)).isEqualTo(1);
        assertThat(new BackfillShare(slots).room(true, 1, slots)).isZero();
    }

    @Test
    void neverFillsTheLastSlotsThoughTheyAreFew() {
        assertThat(new BackfillShare(2).room(false, 1, 1)).isZero();
        assertThat(new BackfillShare(3).room(false, 1, 1)).isEqualTo(1);
    }

    @Test
    void refusesToShareNothing() {
        assertThatThrownBy(() -> new BackfillShare(0)).hasMessageContaining("at least 1 slot");
    }
}
