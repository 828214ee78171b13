package io.saccade.testkit;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.saccade.contract.CloudEvent;
import io.saccade.contract.EventJson;
import io.saccade.contract.EventType;
import io.saccade.contract.event.ImageSubmitted;
import io.saccade.contract.event.QuestionAsked;
import io.saccade.contract.topic.TopicCatalogue;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;
import java.util.stream.IntStream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.TopicExistsException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.jspecify.annotations.Nullable;

/**
 * A Kafka cluster as a test sees it: topics, records in, records out. Reads see committed records only. Thread-safe;
 * whoever made it closes it.
 */
public final class TestKafka implements AutoCloseable {

    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final AtomicInteger PREFIXES = new AtomicInteger();

    private final String bootstrapServers;
    private final Admin admin;
    private final Producer<byte[], byte[]> producer;
    private final EventJson json = EventJson.create();

    private TestKafka(String bootstrapServers) {
        this.bootstrapServers = bootstrapServers;
        this.admin = Admin.create(Map.of("bootstrap.servers", bootstrapServers));
        this.producer = new KafkaProducer<>(
                Map.of(
                        "bootstrap.servers",
                        bootstrapServers,
                        "acks",
                        "all",
                        "max.request.size",
                        8 << 20,
                        "linger.ms",
                        0,
                        "delivery.timeout.ms",
                        60_000,
                        "request.timeout.ms",
                        10_000),
                new ByteArraySerializer(),
                new ByteArraySerializer());
    }

    /** The cluster behind an address. */
    public static TestKafka at(String bootstrapServers) {
        return new TestKafka(bootstrapServers);
    }

    /** Where clients connect. */
    public String bootstrapServers() {
        return bootstrapServers;
    }

    /** For what is missing here. */
    public Admin admin() {
        return admin;
    }

    /** Makes the topics of the catalogue with their own names; those that exist stay as they are. */
    public TopicCatalogue createTopics(int partitions) {
        return createTopics(TopicCatalogue.load(), partitions);
    }

    /** Makes the topics of the catalogue under names that no other test has, and returns the catalogue with them. */
    public TopicCatalogue createUniqueTopics(int partitions) {
        var prefix = "t" + ProcessHandle.current().pid() + "-" + PREFIXES.incrementAndGet() + ".";
        var catalogue = TopicCatalogue.load();
        var renamed = catalogue.topics().stream()
                .map(topic -> new TopicCatalogue.Entry(
                        topic.key(),
                        prefix + topic.name(),
                        topic.event(),
                        topic.description(),
                        topic.retention(),
                        topic.maxMessageBytes()))
                .toList();
        return createTopics(
                new TopicCatalogue(catalogue.partitions(), catalogue.replicas(), catalogue.minInsync(), renamed),
                partitions);
    }

    /** Makes the topics of a catalogue, one copy each; those that exist stay as they are. */
    public TopicCatalogue createTopics(TopicCatalogue catalogue, int partitions) {
        var topics = catalogue.topics().stream()
                .map(topic -> new NewTopic(topic.name(), partitions, (short) 1).configs(topic.config(1)))
                .toList();
        create(topics);
        return catalogue;
    }

    /** Makes one topic, or leaves it as it is. */
    public void createTopic(String name, int partitions) {
        create(List.of(new NewTopic(name, partitions, (short) 1)));
    }

    /** Writes a record and waits until it is acknowledged by all. */
    public RecordMetadata send(
            String topic, @Nullable String key, byte @Nullable [] value, Map<String, String> headers) {
        var record = new ProducerRecord<>(topic, null, key == null ? null : key.getBytes(UTF_8), value);
        headers.forEach((name, content) -> record.headers().add(name, content.getBytes(UTF_8)));
        return send(record);
    }

    private RecordMetadata send(ProducerRecord<byte[], byte[]> record) {
        try {
            return producer.send(record).get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError("interrupted while sending to " + record.topic(), e);
        } catch (ExecutionException | TimeoutException e) {
            throw new AssertionError("could not send to " + record.topic() + " on " + bootstrapServers, e);
        }
    }

    /** Writes a record into a partition, as a producer with a partitioner of its own does. */
    public RecordMetadata sendTo(String topic, int partition, String key, byte[] value) {
        return send(new ProducerRecord<>(topic, partition, key.getBytes(UTF_8), value));
    }

    /** Submits an image as an outside producer does: CloudEvents headers, the image's id as key. */
    public RecordMetadata submit(String topic, ImageSubmitted image) {
        return send(topic, image.id(), EventType.IMAGE_SUBMITTED, image.id(), image);
    }

    /** Asks a question about an image that was submitted before. */
    public RecordMetadata ask(String topic, QuestionAsked question) {
        return send(topic, question.imageId(), EventType.QUESTION_ASKED, question.id(), question);
    }

    /** Writes an event with CloudEvents headers. */
    public <E> RecordMetadata send(String topic, String key, EventType<E> type, String eventId, E event) {
        var headers = new CloudEvent(eventId, type.type(), "/test", key, Instant.now()).headers();
        return send(topic, key, json.write(event), headers);
    }

