package io.saccade.faults.lab;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.saccade.faults.check.Sent;
import io.saccade.faults.check.Where;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongSupplier;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.errors.SerializationException;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * Sends images as an outside producer does, with idempotence, and writes down what became of each: accepted, certainly not
 * written, or unknown. For one sending thread.
 */
final class Driver implements AutoCloseable {

    private final Producer<byte[], byte[]> producer;
    private final String topic;
    private final Queue<Sent> log = new ConcurrentLinkedQueue<>();
    private final AtomicInteger open = new AtomicInteger();
    private volatile int images;
    private volatile boolean closed;

    Driver(String bootstrapServers, String topic) {
        this.topic = topic;
        this.producer = new KafkaProducer<>(
                Map.of(
                        "bootstrap.servers",
                        bootstrapServers,
                        "acks",
                        "all",
                        "enable.idempotence",
                        true,
                        "max.request.size",
                        8 << 20,
                        "linger.ms",
                        5,
                        "delivery.timeout.ms",
                        120_000,
                        "request.timeout.ms",
                        5_000,
                        "max.block.ms",
                        120_000),
                new ByteArraySerializer(),
                new ByteArraySerializer());
    }

    /**
     * Sends images {@code 0..count-1} and returns when the last is handed over, which is not yet acknowledged.
     *
     * @param perSecond at most; 0 for as fast as Kafka takes them
     * @param mostOpen  images that may be without an answer before more are sent
     * @param answered  how many have one
     */
    void send(Workload workload, int count, int perSecond, int mostOpen, LongSupplier answered) {
        long start = System.nanoTime();
        for (int number = 0; number < count; number++) {
            if (perSecond > 0) {
                long due = start + number * 1_000_000_000L / perSecond;
                for (long left; (left = due - System.nanoTime()) > 0; ) {
                    LockSupport.parkNanos(left);
                }
            }
            while (number - answered.getAsLong() >= mostOpen) {
                if (closed) {
                    return;
                }
                LockSupport.parkNanos(10_000_000);
            }
            for (var item : workload.items(number, Instant.now())) {
                send(item);
            }
            images = number + 1;
        }
    }

    void send(Item item) {
        var record = new ProducerRecord<>(
                topic, null, item.key() == null ? null : item.key().getBytes(UTF_8), item.value());
        item.headers().forEach((name, text) -> record.headers().add(name, text.getBytes(UTF_8)));
        open.incrementAndGet();
        var _ = producer.send(record, (written, failure) -> {
            var outcome = outcome(failure);
            log.add(new Sent(
                    item.key(),
                    outcome,
                    Instant.now(),
                    outcome == Sent.Outcome.OK
                            ? new Where(written.topic(), written.partition(), written.offset())
                            : null,
                    item.owed()));
            open.decrementAndGet();
        });
    }

    /** Images handed over so far. */
    int images() {
        return images;
    }

    /** Records that are neither acknowledged nor failed yet. */
    int open() {
        return open.get();
    }

    /** What became of every record so far. */
    Queue<Sent> log() {
        return log;
    }

    @Override
    public void close() {
        closed = true;
        producer.close(Duration.ofSeconds(10));
    }

    private static Sent.Outcome outcome(@org.jspecify.annotations.Nullable Exception failure) {
        return switch (failure) {
            case null -> Sent.Outcome.OK;
            case RecordTooLargeException _ -> Sent.Outcome.FAILED;
            case SerializationException _ -> Sent.Outcome.FAILED;
            default -> Sent.Outcome.UNKNOWN;
        };
    }
}
