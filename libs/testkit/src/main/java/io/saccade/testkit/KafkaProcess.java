package io.saccade.testkit;

import io.saccade.broker.Main;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** A broker in a process of its own, which a test may kill and start again on the same data and port. */
public final class KafkaProcess implements AutoCloseable {

    private final Path data;
    private final Path log;
    private final int port;
    private @Nullable Process process;

    private KafkaProcess(Path folder, int port) {
        this.data = folder.resolve("kafka");
        this.log = folder.resolve("kafka.log");
        this.port = port;
    }

    /** Starts a broker on a free port, with data and log in a folder, and waits until it takes records. */
    public static KafkaProcess start(Path folder) throws IOException {
        int port;
        try (var free = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"))) {
            port = free.getLocalPort();
        }
        var kafka = new KafkaProcess(folder, port);
        kafka.start();
        return kafka;
    }

    /** Where clients connect; the same for all its lives. */
    public String bootstrapServers() {
        return "127.0.0.1:" + port;
    }

    /** Starts it again after {@link #kill()} or {@link #stop()}, and waits until it takes records. */
    public void start() throws IOException {
        if (process != null) {
            throw new IllegalStateException("the broker runs already");
        }
        var builder = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx256m",
                        "-XX:+UseSerialGC",
                        "-XX:TieredStopAtLevel=1",
                        Main.class.getName(),
                        "--data",
                        data.toString(),
                        "--port",
                        Integer.toString(port))
                .redirectError(ProcessBuilder.Redirect.appendTo(log.toFile()));
        builder.environment().put("CLASSPATH", System.getProperty("java.class.path"));
        var started = builder.start();
        process = started;
        var out = new BufferedReader(new InputStreamReader(started.getInputStream(), StandardCharsets.UTF_8));
        for (var line = out.readLine(); line != null; line = out.readLine()) {
            if (line.startsWith("READY")) {
                return;
            }
        }
        process = null;
        throw new IOException("the broker did not start: " + Files.readString(log));
    }

    /** Ends it as a power cut does: no flush, no goodbye. */
    public void kill() {
        end(true);
    }

    /** Ends it as an operator does. */
    public void stop() {
        end(false);
    }

    @Override
    public void close() {
        kill();
    }

    private void end(boolean atOnce) {
        var running = process;
        if (running == null) {
            return;
        }
        if (atOnce) {
            running.destroyForcibly();
        } else {
            running.destroy();
        }
        try {
            if (!running.waitFor(30, TimeUnit.SECONDS)) {
                running.destroyForcibly();
                throw new AssertionError("the broker did not stop within 30 s; its log is " + log);
            }
        } catch (InterruptedException e) {
            running.destroyForcibly();
            Thread.currentThread().interrupt();
        }
        process = null;
    }
}
