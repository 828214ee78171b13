package io.saccade.joiner;

import io.opentelemetry.api.OpenTelemetry;
import io.saccade.contract.topic.Topic;
import io.saccade.contract.topic.TopicCatalogue;
import java.time.Clock;
import java.time.Duration;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.AutoOffsetReset;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.state.KeyValueBytesStoreSupplier;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.StoreBuilder;
import org.apache.kafka.streams.state.Stores;

/** What flows into the join and out of it. */
final class JoinTopology {

    private static final Duration TOMBSTONES = Duration.ofHours(1);

    /** A joiner may come back to its files so late that half of that time is left to read what is written since. */
    private static final Duration FRESH = TOMBSTONES.dividedBy(2);

    /**
     * Compacted and never cut by age: an image may be open for longer than any age chosen here, its own deadline decides,
     * and a changelog's records are as old as the records they came from, which after an outage is old. Keys live for
     * minutes, so segments are small and tombstones go after a while, which is longer than a restore takes.
     */
    private static final Map<String, String> CHANGELOG = Map.of(
            "cleanup.policy", "compact",
            "segment.ms", "600000",
            "segment.bytes", "33554432",
            "min.cleanable.dirty.ratio", "0.3",
            "max.compaction.lag.ms", "1800000",
            "delete.retention.ms", Long.toString(TOMBSTONES.toMillis()));

    private JoinTopology() {}

    /**
     * The topology of a joiner.
     *
     * @param transactions whose clients Kafka Streams uses
     */
    static Topology build(
            JoinConfig.Join config,
            TopicCatalogue topics,
            JoinMetrics metrics,
            OpenTelemetry telemetry,
            Transactions transactions) {
        var bytes = Serdes.ByteArray();
        var stores = stores(config, transactions);
        var paces = ThreadLocal.withInitial(Pace::new);
        var byName = Topic.JOINED.stream().collect(Collectors.toMap(topics::name, topic -> topic));
        return new Topology()
                .addSource(
                        "parts",
                        bytes.deserializer(),
                        bytes.deserializer(),
                        byName.entrySet().stream()
                                .filter(topic -> topic.getValue() != Topic.BACKFILL)
                                .map(Map.Entry::getKey)
                                .toArray(String[]::new))
                .addSource(
                        AutoOffsetReset.earliest(), // as the consumer is told for all
                        "backfill",
                        new BehindLive(Clock.systemUTC()),
                        bytes.deserializer(),
                        bytes.deserializer(),
                        topics.name(Topic.BACKFILL))
                .addProcessor(
                        "join", () -> new JoinProcessor(config, byName, metrics, telemetry, paces), "parts", "backfill")
                .addStateStore(store(stores, JoinProcessor.STATES), "join")
                .addStateStore(store(stores, JoinProcessor.DEADLINES), "join")
                .addSink(
                        JoinProcessor.ENRICHED,
                        topics.name(Topic.ENRICHED),
                        bytes.serializer(),
                        bytes.serializer(),
                        "join")
                .addSink(JoinProcessor.DLQ, topics.name(Topic.DLQ), bytes.serializer(), bytes.serializer(), "join");
    }

    private static Function<String, KeyValueBytesStoreSupplier> stores(
            JoinConfig.Join config, Transactions transactions) {
        return switch (config.store()) {
            case ROCKSDB -> {
                var memory = new RocksMemory(config.memory());
                yield name -> TransactionalStore.supplier(name, memory, transactions, FRESH);
            }
            case MEMORY -> Stores::inMemoryKeyValueStore;
        };
    }

    private static StoreBuilder<KeyValueStore<String, byte[]>> store(
            Function<String, KeyValueBytesStoreSupplier> stores, String name) {
        return Stores.keyValueStoreBuilder(stores.apply(name), Serdes.String(), Serdes.ByteArray())
                .withLoggingEnabled(CHANGELOG);
    }
}
