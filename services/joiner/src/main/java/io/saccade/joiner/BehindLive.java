package io.saccade.joiner;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.time.Clock;
import java.time.Duration;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.streams.processor.TimestampExtractor;
import org.apache.kafka.streams.processor.api.Record;

/**
 * Puts images of backfill behind all else that the join has to read. Of the records that lie ready in a partition Kafka Streams
 * takes the one with the earliest time; by their own times a million that were written yesterday would come before the live
 * image of now. So the time of one is a minute after it has become the next of its topic: what else lies ready goes first, that
 * of senders included whose clocks are ahead a little. When nothing else is there, nothing holds it up. Not more than a minute:
 * the changelogs get that time too, and brokers refuse what is an hour ahead.
 *
 * <p>The time at which it was written travels on in a header, the only thing that a record has to carry it in.
 */
final class BehindLive implements TimestampExtractor {

    private static final String WRITTEN = "saccade-written";
    private static final Duration BEHIND = Duration.ofMinutes(1);

    private final Clock clock;

    BehindLive(Clock clock) {
        this.clock = clock;
    }

    @Override
    public long extract(ConsumerRecord<Object, Object> record, long partitionTime) {
        record.headers().remove(WRITTEN); // a sender's own would be believed
        record.headers().add(WRITTEN, Long.toString(record.timestamp()).getBytes(UTF_8));
        return clock.instant().plus(BEHIND).toEpochMilli();
    }

    /** A record of backfill as it was written: with its own time and headers. */
    static Record<byte[], byte[]> asWritten(Record<byte[], byte[]> record) {
        Headers headers = record.headers();
        var written = headers.lastHeader(WRITTEN);
        if (written == null) {
            throw new IllegalStateException("a record of backfill must come through its extractor");
        }
        headers.remove(WRITTEN);
        return record.withTimestamp(Math.max(0, Long.parseLong(new String(written.value(), UTF_8))));
    }
}