    /** Every committed record that was in a topic when this was called, in order within each partition. */
    public List<Received> read(String topic) {
        try (var reader = reader(topic)) {
            return reader.toEnd();
        }
    }

    /**
     * Reads a topic from its beginning until the records are as wanted, and returns all of them.
     *
     * @throws AssertionError after the timeout, with the records that came
     */
    public List<Received> await(String topic, Duration timeout, Predicate<List<Received>> wanted) {
        try (var reader = reader(topic)) {
            var seen = new ArrayList<Received>();
            return Await.value(
                    "records in " + topic,
                    timeout,
                    () -> {
                        seen.addAll(reader.toEnd());
                        return List.copyOf(seen);
                    },
                    wanted);
        }
    }

    /** Reads a topic until it has at least so many committed records, and returns all of them. */
    public List<Received> await(String topic, Duration timeout, int records) {
        return await(topic, timeout, seen -> seen.size() >= records);
    }

    /** Reads a topic until there is a committed record with a key, and returns the first. */
    public Received awaitKey(String topic, String key, Duration timeout) {
        return await(topic, timeout, seen -> find(seen, key).isPresent()).stream()
                .filter(record -> key.equals(record.key()))
                .findFirst()
                .orElseThrow();
    }

    /** How many records of a topic a group has not committed yet; a partition it never committed counts whole. */
    public long lag(String group, String topic) {
        var committed = get(admin.listConsumerGroupOffsets(group).partitionsToOffsetAndMetadata());
        try (var reader = reader(topic)) {
            return reader.ends().entrySet().stream()
                    .mapToLong(end -> {
                        var offset = committed.get(end.getKey());
                        return end.getValue() - (offset == null ? 0 : offset.offset());
                    })
                    .sum();
        }
    }

    /** A reader that remembers how far it came. The caller closes it; one thread at a time. */
    public Reader reader(String topic) {
        return new Reader(topic);
    }

    @Override
    public void close() {
        producer.close(Duration.ofSeconds(5));
        admin.close(Duration.ofSeconds(5));
    }

    private static Optional<Received> find(List<Received> records, String key) {
        return records.stream().filter(record -> key.equals(record.key())).findFirst();
    }

    private void create(Collection<NewTopic> topics) {
        for (var created : admin.createTopics(topics).values().values()) {
            try {
                created.get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
            } catch (ExecutionException e) {
                if (!(e.getCause() instanceof TopicExistsException)) {
                    throw new AssertionError("could not create topics on " + bootstrapServers, e);
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new AssertionError("interrupted while creating topics", e);
            } catch (TimeoutException e) {
                throw new AssertionError("no answer from " + bootstrapServers + " within " + PATIENCE, e);
            }
        }
        // Created is not yet known to every listener of the broker.
        for (var topic : topics) {
            Await.until("topic " + topic.name(), PATIENCE, () -> hasLeaders(topic.name()));
        }
    }

    private boolean hasLeaders(String topic) throws InterruptedException, TimeoutException {
        try {
            return admin
                    .describeTopics(List.of(topic))
                    .allTopicNames()
                    .get(PATIENCE.toSeconds(), TimeUnit.SECONDS)
                    .values()
                    .stream()
                    .flatMap(description -> description.partitions().stream())
                    .allMatch(partition -> partition.leader() != null);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof UnknownTopicOrPartitionException) {
                return false;
            }
            throw new AssertionError("could not describe " + topic, e);
        }
    }

    private <T> T get(KafkaFuture<T> future) {
        try {
            return future.get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError("interrupted while asking " + bootstrapServers, e);
        } catch (ExecutionException | TimeoutException e) {
            throw new AssertionError("no answer from " + bootstrapServers, e);
        }
    }

    /** Reads a topic from its beginning, in steps. */
    public final class Reader implements AutoCloseable {

        private final KafkaConsumer<byte[], byte[]> consumer;
        private final List<TopicPartition> partitions;

        private Reader(String topic) {
            Map<String, Object> settings = new HashMap<>();
            settings.put("bootstrap.servers", bootstrapServers);
            settings.put("isolation.level", "read_committed");
            settings.put("auto.offset.reset", "earliest");
            settings.put("fetch.max.wait.ms", 50);
            consumer = new KafkaConsumer<>(settings, new ByteArrayDeserializer(), new ByteArrayDeserializer());
            int count = consumer.partitionsFor(topic, PATIENCE).size();
            partitions = IntStream.range(0, count)
                    .mapToObj(partition -> new TopicPartition(topic, partition))
                    .toList();
            consumer.assign(partitions);
            consumer.seekToBeginning(partitions);
        }

        /** The committed records that came since the last call. */
        public List<Received> toEnd() {
            var ends = ends();
            var records = new ArrayList<Received>();
            while (ends.entrySet().stream().anyMatch(end -> consumer.position(end.getKey()) < end.getValue())) {
                for (var record : consumer.poll(PATIENCE)) {
                    records.add(Received.of(record));
                }
            }
            return records;
        }

        private Map<TopicPartition, Long> ends() {
            return consumer.endOffsets(partitions, PATIENCE);
        }

        @Override
        public void close() {
            consumer.close();
        }
    }
}
