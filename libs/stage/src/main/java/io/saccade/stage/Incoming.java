package io.saccade.stage;

import io.saccade.contract.topic.Topic;
import java.time.Instant;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A record as Kafka hands it out, free of Kafka's types.
 *
 * @param topic     what the record is
 * @param topicName what the broker calls the topic
 * @param partition where it lies
 * @param offset    and at which offset
 * @param key       as sent, or null
 * @param value     as sent, or null; not copied, to be read only
 * @param headers   as UTF-8 text, the last one of a name
 * @param timestamp of the record
 */
public record Incoming(
        Topic topic,
        String topicName,
        int partition,
        long offset,
        byte @Nullable [] key,
        byte @Nullable [] value,
        Map<String, String> headers,
        Instant timestamp) {

    /** Size of key and value in bytes. */
    public long size() {
        return (key == null ? 0 : key.length) + (value == null ? 0L : value.length);
    }
}
