package io.saccade.stage;

import io.saccade.contract.event.Retried;
import io.saccade.contract.topic.Topic;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A record as Kafka hands it out, free of Kafka's types. One that comes from a retry topic says where it came from first:
 * that is its place, whatever comes of it.
 *
 * @param topic     what the record is
 * @param topicName what the broker calls the topic
 * @param partition where it lies
 * @param offset    and at which offset
 * @param key       as sent, or null
 * @param value     as sent, or null; not copied, to be read only
 * @param headers   as UTF-8 text, the last one of a name
 * @param originals the headers as they came, those of a retry left out
 * @param timestamp of the record
 * @param earlier   what was tried before, or null
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
public record Incoming(
        Topic topic,
        String topicName,
        int partition,
        long offset,
        byte @Nullable [] key,
        byte @Nullable [] value,
        Map<String, String> headers,
        List<Header> originals,
        Instant timestamp,
        @Nullable Retried earlier) {

    /**
     * A header as it came.
     *
     * @param name  maybe not the only one of this name
     * @param value any bytes, or null
     */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    public record Header(String name, byte @Nullable [] value) {}

    /** Size of key and value in bytes. */
    public long size() {
        return (key == null ? 0 : key.length) + (value == null ? 0L : value.length);
    }
}
