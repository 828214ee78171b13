package io.saccade.system;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.saccade.testkit.TestKafka;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;

/**
 * The local stack, started once for all tests of this JVM as a user starts it, and stopped at the end. The intake is part
 * of it, and its stages may read images from the {@link Neighbours}.
 */
final class Stack {

    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static Stack shared;

    private final Path home;
    private final OtlpReceiver traces;
    private final TestKafka kafka;
    private final Optional<Neighbours> neighbours;

    private Stack(Path home, OtlpReceiver traces, TestKafka kafka, Optional<Neighbours> neighbours) {
        this.home = home;
        this.traces = traces;
        this.kafka = kafka;
        this.neighbours = neighbours;
    }

    static synchronized Stack shared() throws IOException, InterruptedException {
        if (shared == null) {
            var home = Files.createTempDirectory("saccade-system-test");
            var traces = OtlpReceiver.start();
            var neighbours = Neighbours.start(Files.createDirectories(home.resolve("neighbours")));
            Runtime.getRuntime().addShutdownHook(new Thread(() -> stop(home, traces, neighbours)));
            CommandLine.run(
                            Duration.ofMinutes(4),
                            neighbours.map(Neighbours::environment).orElse(Map.of()),
                            "up",
                            "--detach",
                            "--intake",
                            "--home",
                            home.toString(),
                            "--name",
                            "system-test",
                            "--otlp-endpoint",
                            traces.endpoint())
                    .expectSuccess();
            shared = new Stack(
                    home,
                    traces,
                    TestKafka.at(status(home).path("bootstrapServers").asText()),
                    neighbours);
        }
        return shared;
    }

    TestKafka kafka() {
        return kafka;
    }

    OtlpReceiver traces() {
        return traces;
    }

    /** Where its stages may read images from, and where not; nothing where this machine cannot tell the two apart. */
    Optional<Neighbours> neighbours() {
        return neighbours;
    }

    /** Keeps an image where the stages may read it as {@code file:}. */
    URI file(String name, byte[] image) throws IOException {
        var spool = Files.createDirectories(home.resolve("system-test").resolve("spool"));
        return Files.write(spool.resolve(name), image).toUri();
    }

    /** What {@code saccade status --json} says. */
    JsonNode status() throws IOException, InterruptedException {
        return status(home);
    }

    /** The process of a part of the stack. */
    JsonNode process(String name) throws IOException, InterruptedException {
        for (var process : status().path("processes")) {
            if (process.path("name").asText().equals(name)) {
                return process;
            }
        }
        throw new AssertionError("no process '" + name + "' in " + status());
    }

    /** A command on this stack. */
    CommandLine.Result run(Duration longest, String... arguments) throws IOException, InterruptedException {
        var all = new String[arguments.length + 4];
        System.arraycopy(arguments, 0, all, 0, arguments.length);
        all[arguments.length] = "--home";
        all[arguments.length + 1] = home.toString();
        all[arguments.length + 2] = "--name";
        all[arguments.length + 3] = "system-test";
        return CommandLine.run(longest, all);
    }

    private static JsonNode status(Path home) throws IOException, InterruptedException {
        var result = CommandLine.run(
                Duration.ofSeconds(60), "status", "--json", "--home", home.toString(), "--name", "system-test");
        return JSON.readTree(result.output().substring(result.output().indexOf('{')));
    }

    private static void stop(Path home, OtlpReceiver traces, Optional<Neighbours> neighbours) {
        try {
            CommandLine.run(Duration.ofMinutes(2), "down", "--home", home.toString(), "--name", "system-test");
        } catch (IOException e) {
            System.err.println("the stack under " + home + " could not be stopped: " + e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        traces.close();
        neighbours.ifPresent(Neighbours::close);
    }
}
