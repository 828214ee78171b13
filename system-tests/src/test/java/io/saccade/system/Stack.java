package io.saccade.system;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.saccade.testkit.TestKafka;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;

/** The local stack, started once for all tests of this JVM as a user starts it, and stopped at the end. */
final class Stack {

    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static Stack shared;

    private final Path home;
    private final OtlpReceiver traces;
    private final TestKafka kafka;

    private Stack(Path home, OtlpReceiver traces, TestKafka kafka) {
        this.home = home;
        this.traces = traces;
        this.kafka = kafka;
    }

    static synchronized Stack shared() throws IOException, InterruptedException {
        if (shared == null) {
            var home = Files.createTempDirectory("saccade-system-test");
            var traces = OtlpReceiver.start();
            Runtime.getRuntime().addShutdownHook(new Thread(() -> stop(home, traces)));
            CommandLine.run(
                            Duration.ofMinutes(4),
                            "up",
                            "--detach",
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
                    TestKafka.at(status(home).path("bootstrapServers").asText()));
        }
        return shared;
    }

    TestKafka kafka() {
        return kafka;
    }

    OtlpReceiver traces() {
        return traces;
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

    private static void stop(Path home, OtlpReceiver traces) {
        try {
            CommandLine.run(Duration.ofMinutes(2), "down", "--home", home.toString(), "--name", "system-test");
        } catch (IOException e) {
            System.err.println("the stack under " + home + " could not be stopped: " + e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        traces.close();
    }
}
