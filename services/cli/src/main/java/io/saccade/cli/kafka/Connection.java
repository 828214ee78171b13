package io.saccade.cli.kafka;

import io.saccade.cli.CliException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.Serializer;

/** Clients of a broker; says in one line that it does not answer, before Kafka's clients say it in a thousand. */
final class Connection {

    /** For a broker that is there. */
    static final Duration LONG_PATIENCE = Duration.ofSeconds(15);

    private static final Duration PATIENCE = Duration.ofSeconds(8);

    private Connection() {}

    /**
     * A client of a broker that answers.
     *
     * @throws CliException if it does not
     */
    static Admin admin(String bootstrapServers) {
        Admin admin;
        try {
            admin = Admin.create(Map.of(
                    "bootstrap.servers",
                    bootstrapServers,
                    "request.timeout.ms",
                    5_000,
                    "default.api.timeout.ms",
                    15_000,
                    "client.id",
                    "saccade-cli"));
        } catch (KafkaException e) {
            throw CliException.usage("Kafka's address must be HOST:PORT[,HOST:PORT...], got '" + bootstrapServers
                    + "'; give it with --kafka");
        }
        try {
            admin.describeCluster().nodes().get(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
            return admin;
        } catch (InterruptedException e) {
            admin.close(Duration.ZERO);
            Thread.currentThread().interrupt();
            throw CliException.no("interrupted while connecting to Kafka at " + bootstrapServers);
        } catch (ExecutionException | TimeoutException e) {
            admin.close(Duration.ZERO);
            throw CliException.missing(
                    "Kafka should answer at " + bootstrapServers
                            + ", but does not; see 'saccade status', start a stack with"
                            + " 'saccade up', or name another broker with --kafka",
                    e);
        }
    }

    /**
     * A topic to be read outside any group, committed records only: nothing is committed, nobody's work moves.
     *
     * @param consumer   nothing is assigned to it yet; whoever asked for it closes it
     * @param partitions all of the topic
     */
    record Readable(KafkaConsumer<byte[], byte[]> consumer, List<TopicPartition> partitions) {}

    /**
     * Opens a topic.
     *
     * @throws CliException if the broker does not answer or has no such topic
     */
    static Readable read(String bootstrapServers, String topic) {
        check(bootstrapServers);
        var consumer = new KafkaConsumer<>(
                Map.of(
                        "bootstrap.servers", bootstrapServers,
                        "isolation.level", "read_committed",
                        "auto.offset.reset", "earliest",
                        "client.id", "saccade-cli",
                        "allow.auto.create.topics", "false",
                        "fetch.max.wait.ms", "100"),
                new ByteArrayDeserializer(),
                new ByteArrayDeserializer());
        var known = consumer.listTopics(LONG_PATIENCE).get(topic);
        if (known == null) {
            consumer.close();
            throw CliException.missing("topic " + topic + " should be on " + bootstrapServers
                    + ", but is not; make it with 'saccade topics apply'");
        }
        return new Readable(
                consumer,
                known.stream()
                        .map(partition -> new TopicPartition(topic, partition.partition()))
                        .toList());
    }

    /**
     * What writes requests: each is on all replicas before it counts as written, and a broker that is away is waited for
     * half a minute. Connects when it is used.
     */
    static <K> KafkaProducer<K, byte[]> producer(String bootstrapServers, Serializer<K> keys) {
        return new KafkaProducer<>(
                Map.of(
                        "bootstrap.servers",
                        bootstrapServers,
                        "acks",
                        "all",
                        "client.id",
                        "saccade-cli",
                        "max.request.size",
                        4 << 20,
                        "max.block.ms",
                        15_000,
                        "request.timeout.ms",
                        10_000,
                        "delivery.timeout.ms",
                        30_000),
                keys,
                new ByteArraySerializer());
    }

    /** Checks that a broker answers. */
    static void check(String bootstrapServers) {
        admin(bootstrapServers).close(Duration.ofSeconds(1));
    }

    static String cause(Exception e) {
        var cause = e.getCause() == null ? e : e.getCause();
        return String.valueOf(cause.getMessage()).lines().findFirst().orElse("");
    }
}
