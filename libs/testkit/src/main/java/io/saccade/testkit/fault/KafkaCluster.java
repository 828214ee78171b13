package io.saccade.testkit.fault;

import io.saccade.testkit.Await;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.metadata.storage.Formatter;
import org.jspecify.annotations.Nullable;

/**
 * A Kafka cluster of one or three nodes, each broker and controller in a process of its own, tuned to notice a dead node
 * soon. Clients reach every broker through a {@link FaultyLink} of its own; the nodes reach each other without one, unless
 * they are told otherwise by {@link #linkNodes}.
 *
 * <p>With three nodes every topic has three copies, of which two must have a record before it counts as written: any one
 * node may be away. For one thread at a time.
 */
public final class KafkaCluster implements AutoCloseable {

    private static final Duration START = Duration.ofSeconds(90);
    private static final int MIB = 1 << 20;

    private final Path folder;
    private final String clusterId = Uuid.randomUuid().toString();
    private final ReservedPorts ports = ReservedPorts.open();
    private final Map<String, String> settings;
    private final boolean isForLong;
    private final List<Node> nodes;

    private KafkaCluster(Path folder, int count, Map<String, String> settings, long seed, boolean isForLong) {
        this.folder = folder;
        this.settings = Map.copyOf(settings);
        this.isForLong = isForLong;
        this.nodes = IntStream.rangeClosed(1, count)
                .mapToObj(id -> new Node(id, seed + id))
                .toList();
    }

    /** Starts a cluster with settings chosen here. */
    public static KafkaCluster start(Path folder, int nodes, long seed) {
        return start(folder, nodes, Map.of(), seed, false);
    }

    /**
     * Starts a cluster and waits until every node takes records.
     *
     * @param folder    for data, settings and logs
     * @param nodes     1 or 3
     * @param settings  Kafka's own, which win over those chosen here
     * @param seed      of the links' jitter
     * @param isForLong whether it is to take records for many minutes: then its JVMs compile with both compilers, which
     *                  makes the start slow and the work fast; else with the fast one only
     */
    public static KafkaCluster start(
            Path folder, int nodes, Map<String, String> settings, long seed, boolean isForLong) {
        if (nodes != 1 && nodes != 3) {
            throw new IllegalArgumentException("a cluster has 1 or 3 nodes, got " + nodes);
        }
        var cluster = new KafkaCluster(folder, nodes, settings, seed, isForLong);
        boolean isStarted = false;
        try {
            cluster.nodes.forEach(Node::launch);
            cluster.nodes.forEach(Node::awaitReady);
            isStarted = true;
            return cluster;
        } finally {
            if (!isStarted) {
                cluster.close();
            }
        }
    }

    /** Where clients connect: every node, through its link. */
    public String bootstrapServers() {
        return nodes.stream().map(node -> node.link.address()).collect(Collectors.joining(","));
    }

    /** How many copies a topic is to have. */
    public short replicas() {
        return (short) nodes.size();
    }

    /** How many of them must have a record before it counts as written. */
    public int minInsync() {
        return nodes.size() == 1 ? 1 : 2;
    }

    /** The ids of all nodes, from 1. */
    public List<Integer> ids() {
        return nodes.stream().map(node -> node.id).toList();
    }

    /** The link between clients and a node. */
    public FaultyLink link(int id) {
        return node(id).link;
    }

    /** The links between clients and all nodes. */
    public List<FaultyLink> links() {
        return nodes.stream().map(node -> node.link).toList();
    }

    /** The link between the other nodes and a node: copies of records, and ends of transactions. Used after {@link #linkNodes}. */
    public FaultyLink nodeLink(int id) {
        return node(id).nodeLink;
    }

    /** The links between all nodes. */
    public List<FaultyLink> nodeLinks() {
        return nodes.stream().map(node -> node.nodeLink).toList();
    }

