package io.saccade.testkit.fault;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Properties;
import kafka.server.KafkaConfig;
import kafka.server.KafkaRaftServer;
import org.apache.kafka.common.utils.Time;

/** One node of a {@link KafkaCluster} as a process: its only argument is a file of Kafka's settings. */
final class ClusterNode {

    /** What it prints once it takes records. */
    static final String READY = "READY";

    private ClusterNode() {}

    @SuppressWarnings("SystemOut") // the line is what the cluster waits for
    public static void main(String[] args) throws IOException {
        var settings = new Properties();
        try (var reader = Files.newBufferedReader(Path.of(args[0]))) {
            settings.load(reader);
        }
        var server = new KafkaRaftServer(new KafkaConfig(settings), Time.SYSTEM);
        Runtime.getRuntime().addShutdownHook(new Thread(server::shutdown, "stop"));
        server.startup();
        System.out.println(READY);
        server.awaitShutdown();
    }
}
