package io.saccade.intake;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.saccade.contract.CloudEvent;
import io.saccade.contract.EventJson;
import io.saccade.contract.EventType;
import io.saccade.contract.MalformedEventException;
import io.saccade.contract.event.DeadLetter;
import io.saccade.contract.event.Failure;
import io.saccade.contract.topic.Topic;
import io.saccade.contract.topic.TopicCatalogue;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.WakeupException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes notifications, writes the images they mean, and commits when all of these are acknowledged. One poll is one unit
 * of work, because it costs next to nothing: what a crash interrupts is done again and has the same ids. One thread.
 */
final class IntakeLoop {

    private static final Logger LOGGER = LoggerFactory.getLogger(IntakeLoop.class);
    private static final Duration POLL = Duration.ofMillis(500);

    private final Consumer<byte[], byte[]> consumer;
    private final Producer<byte[], byte[]> producer;
    private final TopicCatalogue topics;
    private final BucketEvents events;
    private final IntakeMetrics metrics;
    private final Clock clock;
    private final EventJson json = EventJson.create();
    private volatile boolean stopping;
    private volatile boolean joined;
    private volatile long lastTurn = System.nanoTime();

    /** Everything it needs; both clients are closed by whoever made them. */
    IntakeLoop(
            Consumer<byte[], byte[]> consumer,
            Producer<byte[], byte[]> producer,
            TopicCatalogue topics,
            BucketEvents events,
            IntakeMetrics metrics,
            Clock clock) {
        this.consumer = consumer;
        this.producer = producer;
        this.topics = topics;
        this.events = events;
        this.metrics = metrics;
        this.clock = clock;
    }

    /**
     * Runs until it is stopped.
     *
     * @throws ExecutionException   if a record can never be written; nothing is committed
     * @throws InterruptedException if its thread is interrupted; likewise
     */
    void run() throws ExecutionException, InterruptedException {
        consumer.subscribe(List.of(topics.name(Topic.BUCKET_EVENTS)), new ConsumerRebalanceListener() {
            @Override
            public void onPartitionsAssigned(Collection<TopicPartition> partitions) {
                joined = true; // even if the share is nothing
            }

            @Override
            public void onPartitionsRevoked(Collection<TopicPartition> partitions) {
                // Between two turns nothing is at work and nothing is owed.
            }
        });
        while (!stopping) {
            turn();
        }
    }

    /** Lets the turn at work end, and no other begin. From any thread. */
    void stop() {
        stopping = true;
        consumer.wakeup();
    }

    /** Whether the group has given this member its share. */
    boolean joined() {
        return joined;
    }

    Duration sinceLastTurn() {
        return Duration.ofNanos(System.nanoTime() - lastTurn);
    }

    private void turn() throws ExecutionException, InterruptedException {
        lastTurn = System.nanoTime();
        try {
            var records = consumer.poll(POLL);
            if (records.isEmpty()) {
                return;
            }
            var writing = new ArrayList<Future<RecordMetadata>>();
            for (var record : records) {
                write(record, writing);
            }
            for (var written : writing) {
                var _ = written.get();
            }
            commit();
        } catch (WakeupException e) {
            // Stopping; what was polled and not committed comes again.
        }
    }

    private void commit() {
        try {
            consumer.commitSync();
        } catch (WakeupException e) {
            // Meant for a poll: the commit is still owed, and the flag is gone with the exception.
            consumer.commitSync();
        } catch (KafkaException e) {
            LOGGER.atWarn().setCause(e).log("offsets could not be committed, some notifications will come again");
        }
    }

    private void write(ConsumerRecord<byte[], byte[]> record, List<Future<RecordMetadata>> writing) {
        try {
            var meaning = events.read(record.value());
            for (var image : meaning.images()) {
                var out = new ProducerRecord<>(
                        topics.name(Topic.IMAGES), image.id().getBytes(UTF_8), json.write(image));
                var event = new CloudEvent(
                        image.id(), EventType.IMAGE_SUBMITTED.type(), "/saccade/intake", image.id(), clock.instant());
                event.headers().forEach((name, value) -> out.headers().add(name, value.getBytes(UTF_8)));
                var trace = record.headers().lastHeader(CloudEvent.TRACEPARENT);
                if (trace != null) {
                    out.headers().add(trace);
                }
                writing.add(producer.send(out));
            }
            metrics.read(meaning);
        } catch (MalformedEventException e) {
            metrics.malformed();
            writing.add(producer.send(deadLetter(record, String.valueOf(e.getMessage()))));
        }
    }

    private ProducerRecord<byte[], byte[]> deadLetter(ConsumerRecord<byte[], byte[]> record, String message) {
        LOGGER.atWarn()
                .addKeyValue("topic", record.topic())
                .addKeyValue("partition", record.partition())
                .addKeyValue("offset", record.offset())
                .addKeyValue("error", "event.malformed")
                .log("not a bucket notification, it goes to the dead letters");
        var now = clock.instant();
        var out = new ProducerRecord<>(topics.name(Topic.DLQ), record.key(), record.value());
        record.headers().forEach(out.headers()::add);
        new DeadLetter(
                        new Failure("event.malformed", message, false),
                        "intake",
                        record.topic(),
                        record.partition(),
                        record.offset(),
                        1,
                        now,
                        now,
                        null,
                        null)
                .headers()
                .forEach((name, value) -> {
                    out.headers().remove(name);
                    out.headers().add(name, value.getBytes(UTF_8));
                });
        return out;
    }
}
