package io.saccade.cli.kafka;

import io.saccade.cli.CliException;
import io.saccade.contract.EventJson;
import io.saccade.contract.EventType;
import io.saccade.contract.MalformedEventException;
import io.saccade.contract.event.ImageEnriched;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.WakeupException;

/** Reads the joined answers, committed ones only, outside any group. One thread at a time, but for {@link #wakeUp}. */
public final class EnrichedReader implements AutoCloseable {

    private static final Duration STEP = Duration.ofMillis(500);

    private final KafkaConsumer<byte[], byte[]> consumer;
    private final List<TopicPartition> partitions;
    private final EventJson json = EventJson.create();
    private final Consumer<String> complain;

    /**
     * Connects, at the end of the topic: what comes from now on is new.
     *
     * @param topic    of the joined answers
     * @param complain takes a line about a record that is no joined answer
     * @throws CliException if the broker does not answer or has no such topic
     */
    public EnrichedReader(String bootstrapServers, String topic, Consumer<String> complain) {
        this.complain = complain;
        var readable = Connection.read(bootstrapServers, topic);
        consumer = readable.consumer();
        partitions = readable.partitions();
        consumer.assign(partitions);
        // Where the end is must be known now, not at the first poll: an image could be answered in between.
        consumer.endOffsets(partitions, Connection.LONG_PATIENCE).forEach(consumer::seek);
    }

    /**
     * An answer as it lies in Kafka.
     *
     * @param event the answer
     * @param value the same as JSON, to be read only
     */
    @SuppressWarnings("ArrayRecordComponent") // printed, never compared
    public record Enriched(ImageEnriched event, byte[] value) {}

    /** Goes back to the first answer. */
    public void fromBeginning() {
        consumer.seekToBeginning(partitions);
    }

    /** The answers that come within half a second; often none. */
    public List<Enriched> poll() {
        var answers = new ArrayList<Enriched>();
        try {
            consumer.poll(STEP).forEach(record -> read(record, answers));
        } catch (WakeupException e) {
            // then there is nothing more to read
        }
        return answers;
    }

    /** All answers that are there now, from the first. */
    public List<Enriched> all() {
        fromBeginning();
        var answers = new ArrayList<Enriched>();
        var ends = consumer.endOffsets(partitions, Connection.LONG_PATIENCE);
        while (ends.entrySet().stream().anyMatch(end -> consumer.position(end.getKey()) < end.getValue())) {
            consumer.poll(STEP).forEach(record -> read(record, answers));
        }
        return answers;
    }

    /** Ends a poll of another thread. */
    public void wakeUp() {
        consumer.wakeup();
    }

    @Override
    public void close() {
        consumer.close();
    }

    private void read(ConsumerRecord<byte[], byte[]> record, List<Enriched> answers) {
        if (record.value() == null) { // the image was erased: what was said of it counts no more
            var id = record.key() == null ? "" : new String(record.key(), StandardCharsets.UTF_8);
            answers.removeIf(answer -> answer.event().id().equals(id));
            return;
        }
        try {
            answers.add(new Enriched(json.read(EventType.IMAGE_ENRICHED, record.value()), record.value()));
        } catch (MalformedEventException e) {
            complain.accept("skipped " + record.topic() + " partition " + record.partition() + " offset "
                    + record.offset() + ": " + e.getMessage());
        }
    }
}
