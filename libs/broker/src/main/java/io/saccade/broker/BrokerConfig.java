package io.saccade.broker;

import static java.util.Objects.requireNonNull;

import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

/**
 * Which broker to start.
 *
 * @param data     folder of the log and of the cluster's identity; created when absent, taken over when it has both
 * @param port     on 127.0.0.1, 0..65535; 0 takes a free one
 * @param settings Kafka's own settings, which win over those chosen here
 */
public record BrokerConfig(Path data, int port, Map<String, String> settings) {

    private static final int MIB = 1 << 20;

    public BrokerConfig {
        requireNonNull(data, "data");
        if (port < 0 || port > 65_535) {
            throw new IllegalArgumentException("port must lie in 0..65535, got " + port);
        }
        settings = Map.copyOf(settings);
    }

    /** A broker with our settings only. */
    public static BrokerConfig at(Path data, int port) {
        return new BrokerConfig(data, port, Map.of());
    }

    /** The settings as Kafka reads them, once both ports are known. */
    Map<String, String> properties(int brokerPort, int controllerPort) {
        var p = new HashMap<String, String>();
        p.put("process.roles", "broker,controller");
        p.put("node.id", Integer.toString(KraftBroker.NODE_ID));
        p.put("controller.quorum.voters", KraftBroker.NODE_ID + "@127.0.0.1:" + controllerPort);
        p.put("controller.listener.names", "CONTROLLER");
        p.put("listeners", "PLAINTEXT://127.0.0.1:" + brokerPort + ",CONTROLLER://127.0.0.1:" + controllerPort);
        p.put("advertised.listeners", "PLAINTEXT://127.0.0.1:" + brokerPort);
        p.put("listener.security.protocol.map", "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT");
        p.put("log.dirs", data.toAbsolutePath().toString());

        // One node: whatever defaults to three copies would wait for ever.
        p.put("default.replication.factor", "1");
        p.put("min.insync.replicas", "1");
        for (var topic : new String[] {"offsets.topic", "transaction.state.log", "share.coordinator.state.topic"}) {
            p.put(topic + ".replication.factor", "1");
            p.put(topic + ".num.partitions", "4");
        }
        p.put("transaction.state.log.min.isr", "1");
        p.put("share.coordinator.state.topic.min.isr", "1");

        // A topic that a client makes by mistake has the wrong partition count, and nobody notices.
        p.put("auto.create.topics.enable", "false");
        p.put("num.partitions", "4");
        p.put("message.max.bytes", Integer.toString(8 * MIB));

        // Nobody else joins: waiting for more members only delays the first record.
        p.put("group.initial.rebalance.delay.ms", "0");
        p.put("controller.quorum.election.timeout.ms", "500");
        // After a kill the next life of the broker must wait for the end of the last one's session.
        p.put("broker.session.timeout.ms", "3000");
        p.put("broker.heartbeat.interval.ms", "500");
        // A killed client's partitions move on after 6 s; Kafka's 45 s suit a cluster with far more members.
        for (var group : new String[] {"group.consumer", "group.streams"}) {
            p.put(group + ".session.timeout.ms", "6000");
            p.put(group + ".min.session.timeout.ms", "6000");
            p.put(group + ".heartbeat.interval.ms", "1000");
            p.put(group + ".min.heartbeat.interval.ms", "1000");
        }
        // What a killed joiner had begun holds up readers until its time is over; Kafka looks for such every 10 s.
        p.put("transaction.abort.timed.out.transaction.cleanup.interval.ms", "1000");

        // Memory: the cleaner alone would hold 128 MiB.
        p.put("log.cleaner.dedupe.buffer.size", Integer.toString(4 * MIB));
        p.put("log.index.size.max.bytes", Integer.toString(MIB));
        p.put("log.segment.bytes", Integer.toString(64 * MIB));
        p.put("num.network.threads", "2");
        p.put("num.io.threads", "4");
        p.put("background.threads", "2");
        p.putAll(settings);
        return p;
    }
}
