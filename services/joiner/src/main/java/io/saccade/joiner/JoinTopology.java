package io.saccade.joiner;

import io.opentelemetry.api.OpenTelemetry;
import io.saccade.contract.topic.Topic;
import io.saccade.contract.topic.TopicCatalogue;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.StoreBuilder;
import org.apache.kafka.streams.state.Stores;

/** What flows into the join and out of it. */
final class JoinTopology {

    /** The topics that meet in the join; their partition counts must be equal. */
    static final List<Topic> INPUTS =
            List.of(Topic.IMAGES, Topic.EMBEDDINGS, Topic.CAPTIONS, Topic.ANSWERS, Topic.MODERATIONS);

    /** Keys live for minutes: old segments are dropped by age, so that a restore reads little. */
    private static final Map<String, String> CHANGELOG = Map.of(
            "cleanup.policy", "compact,delete",
            "segment.ms", "600000",
            "segment.bytes", "33554432",
            "min.cleanable.dirty.ratio", "0.3");

    private JoinTopology() {}

    static Topology build(JoinConfig.Join config, TopicCatalogue topics, JoinMetrics metrics, OpenTelemetry telemetry) {
        var bytes = Serdes.ByteArray();
        var byName = INPUTS.stream().collect(Collectors.toMap(topics::name, topic -> topic));
        var patience = Stream.concat(Stream.of(config.deadline()), config.deadlines().values().stream())
                .max(Duration::compareTo)
                .orElseThrow();
        var retention =
                Long.toString(config.retention().plus(patience).multipliedBy(3).toMillis());
        return new Topology()
                .addSource(
                        "parts",
                        bytes.deserializer(),
                        bytes.deserializer(),
                        byName.keySet().toArray(String[]::new))
                .addProcessor("join", () -> new JoinProcessor(config, byName, metrics, telemetry), "parts")
                .addStateStore(store(config, JoinProcessor.STATES, retention), "join")
                .addStateStore(store(config, JoinProcessor.DEADLINES, retention), "join")
                .addSink(
                        JoinProcessor.ENRICHED,
                        topics.name(Topic.ENRICHED),
                        bytes.serializer(),
                        bytes.serializer(),
                        "join")
                .addSink(JoinProcessor.DLQ, topics.name(Topic.DLQ), bytes.serializer(), bytes.serializer(), "join");
    }

    private static StoreBuilder<KeyValueStore<String, byte[]>> store(
            JoinConfig.Join config, String name, String retention) {
        var supplier =
                switch (config.store()) {
                    case ROCKSDB -> Stores.persistentKeyValueStore(name);
                    case MEMORY -> Stores.inMemoryKeyValueStore(name);
                };
        var changelog = new java.util.HashMap<>(CHANGELOG);
        changelog.put("retention.ms", retention);
        return Stores.keyValueStoreBuilder(supplier, Serdes.String(), Serdes.ByteArray())
                .withLoggingEnabled(changelog);
    }
}
