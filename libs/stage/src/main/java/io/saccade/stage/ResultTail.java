package io.saccade.stage;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.saccade.contract.CloudEvent;
import io.saccade.contract.event.StageResult.End;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The last results of a stage, as its own topic has them. Read by headers alone; a result that says too little is passed
 * over, and so is everything when the broker does not answer in time: knowing less costs only work.
 */
final class ResultTail implements Answered.Tail {

    private static final Logger LOGGER = LoggerFactory.getLogger(ResultTail.class);
    private static final Duration PATIENCE = Duration.ofSeconds(10);

    private final String topic;
    private final int records;
    private final Map<String, Object> settings;

    /**
     * A tail.
     *
     * @param records  how many of the last records of each partition are read
     * @param settings of a consumer, its group left out
     */
    ResultTail(String topic, int records, Map<String, Object> settings) {
        this.topic = topic;
        this.records = records;
        this.settings = Map.copyOf(settings);
    }

    @Override
    public void read(Set<Integer> partitions, Answered.Found found) {
        var started = System.nanoTime();
        var read = 0;
        var from = partitions.stream()
                .map(partition -> new TopicPartition(topic, partition))
                .collect(Collectors.toSet());
        try (var consumer = new KafkaConsumer<>(settings, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
            consumer.assign(from);
            var begins = consumer.beginningOffsets(from, PATIENCE);
            var ends = consumer.endOffsets(from, PATIENCE);
            var left = new HashMap<TopicPartition, Long>();
            ends.forEach((partition, end) -> {
                long begin = Math.max(Objects.requireNonNull(begins.get(partition)), end - records);
                consumer.seek(partition, begin);
                if (begin < end) {
                    left.put(partition, end);
                }
            });
            while (!left.isEmpty() && System.nanoTime() - started < PATIENCE.toNanos()) {
                for (var record : consumer.poll(Duration.ofMillis(200))) {
                    read++;
                    tell(record, found);
                }
                left.entrySet().removeIf(end -> consumer.position(end.getKey(), PATIENCE) >= end.getValue());
            }
        } catch (KafkaException e) {
            LOGGER.atWarn().setCause(e).log("the last results could not be read, some work may be done twice");
        }
        LOGGER.atInfo()
                .addKeyValue("topic", topic)
                .addKeyValue("partitions", partitions.size())
                .addKeyValue("records", read)
                .addKeyValue("millis", (System.nanoTime() - started) / 1_000_000)
                .log("read which requests were answered last");
    }

    private static void tell(ConsumerRecord<byte[], byte[]> record, Answered.Found found) {
        var requestId = text(record.headers(), CloudEvent.REQUEST_ID);
        var end = text(record.headers(), CloudEvent.END);
        // A failure is no answer: a request that was given up and comes again is to be tried again.
        if (requestId != null && end != null && !end.equals(End.FAILED.name().toLowerCase(Locale.ROOT))) {
            found.accept(record.partition(), requestId, Instant.ofEpochMilli(record.timestamp()));
        }
    }

    private static @Nullable String text(Headers headers, String name) {
        var header = headers.lastHeader(name);
        return header == null || header.value() == null ? null : new String(header.value(), UTF_8);
    }
}
