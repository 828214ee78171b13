package io.saccade.joiner;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.record.TimestampType;
import org.apache.kafka.streams.processor.api.Record;
import org.junit.jupiter.api.Test;

class BehindLiveTest {

    private static final Instant NOON = Instant.parse("2026-11-21T12:00:00Z");

    private final BehindLive behind = new BehindLive(Clock.fixed(NOON, ZoneOffset.UTC));

    @Test
    void comesAfterWhatIsWrittenNowAndIsNoTimeThatBrokersRefuse() {
        assertThat(behind.extract(written(NOON.minus(Duration.ofDays(3)).toEpochMilli()), -1))
                .isGreaterThan(NOON.plusSeconds(10).toEpochMilli())
                .isLessThan(NOON.plus(Duration.ofMinutes(30)).toEpochMilli());
    }

    @Test
    void carriesTheTimeAtWhichARecordWasWritten() {
        // Given
        var read = written(1_234);
        long ordered = behind.extract(read, -1);

        // When
        var record = BehindLive.asWritten(new Record<>(new byte[0], new byte[0], ordered, read.headers()));

        // Then
        assertThat(record.timestamp()).isEqualTo(1_234);
        assertThat(record.headers()).isEmpty();
    }

    @Test
    void survivesARecordWithoutATime() {
        // Given
        var read = written(-1);
        long ordered = behind.extract(read, -1);

        // Then
        assertThat(BehindLive.asWritten(new Record<>(new byte[0], new byte[0], ordered, read.headers()))
                        .timestamp())
                .isZero();
    }

    private static ConsumerRecord<Object, Object> written(long timestamp) {
        return new ConsumerRecord<>(
                "backfill",
                0,
                7,
                timestamp,
                TimestampType.CREATE_TIME,
                0,
                0,
                new byte[0],
                new byte[0],
                new RecordHeaders(),
                java.util.Optional.empty());
    }
}