    /**
     * Whether nodes reach each other through links. Each node is stopped in order and started again, one after the other, and
     * what they copy from each other passes through this process until it is switched off.
     */
    public void linkNodes(boolean linked) {
        for (var node : nodes) {
            node.linked = linked;
            restartInOrder(node);
        }
    }

    /**
     * Gives a node's process further environment variables: stops it in order and starts it with them.
     *
     * @param environment instead of what it was given so before; empty for none
     */
    public void environment(int id, Map<String, String> environment) {
        var node = node(id);
        node.environment = Map.copyOf(environment);
        restartInOrder(node);
    }

    /** Where a node keeps its records. */
    public Path data(int id) {
        return node(id).home().resolve("data");
    }

    private static void restartInOrder(Node node) {
        if (node.child != null && node.child.isAlive()) {
            node.child.terminate();
            node.child.awaitExit(START);
        }
        node.launch();
        node.awaitReady();
    }

    /** The process of a node, to be killed, suspended or stopped. */
    public Child process(int id) {
        var child = node(id).child;
        if (child == null) {
            throw new IllegalStateException("node " + id + " was never started");
        }
        return child;
    }

    /** Starts a node again on its data and ports, unless it runs, and waits until it takes records. */
    public void restart(int id) {
        var node = node(id);
        if (node.child == null || !node.child.isAlive()) {
            node.launch();
            node.awaitReady();
        }
    }

    @Override
    public void close() {
        for (var node : nodes) {
            if (node.child != null) {
                node.child.kill();
            }
            node.link.close();
            node.nodeLink.close();
        }
        ports.close();
    }

