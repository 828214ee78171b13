package io.saccade.benchmarks.join;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.saccade.contract.CloudEvent;
import io.saccade.contract.EventJson;
import io.saccade.contract.EventType;
import io.saccade.contract.event.Task;
import io.saccade.contract.topic.Topic;
import io.saccade.contract.topic.TopicCatalogue;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.jspecify.annotations.Nullable;

/** Writes what clients and stages write: images and results. For one thread. */
final class Feed implements AutoCloseable {

    private final TopicCatalogue topics;
    private final EventJson json = EventJson.create();
    private final KafkaProducer<byte[], byte[]> producer;
    private final AtomicReference<@Nullable Exception> failure = new AtomicReference<>();
    private long records;

    Feed(String bootstrapServers, TopicCatalogue topics) {
        this.topics = topics;
        this.producer = new KafkaProducer<>(
                Map.of(
                        "bootstrap.servers",
                        bootstrapServers,
                        "linger.ms",
                        20,
                        "batch.size",
                        256 << 10,
                        "compression.type",
                        "lz4",
                        "buffer.memory",
                        64 << 20),
                new ByteArraySerializer(),
                new ByteArraySerializer());
    }

    /** An image that asks for some things. */
    void image(Events events, int number, Set<Task> tasks, Instant now) {
        send(Topic.IMAGES, events.id(number), EventType.IMAGE_SUBMITTED.type(), events.image(number, tasks, now), now);
    }

    /** What a stage says of it. */
    void result(Events events, int number, Task task, Instant now) {
        var type =
                switch (task) {
                    case EMBEDDING -> EventType.EMBEDDING;
                    case CAPTION -> EventType.CAPTION;
                    case ANSWERS -> EventType.ANSWERS;
                    case MODERATION -> EventType.MODERATION;
                };
        send(task.topic(), events.id(number), type.type(), events.result(number, task, now), now);
    }

    /** Records given to the producer so far. */
    long records() {
        return records;
    }

    /**
     * Waits until all are written.
     *
     * @throws IllegalStateException if one was not taken
     */
    void flush() {
        producer.flush();
        check();
    }

    private void send(Topic topic, String id, String type, Object event, Instant now) {
        check();
        var record = new ProducerRecord<>(topics.name(topic), null, id.getBytes(UTF_8), json.write(event));
        new CloudEvent(id, type, "/bench", id, now).headers().forEach((name, text) -> record.headers()
                .add(name, text.getBytes(UTF_8)));
        records++;
        var _ = producer.send(record, (_, refused) -> {
            if (refused != null) {
                failure.set(refused);
            }
        });
    }

    private void check() {
        var refused = failure.get();
        if (refused != null) {
            throw new IllegalStateException("a record was not taken", refused);
        }
    }

    @Override
    public void close() {
        producer.close(Duration.ZERO);
    }
}
