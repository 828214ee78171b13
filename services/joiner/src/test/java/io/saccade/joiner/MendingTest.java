package io.saccade.joiner;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.FencedInstanceIdException;
import org.apache.kafka.common.errors.InvalidTxnStateException;
import org.apache.kafka.common.errors.ProducerFencedException;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.errors.TopicAuthorizationException;
import org.apache.kafka.common.errors.TransactionAbortedException;
import org.apache.kafka.common.errors.UnknownServerException;
import org.apache.kafka.streams.errors.StreamsException;
import org.junit.jupiter.api.Test;

class MendingTest {

    private static final Instant NOW = Instant.parse("2026-11-21T10:00:00Z");

    private final Mending mending = new Mending();

    @Test
    void replacesAThreadWhoseTransactionTheBrokerHasEnded() {
        assertThat(mending.mayReplace(
                        new StreamsException("on commit", new InvalidTxnStateException("in an invalid state")), NOW))
                .isTrue();
    }

    @Test
    void replacesAThreadThatWaitedTooLongForTheBroker() {
        assertThat(mending.mayReplace(new StreamsException(new TimeoutException("no answer")), NOW))
                .isTrue();
    }

    @Test
    void replacesAThreadWhoseProducerIsNoLongerTheLatest() {
        assertThat(mending.mayReplace(new StreamsException(new ProducerFencedException("fenced")), NOW))
                .isTrue();
        assertThat(mending.mayReplace(new StreamsException(new TransactionAbortedException("aborted")), NOW))
                .isTrue();
    }

    @Test
    void replacesAThreadThatCannotTellWhetherItsTransactionHasEnded() {
        assertThat(mending.mayReplace(
                        new StreamsException(
                                "on commit",
                                new KafkaException(
                                        "Unhandled error in EndTxnResponse: The server experienced an unexpected error")),
                        NOW))
                .isTrue();
        assertThat(mending.mayReplace(new StreamsException(new UnknownServerException("unexpected")), NOW))
                .isTrue();
    }

    @Test
    void mendsNeitherABugNorAMissingRight() {
        assertThat(mending.mayReplace(new StreamsException(new IllegalStateException("a bug")), NOW))
                .isFalse();
        assertThat(mending.mayReplace(new TopicAuthorizationException("images"), NOW))
                .isFalse();
        assertThat(mending.mayReplace(
                        new KafkaException("in an error state", new TopicAuthorizationException("images")), NOW))
                .isFalse();
    }

    @Test
    void leavesTheNameToAnotherProcessThatHasIt() {
        assertThat(mending.mayReplace(new StreamsException(new FencedInstanceIdException("taken")), NOW))
                .isFalse();
    }

    @Test
    void givesUpOnAnErrorThatComesAgainAndAgainAndForgetsItLater() {
        // Given
        var error = new InvalidTxnStateException("in an invalid state");
        for (int i = 0; i < 10; i++) {
            assertThat(mending.mayReplace(error, NOW.plusSeconds(i))).isTrue();
        }

        // When
        var soon = mending.mayReplace(error, NOW.plusSeconds(11));
        var later = mending.mayReplace(error, NOW.plus(Duration.ofMinutes(6)));

        // Then
        assertThat(soon).isFalse();
        assertThat(later).isTrue();
    }
}
