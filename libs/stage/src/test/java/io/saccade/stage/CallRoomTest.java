package io.saccade.stage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class CallRoomTest {

    @Test
    void isWhatWasSetWhileNothingIsRefused() {
        // Given
        var room = new CallRoom(32);

        // When
        for (int i = 0; i < 100; i++) {
            room.answered();
        }

        // Then
        assertThat(room.calls()).isEqualTo(32);
    }

    @Test
    void losesAThirdOnceForAllCallsThatWereSentTogether() {
        // Given
        var room = new CallRoom(30);

        // When
        for (int i = 0; i < 30; i++) {
            room.refused(30 - i);
        }

        // Then
        assertThat(room.calls()).isEqualTo(20);

        // When
        room.refused(10);
        room.refused(9);

        // Then
        assertThat(room.calls()).as("a third of those that were there").isEqualTo(6);
    }

    @Test
    void isNeverLessThanOneAndGrowsAgainByOneForEachRound() {
        // Given
        var room = new CallRoom(4);
        for (int i = 0; i < 50; i++) {
            room.refused(1);
        }
        assertThat(room.calls()).isEqualTo(1);

        // When
        int answers = 0;
        while (room.calls() < 4) {
            room.answered();
            answers++;
        }

        // Then: one, two and three, and what is lost as each answer of a round counts for a little less
        assertThat(answers).isBetween(6, 9);
    }

    /** Calls as many at once as there is room for; how many a server that takes so many refuses in the long run. */
    @Test
    void settlesWhereTheServerRefusesFew() {
        // Given
        int taken = 16;
        var room = new CallRoom(64);
        int calls = 0;
        int refused = 0;

        // When
        for (int round = 0; round < 1_000; round++) {
            int sent = room.calls();
            for (int call = 1; call <= sent; call++) {
                calls++;
                if (call > taken) {
                    refused++;
                    room.refused(sent);
                } else {
                    room.answered();
                }
            }
        }

        // Then
        assertThat((double) refused / calls).isLessThan(0.05);
        assertThat((double) calls / 1_000).as("most of what it could").isGreaterThan(0.75 * taken);
    }

    @Test
    void refusesNoRoom() {
        assertThatThrownBy(() -> new CallRoom(0)).hasMessageContaining("at least 1 call, got 0");
    }
}
