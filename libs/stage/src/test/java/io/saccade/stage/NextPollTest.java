package io.saccade.stage;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class NextPollTest {

    @Test
    void asksForEverythingWhileThereIsRoom() {
        assertThat(NextPoll.after(NextPoll.ALL, true, false, false, true, true)).isEqualTo(NextPoll.ALL);
        assertThat(NextPoll.after(NextPoll.ALL, true, false, true, false, true)).isEqualTo(NextPoll.ALL);
    }

    @Test
    void asksForLiveImagesAloneWhileBackfillHoldsWhatItMay() {
        assertThat(NextPoll.after(NextPoll.ALL, true, false, true, true, false)).isEqualTo(NextPoll.LIVE);
    }

    @Test
    void asksForBackfillAloneEverySecondTimeWhileBothLieReady() {
        // When
        var first = NextPoll.after(NextPoll.ALL, true, false, true, true, true);
        var second = NextPoll.after(first, true, false, true, true, true);
        var third = NextPoll.after(second, true, false, true, true, true);

        // Then
        assertThat(first).isEqualTo(NextPoll.BACKFILL);
        assertThat(second).isEqualTo(NextPoll.ALL);
        assertThat(third).isEqualTo(NextPoll.BACKFILL);
    }

    @Test
    void asksForTheTenthOfBackfillThoughAllSlotsAreTaken() {
        assertThat(NextPoll.after(NextPoll.ALL, true, true, true, true, true)).isEqualTo(NextPoll.BACKFILL);
        assertThat(NextPoll.after(NextPoll.ALL, true, true, true, true, false)).isEqualTo(NextPoll.NOTHING);
    }

    @Test
    void asksForNothingWhileTheModelIsAway() {
        assertThat(NextPoll.after(NextPoll.ALL, false, false, true, true, true)).isEqualTo(NextPoll.NOTHING);
    }
}
