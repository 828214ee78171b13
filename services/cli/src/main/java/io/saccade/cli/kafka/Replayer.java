package io.saccade.cli.kafka;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.saccade.cli.CliException;
import io.saccade.contract.Resent;
import io.saccade.contract.topic.Topic;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.function.IntConsumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.jspecify.annotations.Nullable;

/**
 * Sends records of a topic again, into the same or another one. A record and its copies from earlier replays and redrives count as one
 * and go once. Interrupted, it may be run again: the copies are then sent again, and whoever reads them knows the ids.
 */
public final class Replayer implements AutoCloseable {

    /** Topics whose records ask for work. */
    public static final Set<Topic> REQUESTS = Set.of(Topic.IMAGES, Topic.BACKFILL, Topic.QUESTIONS);

    private final String bootstrapServers;
    private final RecordLog log;
    private final String target;
    private final boolean again;
    private final boolean keepsPartition;
    private final KafkaProducer<byte[], byte[]> producer;

    /**
     * Connects.
     *
     * @param target where copies go; must exist
     * @param again  whether stages are to answer what they have answered
     * @throws CliException if the target does not exist
     */
    public Replayer(String bootstrapServers, RecordLog log, String target, boolean again) {
        this.bootstrapServers = bootstrapServers;
        this.log = log;
        this.target = target;
        this.again = again;
        try (var targetLog = new RecordLog(bootstrapServers, target)) {
            // What belongs to an image meets in one partition of the join, whatever the partitioner of its sender.
            keepsPartition = targetLog.partitions() == log.partitions();
        }
        producer = Connection.producer(bootstrapServers, new ByteArraySerializer());
    }

    /**
     * How many records are meant.
     *
     * @param keys of the records; null for all
     */
    public int count(RecordLog.Stretch stretch, @Nullable Set<String> keys) {
        var count = new int[1];
        each(stretch, keys, _ -> count[0]++);
        return count[0];
    }

    /**
     * Sends them, and returns how many.
     *
     * @param keys     of the records; null for all
     * @param mayGo    called before each; returns when it may go
     * @param progress told how many have gone
     * @throws CliException if one is not acknowledged
     */
    public int replay(RecordLog.Stretch stretch, @Nullable Set<String> keys, Runnable mayGo, IntConsumer progress) {
        var failure = new AtomicReference<@Nullable Exception>();
        var count = new int[1];
        try {
            each(stretch, keys, record -> {
                mayGo.run();
                producer.send(copy(record), (_, problem) -> {
                    if (problem != null) {
                        failure.compareAndSet(null, problem);
                    }
                });
                progress.accept(++count[0]);
                check(failure.get());
            });
            producer.flush();
        } catch (KafkaException e) {
            failure.compareAndSet(null, e);
        }
        check(failure.get());
        return count[0];
    }

    private void check(@Nullable Exception failure) {
        if (failure != null) {
            throw CliException.missing(
                    "a record was not sent to " + target + " on " + bootstrapServers + ": " + failure.getMessage()
                            + "; run the command again, what comes twice is answered once",
                    failure);
        }
    }

    private void each(
            RecordLog.Stretch stretch, @Nullable Set<String> keys, Consumer<ConsumerRecord<byte[], byte[]>> each) {
        var seen = new HashSet<String>();
        log.read(stretch, record -> {
            if ((keys == null || record.key() != null && keys.contains(new String(record.key(), UTF_8)))
                    && seen.add(origin(record))) {
                each.accept(record);
            }
        });
    }

    private static String origin(ConsumerRecord<byte[], byte[]> record) {
        var header = record.headers().lastHeader(Resent.COPY_OF);
        return header == null || header.value() == null
                ? Resent.origin(record.topic(), record.partition(), record.offset())
                : new String(header.value(), UTF_8);
    }

    private ProducerRecord<byte[], byte[]> copy(ConsumerRecord<byte[], byte[]> record) {
        var copy =
                new ProducerRecord<>(target, keepsPartition ? record.partition() : null, record.key(), record.value());
        record.headers().forEach(copy.headers()::add);
        for (var name : List.of(Resent.COPY_OF, Resent.AGAIN)) {
            copy.headers().remove(name);
        }
        copy.headers().add(Resent.COPY_OF, origin(record).getBytes(UTF_8));
        if (again) {
            copy.headers().add(Resent.AGAIN, "true".getBytes(UTF_8));
        }
        return copy;
    }

    @Override
    public void close() {
        producer.close(Duration.ofSeconds(5));
    }
}
