package io.saccade.joiner;

import io.saccade.testkit.Await;
import io.saccade.testkit.fault.Child;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.regex.Pattern;

/** The packaged joiner as a process of its own: what it does when it is killed or stands still shows in no other way. For one thread. */
final class JoinerProcess implements AutoCloseable {

    private static final Pattern LISTENING = Pattern.compile("Listening on: http://127\\.0\\.0\\.1:(\\d+)");
    private static final Duration PATIENCE = Duration.ofMinutes(3);

    private final Child child;
    private final Path log;
    private final HttpClient http =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    private JoinerProcess(Child child, Path log) {
        this.child = child;
        this.log = log;
    }

    /**
     * Starts one; does not wait.
     *
     * @param folder      for its log and, below {@code state}, its state
     * @param environment wins over what is chosen here
     */
    static JoinerProcess start(Path folder, String name, String bootstrapServers, Map<String, String> environment) {
        var jar = Path.of(System.getProperty("saccade.root", "../.."))
                .resolve("services/joiner/target/quarkus-app/quarkus-run.jar")
                .toAbsolutePath();
        if (!Files.isRegularFile(jar)) {
            throw new IllegalStateException("the joiner must be packaged before, but there is no " + jar);
        }
        var log = folder.resolve(name + "-" + System.nanoTime() + ".log");
        var builder = new ProcessBuilder(List.of(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx192m",
                        "-XX:+UseSerialGC",
                        "-XX:TieredStopAtLevel=1",
                        "--enable-native-access=ALL-UNNAMED",
                        // Each answer to a probe that says "not yet" would be a line in the log.
                        "-Dquarkus.log.category.\"io.smallrye.health\".level=WARN",
                        // A dead member is noticed soon, and what it began is undone soon.
                        "-Dsaccade.kafka.client.\"session.timeout.ms\"=6000",
                        "-Dsaccade.kafka.client.\"heartbeat.interval.ms\"=1000",
                        "-Dsaccade.kafka.client.\"transaction.timeout.ms\"=6000",
                        "-jar",
                        jar.toString()))
                .redirectErrorStream(true)
                .redirectOutput(log.toFile());
        builder.environment()
                .putAll(Map.of(
                        "QUARKUS_HTTP_HOST", "127.0.0.1",
                        "QUARKUS_HTTP_PORT", "0",
                        "QUARKUS_OTEL_SDK_DISABLED", "true",
                        "MALLOC_ARENA_MAX", "2",
                        "SACCADE_KAFKA_BOOTSTRAP_SERVERS", bootstrapServers,
                        "SACCADE_JOIN_STATE_DIRECTORY",
                                folder.resolve("state").resolve(name).toString()));
        builder.environment().putAll(environment);
        return new JoinerProcess(Child.start(name, builder), log);
    }

    /** Its process, to be signalled. */
    Child process() {
        return child;
    }

    void awaitReady() {
        Await.until(child.name() + " to be ready, see " + log, PATIENCE, () -> {
            if (!child.isAlive()) {
                throw new IllegalStateException(child.name() + " ended:\n" + tail());
            }
            return status("/q/health/ready") == 200;
        });
    }

    /** Whether it says that it takes records; false while it cannot be asked. */
    boolean isReady() {
        return status("/q/health/ready") == 200;
    }

    /** Whether it knows an image. */
    boolean knows(String id) {
        return status("/images/" + id) == 200;
    }

    /** A meter by its name in Prometheus' text, summed over its tags; 0 when it has none yet. */
    double meter(String name) {
        return page("/q/metrics")
                .lines()
                .filter(line -> line.startsWith(name + "{") || line.startsWith(name + " "))
                .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
                .sum();
    }

    @Override
    public void close() {
        child.kill();
    }

    private int status(String path) {
        var port = port();
        if (port.isEmpty()) {
            return 0;
        }
        try {
            return get(port.getAsInt(), path).statusCode();
        } catch (IOException e) {
            return 0; // not yet, or no more
        }
    }

    private String page(String path) {
        try {
            return get(port().orElseThrow(), path).body();
        } catch (IOException e) {
            throw new UncheckedIOException(child.name() + " does not answer " + path, e);
        }
    }

    private HttpResponse<String> get(int port, String path) throws IOException {
        try {
            return http.send(
                    HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
                            .timeout(Duration.ofSeconds(10))
                            .build(),
                    HttpResponse.BodyHandlers.ofString());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
    }

    private OptionalInt port() {
        return tail().lines()
                .map(LISTENING::matcher)
                .filter(java.util.regex.Matcher::find)
                .mapToInt(matcher -> Integer.parseInt(matcher.group(1)))
                .findFirst();
    }

    /** Its whole log: it is short. */
    private String tail() {
        try {
            return new String(Files.readAllBytes(log), java.nio.charset.StandardCharsets.UTF_8);
        } catch (IOException e) {
            return "no log: " + e.getMessage();
        }
    }
}
