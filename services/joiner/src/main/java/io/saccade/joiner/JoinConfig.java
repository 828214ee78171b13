package io.saccade.joiner;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;

/** What the joiner can be told. An unknown key below {@code saccade} stops the start. */
@ConfigMapping(prefix = "saccade")
public interface JoinConfig {

    /** How Kafka is reached. */
    Kafka kafka();

    /** How parts are joined. */
    Join join();

    /** How Kafka is reached. */
    interface Kafka {

        /** Brokers to ask first, {@code host:port}, separated by commas. */
        @WithDefault("localhost:9092")
        String bootstrapServers();

        /** Further settings of the Kafka clients and of Kafka Streams, by their own names. They win. */
        Map<String, String> client();
    }

    /** How parts are joined. */
    interface Join {

        /** When the answer is due if the event does not say: so long after it was submitted. */
        @WithDefault("30s")
        Duration deadline();

        /** The same for some tenants, by name; it wins over {@code deadline}, and what an event says wins over both. */
        Map<String, Duration> deadlines();

        /**
         * The same for images of the topic of backfill, after they were written there, for all tenants. What an event says wins
         * if it is not past. Not less than that topic keeps them: an image is not forgotten then before its stages come to it.
         * Longer keeps more state where a stage that is asked never answers.
         */
        @WithDefault("168h")
        Duration backfillDeadline();

        /**
         * What an image gets that reaches the joiner after its deadline, or whose joiner was away: results that lie in
         * the topics already are read before it is called partial.
         */
        @WithDefault("2s")
        Duration grace();

        /** How long an answered image is remembered for late parts and duplicates. State grows with it. */
        @WithDefault("10m")
        Duration retention();

        /** How often deadlines are looked at, at least 1 ms; the answer is late by as much. Looking costs microseconds. */
        @WithDefault("25ms")
        Duration tick();

        /** Where state lies; lost, it is restored from Kafka. */
        @WithDefault("state")
        Path stateDirectory();

        /** {@code rocksdb} on disk, or {@code memory}: faster, and as large as the open images. */
        @WithDefault("rocksdb")
        Store store();

        /**
         * Bytes that RocksDB may hold in memory, outside of the heap, for all partitions together; half of it at most is for
         * what is not on disk yet. Too little makes a turn over many deadlines read from disk. Without effect on {@code memory}.
         */
        @WithDefault("67108864")
        long memory();

        /** Threads, at least 1; no more than partitions are of use. */
        @WithDefault("2")
        int threads();

        /** Replicas that keep a warm copy of the state, so that another can go on at once; 0 for none. */
        @WithDefault("0")
        int standbys();
    }

    /** Where state is kept. */
    enum Store {
        ROCKSDB,
        MEMORY
    }
}
