package io.saccade.testkit;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.saccade.contract.EventJson;
import io.saccade.contract.EventType;
import io.saccade.contract.MalformedEventException;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.jspecify.annotations.Nullable;

/**
 * A record as it lies in a topic.
 *
 * @param topic     where
 * @param partition where in it
 * @param offset    where in that
 * @param time      of the record
 * @param key       as text; null when it has none
 * @param value     as bytes, to be read only; null for a tombstone
 * @param headers   as text; of equal names the last counts
 */
@SuppressWarnings("ArrayRecordComponent") // a test looks at the bytes and never compares records
public record Received(
        String topic,
        int partition,
        long offset,
        Instant time,
        @Nullable String key,
        byte @Nullable [] value,
        Map<String, String> headers) {

    private static final EventJson JSON = EventJson.create();

    static Received of(ConsumerRecord<byte[], byte[]> record) {
        var headers = new LinkedHashMap<String, String>();
        for (var header : record.headers()) {
            headers.put(header.key(), header.value() == null ? "" : new String(header.value(), UTF_8));
        }
        return new Received(
                record.topic(),
                record.partition(),
                record.offset(),
                Instant.ofEpochMilli(record.timestamp()),
                record.key() == null ? null : new String(record.key(), UTF_8),
                record.value(),
                headers);
    }

    /** The value as text. */
    public String text() {
        return value == null ? "" : new String(value, UTF_8);
    }

    /**
     * The value as an event.
     *
     * @throws AssertionError if it is not one
     */
    public <E> E as(EventType<E> type) {
        try {
            return JSON.read(type, value);
        } catch (MalformedEventException e) {
            throw new AssertionError(this + " is no " + type.event(), e);
        }
    }

    @Override
    public String toString() {
        return topic + "-" + partition + "@" + offset + " " + key;
    }
}
