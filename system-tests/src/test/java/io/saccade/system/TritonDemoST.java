package io.saccade.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.saccade.contract.event.Task;
import io.saccade.contract.topic.Topic;
import io.saccade.contract.topic.TopicCatalogue;
import io.saccade.testkit.TestKafka;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The local stack on NVIDIA's Triton: the same answers as on our model server, and as tidy an end. */
class TritonDemoST {

    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static final Duration PATIENCE = Duration.ofMinutes(3);
    private static final Set<Task> ALL = Set.of(Task.values());
    private static final double FLOATS_APART = 1e-4;

    /** What no two runs have in common, whatever the server. */
    private static final Set<String> OF_THE_RUN = Set.of("timings", "submittedAt", "completedAt", "attempt");

    @TempDir
    Path folder;

    @Test
    void answersEveryPictureAsOurModelServerDoes() throws Exception {
        // Given
        assumeTriton();
        var pictures = new LinkedHashMap<String, Pictures.Picture>();
        for (var picture : Pictures.all()) {
            pictures.put("same-" + UUID.randomUUID(), picture);
        }
        var deadline = Instant.now().plusSeconds(3_600);
        var ours = answers(Stack.shared().kafka(), pictures, deadline);
        var home = folder.resolve("home").toString();
        Map<String, JsonNode> tritons;
        String demo;
        try {
            CommandLine.run(PATIENCE, "up", "--triton", "--detach", "--home", home)
                    .expectSuccess();
            var status = status(home);

            // When
            tritons = answers(TestKafka.at(status.path("bootstrapServers").asText()), pictures, deadline);
            demo = CommandLine.run(
                            PATIENCE,
                            "demo",
                            "--home",
                            home,
                            "--out",
                            folder.resolve("sheet.html").toString())
                    .expectSuccess()
                    .output();

            // Then
            assertThat(status.path("processes"))
                    .extracting(process -> process.path("name").asText())
                    .contains("triton")
                    .doesNotContain("model-server");
        } finally {
            CommandLine.run(PATIENCE, "down", "--home", home);
        }
        pictures.forEach((id, picture) -> expectSame(picture.file(), ours.get(id), tritons.get(id)));
        assertThat(demo).contains("Using the running stack", pictures.size() + " joined answers");
        expectNothingLeft();
    }

    @Test
    void showsTheDemoInAStackOfItsOwnAndLeavesNothingBehind() throws Exception {
        // Given
        assumeTriton();

        // When
        var result = CommandLine.run(
                Duration.ofMinutes(4),
                "demo",
                "--triton",
                "--home",
                folder.resolve("home").toString(),
                "--out",
                folder.resolve("sheet.html").toString());

        // Then
        assertThat(result.exit()).as(result.output()).isZero();
        assertThat(result.output())
                .contains("triton", Pictures.all().size() + " joined answers", "COMPLETE", "REFUSED", "BLOCK");
        expectNothingLeft();
    }

    @Test
    void saysHowToInstallTritonWhereItIsMissing() throws Exception {
        // When
        var result = CommandLine.run(
                Duration.ofMinutes(1),
                Map.of("SACCADE_TRITON", folder.resolve("none").toString()),
                "up",
                "--triton",
                "--home",
                folder.resolve("home").toString());

        // Then
        assertThat(result.exit()).isEqualTo(3);
        assertThat(result.output().strip().lines()).hasSize(1);
        assertThat(result.output())
                .startsWith("saccade: --triton needs NVIDIA's Triton in " + folder.resolve("none"))
                .contains("run " + Repository.path("deploy/triton/install.sh"));
    }

    private static void assumeTriton() {
        var home = Optional.ofNullable(System.getenv("SACCADE_TRITON"))
                .map(Path::of)
                .orElse(Repository.path(".saccade/triton"));
        Assumptions.assumeTrue(
                Files.exists(home.resolve("installed")),
                "NVIDIA's Triton is not in " + home + "; install it with deploy/triton/install.sh");
    }

    private static JsonNode status(String home) throws IOException, InterruptedException {
        var output =
                CommandLine.run(PATIENCE, "status", "--json", "--home", home).output();
        return JSON.readTree(output.substring(output.indexOf('{')));
    }

    /** The joined records of these pictures, by their ids. */
    private static Map<String, JsonNode> answers(
            TestKafka kafka, Map<String, Pictures.Picture> pictures, Instant deadline) throws IOException {
        var topics = TopicCatalogue.load();
        for (var entry : pictures.entrySet()) {
            kafka.submit(topics.name(Topic.IMAGES), entry.getValue().submission(entry.getKey(), ALL, deadline));
        }
        Map<String, JsonNode> answers = new LinkedHashMap<>();
        for (var id : pictures.keySet()) {
            answers.put(
                    id,
                    JSON.readTree(kafka.awaitKey(topics.name(Topic.ENRICHED), id, PATIENCE)
                            .text()));
        }
        return answers;
    }

    private static void expectSame(String where, JsonNode ours, JsonNode tritons) {
        if (ours.isObject()) {
            assertThat(names(tritons)).as(where).isEqualTo(names(ours));
            for (var name : names(ours)) {
                if (!OF_THE_RUN.contains(name)) {
                    expectSame(where + "." + name, ours.get(name), tritons.get(name));
                }
            }
        } else if (ours.isArray()) {
            assertThat(tritons.size()).as(where).isEqualTo(ours.size());
            for (int i = 0; i < ours.size(); i++) {
                expectSame(where + "[" + i + "]", ours.get(i), tritons.get(i));
            }
        } else if (ours.isFloatingPointNumber()) {
            assertThat(tritons.isNumber()).as(where).isTrue();
            assertThat(tritons.asDouble()).as(where).isCloseTo(ours.asDouble(), within(FLOATS_APART));
        } else {
            assertThat(tritons).as(where).isEqualTo(ours);
        }
    }

    private static Set<String> names(JsonNode object) {
        var names = new TreeSet<String>();
        object.fieldNames().forEachRemaining(names::add);
        return names;
    }

    /** No process that was started in the folder of the stack: Triton and its models stand there too. */
    private void expectNothingLeft() {
        var here = folder.toString();
        assertThat(ProcessHandle.allProcesses()
                        .filter(process -> workingDirectory(process).startsWith(here))
                        .map(process -> process.info().commandLine().orElse("")))
                .isEmpty();
    }

    private static String workingDirectory(ProcessHandle process) {
        try {
            return Files.readSymbolicLink(Path.of("/proc", Long.toString(process.pid()), "cwd"))
                    .toString();
        } catch (IOException e) {
            return ""; // it has just ended, or belongs to somebody else
        }
    }
}