    private Node node(int id) {
        return nodes.stream()
                .filter(node -> node.id == id)
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("there is no node " + id + ", only " + ids()));
    }

    private final class Node {

        private final int id;
        private final FaultyLink link;
        private final FaultyLink nodeLink;
        private final int clientPort = ports.next();
        private final int nodePort = ports.next();
        private final int controllerPort = ports.next();
        private boolean linked;
        private Map<String, String> environment = Map.of();
        private @Nullable Child child;
        private CountDownLatch ready = new CountDownLatch(1);

        Node(int id, long seed) {
            this.id = id;
            this.link = FaultyLink.to(clientPort, seed);
            this.nodeLink = FaultyLink.to(nodePort, -seed);
        }

        Path home() {
            return folder.resolve("node-" + id);
        }

        void launch() {
            var home = home();
            try {
                Files.createDirectories(home);
                if (!Files.exists(home.resolve("data").resolve("meta.properties"))) {
                    format(home.resolve("data"));
                }
                var file = home.resolve("server.properties");
                try (var writer = Files.newBufferedWriter(file)) {
                    settings(home).store(writer, null);
                }
                child = Child.start("kafka node " + id, command(file, home.resolve("kafka.log")));
            } catch (IOException e) {
                throw new UncheckedIOException("could not prepare " + home, e);
            }
            var started = child;
            var latch = new CountDownLatch(1);
            ready = latch;
            Thread.ofVirtual().name("kafka-node-" + id).start(() -> {
                try (var out = started.process().inputReader(StandardCharsets.UTF_8)) {
                    for (String line; (line = out.readLine()) != null; ) {
                        if (line.equals(ClusterNode.READY)) {
                            latch.countDown();
                        }
                    }
                } catch (IOException e) {
                    // its end, which awaitReady notices
                }
            });
        }

        void awaitReady() {
            var started = child;
            Await.until(
                    "node " + id + " of " + folder + " to take records or to end",
                    START,
                    () -> ready.getCount() == 0 || started == null || !started.isAlive());
            if (ready.getCount() > 0) {
                throw new IllegalStateException("node " + id + " did not start; see " + folder.resolve("node-" + id));
            }
        }

        private ProcessBuilder command(Path file, Path log) {
            var command = new ArrayList<>(List.of(
                    Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                    "-Xmx256m",
                    "-XX:+UseSerialGC",
                    "-XX:TieredStopAtLevel=" + (isForLong ? 4 : 1),
                    "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
                    "-Dorg.slf4j.simpleLogger.showDateTime=true",
                    "-Dorg.slf4j.simpleLogger.dateTimeFormat=HH:mm:ss.SSS",
                    ClusterNode.class.getName(),
                    file.toString()));
            var builder = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.appendTo(log.toFile()));
            builder.environment().put("CLASSPATH", System.getProperty("java.class.path"));
            builder.environment().put("MALLOC_ARENA_MAX", "2");
            builder.environment().putAll(environment);
            return builder;
        }

        private void format(Path data) {
            try {
                Files.createDirectories(data);
                new Formatter()
                        .setClusterId(clusterId)
                        .setNodeId(id)
                        .addDirectory(data.toString())
                        .setMetadataLogDirectory(data.toString())
                        .setControllerListenerName("CONTROLLER")
                        .setHasDynamicQuorum(false)
                        .setIgnoreFormatted(true)
                        .setPrintStream(new PrintStream(OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8))
                        .run();
            } catch (Exception e) { // Formatter declares nothing narrower
                throw new IllegalStateException("Kafka's data folder " + data + " cannot be prepared", e);
            }
        }

        private Properties settings(Path home) {
            var p = new Properties();
            var host = "127.0.0.1:";
            p.put("process.roles", "broker,controller");
            p.put("node.id", Integer.toString(id));
            p.put(
                    "controller.quorum.voters",
                    nodes.stream()
                            .map(node -> node.id + "@" + host + node.controllerPort)
                            .collect(Collectors.joining(",")));
            p.put("controller.listener.names", "CONTROLLER");
            p.put(
                    "listeners",
                    "CLIENT://" + host + clientPort + ",NODE://" + host + nodePort + ",CONTROLLER://" + host
                            + controllerPort);
            p.put(
                    "advertised.listeners",
                    "CLIENT://" + link.address() + ",NODE://" + (linked ? nodeLink.address() : host + nodePort));
            p.put("listener.security.protocol.map", "CLIENT:PLAINTEXT,NODE:PLAINTEXT,CONTROLLER:PLAINTEXT");
            p.put("inter.broker.listener.name", "NODE");
            p.put("log.dirs", home.resolve("data").toString());

            var copies = Integer.toString(nodes.size());
            var insync = Integer.toString(minInsync());
            p.put("default.replication.factor", copies);
            p.put("min.insync.replicas", insync);
            for (var topic : List.of("offsets.topic", "transaction.state.log", "share.coordinator.state.topic")) {
                p.put(topic + ".replication.factor", copies);
                p.put(topic + ".num.partitions", "6");
            }
            p.put("transaction.state.log.min.isr", insync);
            p.put("share.coordinator.state.topic.min.isr", insync);
            p.put("auto.create.topics.enable", "false");
            p.put("message.max.bytes", Integer.toString(8 * MIB));
            p.put("group.initial.rebalance.delay.ms", "0");

            // A dead node must be noticed within seconds: with three copies every write waits for it until then.
            p.put("broker.session.timeout.ms", "3000");
            p.put("broker.heartbeat.interval.ms", "500");
            p.put("controller.quorum.election.timeout.ms", "1000");
            p.put("controller.quorum.fetch.timeout.ms", "1500");
            p.put("controller.quorum.election.backoff.max.ms", "500");
            p.put("replica.lag.time.max.ms", "5000");
            for (var group : List.of("group.consumer", "group.streams")) {
                p.put(group + ".session.timeout.ms", "6000");
                p.put(group + ".min.session.timeout.ms", "6000");
                p.put(group + ".heartbeat.interval.ms", "1000");
                p.put(group + ".min.heartbeat.interval.ms", "1000");
            }
            // What a killed client began is undone soon: until then nobody reads past it.
            p.put("transaction.abort.timed.out.transaction.cleanup.interval.ms", "1000");

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
}
