package io.saccade.triton;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.Status;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** When an endpoint is left out and when it is back, by a clock the test turns. */
class EndpointTest {
    private static final Status AWAY = Status.UNAVAILABLE.withDescription("io exception: Connection refused");

    private final AtomicLong clock = new AtomicLong(Long.MAX_VALUE - 1); // nanoTime may overflow
    private final Endpoint endpoint = new Endpoint("a:1", clock::get);

    private void end(Status status, int times) {
        for (int i = 0; i < times; i++) {
            endpoint.ended(status);
        }
    }

    private void pass(Duration time) {
        clock.addAndGet(time.toNanos());
    }

    @Test
    void isLeftOutAfterFiveFailuresInARow() {
        // When
        end(AWAY, 4);
        boolean afterFour = endpoint.isIn();
        end(Status.DEADLINE_EXCEEDED, 1);

        // Then
        assertThat(afterFour).isTrue();
        assertThat(endpoint.isIn()).isFalse();
        assertThat(endpoint.wantsProbe()).isFalse();
    }

    @Test
    void anAnswerInBetweenForgivesTheFailures() {
        // When
        end(AWAY, 4);
        end(Status.OK, 1);
        end(AWAY, 4);

        // Then
        assertThat(endpoint.isIn()).isTrue();
    }

    @Test
    void isAskedOnceAndIsBackWhenItIsReady() {
        // Given
        end(AWAY, 5);
        pass(Ejection.FIRST);

        // When
        boolean first = endpoint.wantsProbe();
        boolean second = endpoint.wantsProbe();
        boolean inMeanwhile = endpoint.isIn();
        endpoint.probed(true);

        // Then
        assertThat(first).isTrue();
        assertThat(second).isFalse();
        assertThat(inMeanwhile).isFalse();
        assertThat(endpoint.isIn()).isTrue();
    }

    @Test
    void isLeftOutForLongerEachTimeItIsNotReady() {
        // Given
        end(AWAY, 5);
        Duration wait = Ejection.FIRST;

        for (int i = 0; i < 10; i++) {
            // When
            pass(wait.minusNanos(1));
            boolean early = endpoint.wantsProbe();
            pass(Duration.ofNanos(1));
            boolean due = endpoint.wantsProbe();
            endpoint.probed(false);

            // Then
            assertThat(early).isFalse();
            assertThat(due).isTrue();
            wait = wait.multipliedBy(2).compareTo(Ejection.LONGEST) > 0 ? Ejection.LONGEST : wait.multipliedBy(2);
        }
        assertThat(wait).isEqualTo(Ejection.LONGEST);
    }

    @ParameterizedTest
    @EnumSource(
            value = Status.Code.class,
            mode = EnumSource.Mode.EXCLUDE,
            names = {"UNAVAILABLE", "DEADLINE_EXCEEDED"})
    void aServerThatAnswersIsWell(Status.Code code) {
        // When
        end(code.toStatus(), 100);

        // Then
        assertThat(endpoint.isIn()).isTrue();
    }

    @Test
    void aFullServerAndOneThatRefusesTheCallerAreWell() {
        // When
        end(Status.UNAVAILABLE.withDescription("Exceeds maximum queue size"), 100);
        end(Status.UNAVAILABLE.withDescription("This protocol is restricted, expecting header 'x'"), 100);

        // Then
        assertThat(endpoint.isIn()).isTrue();
    }

    @Test
    void aCancelledCallNeitherBlamesNorForgives() {
        // When
        end(AWAY, 4);
        end(Status.CANCELLED, 100);
        boolean after = endpoint.isIn();
        end(AWAY, 1);

        // Then
        assertThat(after).isTrue();
        assertThat(endpoint.isIn()).isFalse();
    }
}
