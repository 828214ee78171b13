package io.saccade.cli.kafka;

import io.saccade.cli.CliException;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;

/**
 * What a topic holds, read from end to end without a group: nothing is committed, nobody's work moves. For one thread;
 * the caller closes it.
 */
public final class RecordLog implements AutoCloseable {

    private static final Duration STEP = Duration.ofMillis(500);

    private final KafkaConsumer<byte[], byte[]> consumer;
    private final List<TopicPartition> partitions;

    /**
     * Connects.
     *
     * @throws CliException if the broker does not answer or has no such topic
     */
    public RecordLog(String bootstrapServers, String topic) {
        var readable = Connection.read(bootstrapServers, topic);
        consumer = readable.consumer();
        partitions = readable.partitions();
    }

    /**
     * A stretch of a topic.
     *
     * @param from      records of this time or later; null for the first
     * @param to        records before this time; null for the last there is now
     * @param partition the only one to read; null for all
     * @param first     offset of the first record, in every partition that is read
     * @param last      offset of the last record; {@link Long#MAX_VALUE} for the last there is now
     */
    public record Stretch(
            @Nullable Instant from,
            @Nullable Instant to,
            @Nullable Integer partition,
            long first,
            long last) {

        /** Everything there is now. */
        public static final Stretch WHOLE = new Stretch(null, null, null, 0, Long.MAX_VALUE);

        private boolean holds(ConsumerRecord<byte[], byte[]> record) {
            return record.offset() >= first
                    && record.offset() <= last
                    && (from == null || record.timestamp() >= from.toEpochMilli())
                    && (to == null || record.timestamp() < to.toEpochMilli());
        }
    }

    /** How many partitions the topic has. */
    public int partitions() {
        return partitions.size();
    }

    /** Hands over every committed record of a stretch that is there when this is called, in order within a partition. */
    public void read(Stretch stretch, Consumer<ConsumerRecord<byte[], byte[]>> each) {
        var read = partitions.stream()
                .filter(partition -> stretch.partition() == null || partition.partition() == stretch.partition())
                .toList();
        consumer.assign(read);
        var begins = consumer.beginningOffsets(read, Connection.LONG_PATIENCE);
        var ends = new HashMap<>(consumer.endOffsets(read, Connection.LONG_PATIENCE));
        var starts = starts(stretch, read);
        for (var partition : read) {
            long end = of(ends, partition);
            long start = Math.max(of(begins, partition), starts.getOrDefault(partition, end));
            consumer.seek(partition, Math.min(start, end));
            ends.put(partition, stretch.last() == Long.MAX_VALUE ? end : Math.min(end, stretch.last() + 1));
        }
        while (ends.entrySet().stream().anyMatch(end -> consumer.position(end.getKey()) < end.getValue())) {
            for (var record : consumer.poll(STEP)) {
                if (record.offset() < of(ends, new TopicPartition(record.topic(), record.partition()))
                        && stretch.holds(record)) {
                    each.accept(record);
                }
            }
        }
    }

    private static long of(Map<TopicPartition, Long> offsets, TopicPartition partition) {
        return java.util.Objects.requireNonNull(
                offsets.get(partition), "the broker names every partition it is asked for");
    }

    /** Where to begin; a partition that has nothing as late as asked for is left out. */
    private Map<TopicPartition, Long> starts(Stretch stretch, List<TopicPartition> read) {
        var from = stretch.from();
        if (from == null) {
            return read.stream().collect(Collectors.toMap(partition -> partition, _ -> stretch.first()));
        }
        var starts = new HashMap<TopicPartition, Long>();
        consumer.offsetsForTimes(
                        read.stream().collect(Collectors.toMap(partition -> partition, _ -> from.toEpochMilli())),
                        Connection.LONG_PATIENCE)
                .forEach((partition, found) -> {
                    if (found != null) {
                        starts.put(partition, Math.max(found.offset(), stretch.first()));
                    }
                });
        return starts;
    }

    @Override
    public void close() {
        consumer.close();
    }
}
