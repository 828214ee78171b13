package io.saccade.cli.kafka;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.saccade.cli.CliException;
import io.saccade.contract.CloudEvent;
import io.saccade.contract.EventIds;
import io.saccade.contract.EventJson;
import io.saccade.contract.EventType;
import io.saccade.contract.event.ImageSubmitted;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.serialization.StringSerializer;

/** Writes images into Kafka as any producer may: CloudEvents headers, JSON value, the image's id as key. */
public final class Submitter implements AutoCloseable {

    private static final SecureRandom RANDOM = new SecureRandom();

    private final String bootstrapServers;
    private final String topic;
    private final KafkaProducer<String, byte[]> producer;
    private final EventJson json = EventJson.create();

    /**
     * Connects.
     *
     * @param topic of the images
     * @throws CliException if the broker does not answer
     */
    public Submitter(String bootstrapServers, String topic) {
        Connection.check(bootstrapServers);
        this.bootstrapServers = bootstrapServers;
        this.topic = topic;
        producer = Connection.producer(bootstrapServers, new StringSerializer());
    }

    /** Hands an image over; {@link #await} tells when it is safe. */
    public Future<RecordMetadata> send(ImageSubmitted image) {
        var event =
                new CloudEvent(image.id(), EventType.IMAGE_SUBMITTED.type(), "/saccade/cli", image.id(), Instant.now());
        var record = new ProducerRecord<>(topic, image.id(), json.write(image));
        event.headers().forEach((name, value) -> record.headers().add(name, value.getBytes(UTF_8)));
        record.headers().add(CloudEvent.TRACEPARENT, traceparent().getBytes(UTF_8));
        try {
            return producer.send(record);
        } catch (org.apache.kafka.common.KafkaException e) {
            throw notSent(image.id(), e);
        }
    }

    /**
     * Asks for an image to be forgotten, and waits until that is acknowledged. It is asked in every partition, because
     * producers of other languages place keys otherwise than this one does.
     *
     * @throws CliException if it never will be
     */
    public void erase(String id) {
        var event = new CloudEvent(EventIds.erased(id), EventType.IMAGE_ERASED, "/saccade/cli", id, Instant.now());
        try {
            var sent = new ArrayList<Future<RecordMetadata>>();
            for (var partition : producer.partitionsFor(topic)) {
                var record = new ProducerRecord<String, byte[]>(topic, partition.partition(), id, null);
                event.headers().forEach((name, value) -> record.headers().add(name, value.getBytes(UTF_8)));
                sent.add(producer.send(record));
            }
            sent.forEach(one -> await("the erasure of " + id, one));
        } catch (org.apache.kafka.common.KafkaException e) {
            throw notSent("the erasure of " + id, e);
        }
    }

    /**
     * Waits until a record is acknowledged.
     *
     * @param what for the message, an id
     * @throws CliException if it never will be
     */
    public void await(String what, Future<RecordMetadata> sent) {
        try {
            var _ = sent.get();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw CliException.no("interrupted before " + what + " was acknowledged; it may or may not be sent");
        } catch (ExecutionException e) {
            throw notSent(what, e);
        }
    }

    private CliException notSent(String what, Exception e) {
        return CliException.missing(
                what + " was not sent to " + topic + " on " + bootstrapServers + ": " + Connection.cause(e)
                        + "; see 'saccade doctor'",
                e);
    }

    @Override
    public void close() {
        producer.close(Duration.ofSeconds(5));
    }

    /** A new trace, sampled: W3C Trace Context, version 00. */
    static String traceparent() {
        var ids = new byte[24];
        RANDOM.nextBytes(ids);
        ids[0] |= 1; // neither id may be all zeros
        ids[16] |= 1;
        var hex = HexFormat.of();
        return "00-" + hex.formatHex(ids, 0, 16) + "-" + hex.formatHex(ids, 16, 24) + "-01";
    }
}
