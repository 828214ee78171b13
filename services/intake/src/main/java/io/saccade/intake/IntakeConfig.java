package io.saccade.intake;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.util.Map;

/** What the intake can be told. An unknown key below {@code saccade} stops the start. */
@ConfigMapping(prefix = "saccade")
public interface IntakeConfig {

    /** How Kafka is reached. */
    Kafka kafka();

    /** Whose images come from where. */
    Intake intake();

    /** How Kafka is reached. */
    interface Kafka {

        /** Brokers to ask first, {@code host:port}, separated by commas. */
        @WithDefault("localhost:9092")
        String bootstrapServers();

        /** Further settings of the Kafka clients, by their own names. They win over what the service sets. */
        Map<String, String> client();

        /** {@code consumer} for KIP-848 groups, {@code classic} for brokers older than 4.0. */
        @WithDefault("consumer")
        String groupProtocol();

        /** The consumer group. Replicas share it. */
        @WithDefault("saccade-intake")
        String group();
    }

    /** Whose images come from where. */
    interface Intake {

        /** The tenant of images from buckets that are not listed below. */
        @WithDefault("default")
        String tenant();

        /** The tenant of images from one bucket, by its name: {@code saccade.intake.tenants."acme-photos"=acme}. */
        Map<String, String> tenants();
    }
}
