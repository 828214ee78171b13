package io.saccade.broker;

import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Properties;
import kafka.server.KafkaConfig;
import kafka.server.KafkaRaftServer;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.utils.Time;
import org.apache.kafka.metadata.storage.Formatter;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A Kafka broker that is its own controller, in this JVM, on 127.0.0.1, without encryption. Its data outlives it: a
 * broker started on the same folder is the same cluster.
 *
 * <p>Not for production. Kafka halts the JVM when its folder disappears under it, so stop it before deleting that.
 */
public final class KraftBroker implements AutoCloseable {

    private static final Logger LOGGER = LoggerFactory.getLogger(KraftBroker.class);

    static final int NODE_ID = 1;
    private static final String META = "meta.properties";
    private static final int ATTEMPTS = 3;

    private final KafkaRaftServer server;
    private final int port;
    private final String clusterId;
    private boolean stopped;

    private KraftBroker(KafkaRaftServer server, int port, String clusterId) {
        this.server = server;
        this.port = port;
        this.clusterId = clusterId;
    }

    /**
     * Starts a broker and waits until it takes records.
     *
     * @throws BrokerException if the port is taken, or the folder cannot be written or holds something else
     */
    public static KraftBroker start(BrokerConfig config) throws BrokerException {
        for (int attempt = 1; ; attempt++) {
            int[] ports = ports(config.port());
            var clusterId = format(config.data());
            var server = new KafkaRaftServer(new KafkaConfig(config.properties(ports[0], ports[1])), Time.SYSTEM);
            try {
                server.startup();
                return new KraftBroker(server, ports[0], clusterId);
            } catch (RuntimeException e) {
                release(server);
                // A free port is only free until somebody takes it; that can be before Kafka does.
                if (attempt == ATTEMPTS || !isPortTaken(e)) {
                    throw new BrokerException("the broker on " + config.data() + " did not start: " + firstLine(e), e);
                }
            }
        }
    }

    private static boolean isPortTaken(Throwable e) {
        for (Throwable cause = e; cause != null; cause = cause.getCause()) {
            if (cause instanceof BindException) {
                return true;
            }
        }
        return false;
    }

    /** A server that started half holds its folder's lock. */
    private static void release(KafkaRaftServer server) {
        try {
            server.shutdown();
            server.awaitShutdown();
        } catch (RuntimeException e) {
            LOGGER.debug("a broker that did not start could not be stopped either", e);
        }
    }

    /** Where clients connect: {@code 127.0.0.1:PORT}. */
    public String bootstrapServers() {
        return "127.0.0.1:" + port;
    }

    /** The cluster's identity, which the folder keeps. */
    public String clusterId() {
        return clusterId;
    }

    /** Returns when somebody has stopped the broker. */
    public void awaitStop() {
        server.awaitShutdown();
    }

    /** Flushes, hands over and stops; the second call does nothing. */
    public synchronized void stop() {
        if (!stopped) {
            stopped = true;
            server.shutdown();
            server.awaitShutdown();
        }
    }

    @Override
    public void close() {
        stop();
    }

    /** The port clients use, and another for the controller; both bound once to see that they are free. */
    private static int[] ports(int wanted) throws BrokerException {
        try (var broker = bind(wanted);
                var controller = bind(0)) {
            return new int[] {broker.getLocalPort(), controller.getLocalPort()};
        } catch (IOException e) {
            throw new BrokerException(
                    "port " + wanted + " on 127.0.0.1 is needed for Kafka, but it is taken (" + firstLine(e)
                            + "); stop what uses it or choose another port",
                    e);
        }
    }

    private static ServerSocket bind(int port) throws IOException {
        var socket = new ServerSocket();
        try {
            // As Kafka binds: otherwise the ports of connections that just closed would count as taken.
            socket.setReuseAddress(true);
            socket.bind(new InetSocketAddress(InetAddress.getByName("127.0.0.1"), port));
            return socket;
        } catch (IOException e) {
            socket.close();
            throw e;
        }
    }

    /** Makes the folder a Kafka folder unless it is one, and returns the cluster's id. */
    private static String format(Path data) throws BrokerException {
        try {
            Files.createDirectories(data);
        } catch (FileAlreadyExistsException e) {
            throw new BrokerException("Kafka's data folder must be a folder, but " + data + " is a file", e);
        } catch (IOException e) {
            throw new BrokerException("Kafka's data folder " + data + " cannot be created: " + firstLine(e), e);
        }
        if (!Files.isWritable(data)) {
            throw new BrokerException("Kafka's data folder " + data + " must be writable, but it is not");
        }
        requireUnused(data);
        var known = clusterId(data);
        if (known != null) {
            return known;
        }
        var clusterId = Uuid.randomUuid().toString();
        try {
            var silent = new PrintStream(OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8);
            new Formatter()
                    .setClusterId(clusterId)
                    .setNodeId(NODE_ID)
                    .addDirectory(data.toAbsolutePath().toString())
                    .setMetadataLogDirectory(data.toAbsolutePath().toString())
                    .setControllerListenerName("CONTROLLER")
                    .setHasDynamicQuorum(false)
                    .setIgnoreFormatted(true)
                    .setPrintStream(silent)
                    .run();
            return clusterId;
        } catch (Exception e) { // Formatter declares nothing narrower
            throw new BrokerException("Kafka's data folder " + data + " cannot be prepared: " + firstLine(e), e);
        }
    }

    /** Kafka locks this file too, but says so with a stack trace and after seconds. */
    private static void requireUnused(Path data) throws BrokerException {
        try (var channel =
                        FileChannel.open(data.resolve(".lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
                var lock = channel.tryLock()) {
            if (lock == null) {
                throw new BrokerException("Kafka's data folder " + data
                        + " is in use by another broker; stop that one or choose another folder");
            }
        } catch (java.nio.channels.OverlappingFileLockException e) {
            throw new BrokerException("Kafka's data folder " + data + " is in use by another broker in this JVM", e);
        } catch (IOException e) {
            throw new BrokerException("Kafka's data folder " + data + " cannot be written: " + firstLine(e), e);
        }
    }

    private static @Nullable String clusterId(Path data) throws BrokerException {
        var meta = data.resolve(META);
        try {
            if (!Files.exists(meta)) {
                try (var entries = Files.list(data)) {
                    var other =
                            entries.filter(entry -> !entry.endsWith(".lock")).findAny();
                    if (other.isPresent()) {
                        throw new BrokerException("Kafka's data folder must be empty or hold a broker's data, but "
                                + data + " holds " + other.get().getFileName() + " and no " + META);
                    }
                }
                return null;
            }
            var properties = new Properties();
            try (var reader = Files.newBufferedReader(meta)) {
                properties.load(reader);
            }
            var id = properties.getProperty("cluster.id");
            if (id == null
                    || !"1".equals(properties.getProperty("version"))
                    || !Integer.toString(NODE_ID).equals(properties.getProperty("node.id"))) {
                throw new BrokerException(meta + " must be of format 1 and of node " + NODE_ID
                        + ", but it is not; choose another data folder or delete this one");
            }
            return id;
        } catch (IOException | IllegalArgumentException e) {
            throw new BrokerException(meta + " cannot be read: " + firstLine(e), e);
        }
    }

    private static String firstLine(Throwable e) {
        Throwable deepest = e;
        while (deepest.getCause() != null) {
            deepest = deepest.getCause();
        }
        var message = deepest.getMessage() == null ? deepest.getClass().getSimpleName() : deepest.getMessage();
        return message.lines().findFirst().orElse(message);
    }
}
