package io.saccade.stage;

import static org.assertj.core.api.Assertions.assertThat;

import io.saccade.testkit.Await;
import java.time.Duration;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.Test;

class ByteRoomTest {

    @Test
    void takesTheMostThereMayBeAndGivesBackWhatWasNotNeeded() throws InterruptedException {
        // Given
        var room = new ByteRoom(100 << 10, 40 << 10);

        // When
        var held = room.enter();

        // Then
        assertThat(room.freeBytes()).isEqualTo(60 << 10);
        held.keep(1);
        assertThat(room.freeBytes()).isEqualTo(99 << 10);
        held.close();
        assertThat(room.freeBytes()).isEqualTo(100 << 10);
        held.close();
        assertThat(room.freeBytes()).as("given back once").isEqualTo(100 << 10);
    }

    @Test
    void hasRoomForTheLargestImageHoweverLittleItIsGiven() throws InterruptedException {
        try (var held = new ByteRoom(1, 40 << 10).enter()) {
            assertThat(held).isNotNull();
        }
    }

    @Test
    void letsNobodyInWhileThereIsNoRoom() throws Exception {
        // Given
        var room = new ByteRoom(50 << 10, 40 << 10);
        var first = room.enter();
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            var second = threads.submit(room::enter);
            Await.until("the second waits", Duration.ofSeconds(60), () -> room.waiting() == 1);
            assertThat(second.isDone()).isFalse();

            // When
            first.close();

            // Then
            second.get().close();
            assertThat(room.freeBytes()).isEqualTo(50 << 10);
        }
    }

    @Test
    void takesNothingForAnImageThatIsHeldAlready() {
        // Given
        var room = new ByteRoom(100 << 10, 40 << 10);

        // When
        try (var held = room.nothing()) {
            held.keep(1_000_000);

            // Then
            assertThat(room.freeBytes()).isEqualTo(100 << 10);
        }
    }
}
