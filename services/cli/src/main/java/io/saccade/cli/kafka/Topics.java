package io.saccade.cli.kafka;

import io.saccade.cli.CliException;
import io.saccade.contract.topic.Topic;
import io.saccade.contract.topic.TopicCatalogue;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.errors.TopicExistsException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.jspecify.annotations.Nullable;

/** The topics of the catalogue on a broker. The caller closes it. */
public final class Topics implements AutoCloseable {

    private static final Duration PATIENCE = Duration.ofSeconds(15);
    private static final Set<Topic> NOT_KEYED_BY_IMAGE = Set.of(Topic.DLQ, Topic.HANDLED);

    private final String bootstrapServers;
    private final TopicCatalogue catalogue;
    private final Admin admin;

    private Topics(String bootstrapServers, TopicCatalogue catalogue, Admin admin) {
        this.bootstrapServers = bootstrapServers;
        this.catalogue = catalogue;
        this.admin = admin;
    }

    /**
     * The topics on a broker.
     *
     * @throws CliException if the broker does not answer
     */
    public static Topics on(String bootstrapServers, TopicCatalogue catalogue) {
        var admin = Connection.admin(bootstrapServers);
        return new Topics(bootstrapServers, catalogue, admin);
    }

    /**
     * A topic of the catalogue as the broker has it.
     *
     * @param entry      as in the catalogue
     * @param partitions 0 when it does not exist
     */
    public record Actual(TopicCatalogue.Entry entry, int partitions) {

        /** Whether it exists. */
        public boolean exists() {
            return partitions > 0;
        }
    }

    /** Each topic of the catalogue as the broker has it. */
    public List<Actual> actual() {
        var actual = new ArrayList<Actual>();
        var futures = admin.describeTopics(catalogue.topics().stream()
                        .map(TopicCatalogue.Entry::name)
                        .toList())
                .topicNameValues();
        for (var entry : catalogue.topics()) {
            var description = describe(entry.name(), futures.get(entry.name()));
            actual.add(new Actual(
                    entry, description == null ? 0 : description.partitions().size()));
        }
        return actual;
    }

    private @Nullable TopicDescription describe(String name, @Nullable KafkaFuture<TopicDescription> future) {
        if (future == null) {
            return null;
        }
        try {
            return await(future);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof UnknownTopicOrPartitionException) {
                return null;
            }
            throw CliException.missing(
                    "topic " + name + " on " + bootstrapServers + " could not be described: " + Connection.cause(e), e);
        }
    }

    /**
     * Makes the topics that are missing and leaves the others as they are.
     *
     * @param partitions of each new topic
     * @param replicas   of each new topic; empty for what the broker has as default
     * @param minInsync  of each new topic; empty for what the broker has as default
     * @return the names of the new ones
     */
    public List<String> apply(int partitions, Optional<Short> replicas, Optional<Integer> minInsync) {
        var missing = actual().stream()
                .filter(topic -> !topic.exists())
                .map(Actual::entry)
                .toList();
        var topics = missing.stream()
                .map(entry -> {
                    Map<String, String> config = new HashMap<>(entry.config(minInsync.orElse(1)));
                    if (minInsync.isEmpty()) {
                        config.remove("min.insync.replicas");
                    }
                    return new NewTopic(entry.name(), Optional.of(partitions), replicas).configs(config);
                })
                .toList();
        for (var created : admin.createTopics(topics).values().entrySet()) {
            try {
                await(created.getValue());
            } catch (ExecutionException e) {
                if (!(e.getCause() instanceof TopicExistsException)) {
                    throw CliException.missing(
                            "topic " + created.getKey() + " could not be made on " + bootstrapServers + ": "
                                    + Connection.cause(e),
                            e);
                }
            }
        }
        return missing.stream().map(TopicCatalogue.Entry::name).toList();
    }

    /** What is wrong with the topics, a sentence each; empty when nothing is. */
    public static List<String> problems(List<Actual> topics) {
        var problems = new ArrayList<String>();
        topics.stream()
                .filter(topic -> !topic.exists())
                .forEach(topic -> problems.add(
                        "topic " + topic.entry().name() + " does not exist; make it with 'saccade topics apply'"));
        var counts = topics.stream()
                .filter(Actual::exists)
                .filter(topic -> !NOT_KEYED_BY_IMAGE.contains(topic.entry().key()))
                .map(Actual::partitions)
                .distinct()
                .sorted()
                .toList();
        if (counts.size() > 1) {
            var each = topics.stream()
                    .filter(Actual::exists)
                    .map(topic -> topic.entry().name() + " " + topic.partitions())
                    .toList();
            problems.add(
                    "all image-keyed topics need the same number of partitions, or the join misses parts, but there"
                            + " are " + String.join(", ", each));
        }
        return problems;
    }

    @Override
    public void close() {
        admin.close(Duration.ofSeconds(1));
    }

    private <T> T await(KafkaFuture<T> future) throws ExecutionException {
        try {
            return future.get(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw CliException.no("interrupted while asking Kafka at " + bootstrapServers);
        } catch (TimeoutException e) {
            throw CliException.missing(
                    "Kafka at " + bootstrapServers + " should answer within " + PATIENCE.toSeconds()
                            + " s, but did not",
                    e);
        }
    }
}
