package io.saccade.stage;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class NextPollTest {

    @Test
    void asksForEverythingWhileThereIsRoom() {
        assertThat(NextPoll.of(true, false, true)).isEqualTo(NextPoll.ALL);
    }

    @Test
    void asksForLiveImagesAloneWhileBackfillHoldsWhatItMay() {
        assertThat(NextPoll.of(true, false, false)).isEqualTo(NextPoll.LIVE);
    }

    @Test
    void asksForTheTenthOfBackfillThoughAllSlotsAreTaken() {
        assertThat(NextPoll.of(true, true, true)).isEqualTo(NextPoll.BACKFILL);
        assertThat(NextPoll.of(true, true, false)).isEqualTo(NextPoll.NOTHING);
    }

    @Test
    void asksForNothingWhileTheModelIsAway() {
        assertThat(NextPoll.of(false, false, true)).isEqualTo(NextPoll.NOTHING);
        assertThat(NextPoll.of(false, true, true)).isEqualTo(NextPoll.NOTHING);
    }
}
