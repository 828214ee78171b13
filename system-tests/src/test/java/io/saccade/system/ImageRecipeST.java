package io.saccade.system;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.saccade.testkit.Await;
import io.saccade.testkit.fault.Child;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The recipe of the services' images, from its first COPY to its ENTRYPOINT, followed in a folder that stands for the image's:
 * no container engine is needed for that. What it installs before is ContainersTest's.
 */
@DisabledOnOs(value = OS.WINDOWS, disabledReason = "the recipe is for a POSIX shell")
class ImageRecipeST {

    private static final String INSIDE = "/opt/saccade";
    private static final String MOUNT = "--mount=type=bind,target=/checkout ";
    private static final Duration PATIENCE = Duration.ofMinutes(3);
    private static final Map<String, String> ALONE = Map.of(
            "QUARKUS_HTTP_HOST", "127.0.0.1",
            "QUARKUS_HTTP_PORT", "0",
            "QUARKUS_OTEL_SDK_DISABLED", "true",
            "SACCADE_KAFKA_BOOTSTRAP_SERVERS", "127.0.0.1:1",
            "SACCADE_TRITON_ENDPOINTS", "127.0.0.1:1");

    @TempDir
    private Path image;

    @TempDir
    private Path work;

    @ParameterizedTest
    @ValueSource(strings = {"joiner", "encoder", "intake"})
    void startsWithTheClassesThatTheRecipeKept(String service) throws Exception {
        // Given
        var recipe = Files.readString(Repository.path("deploy/containers/Containerfile.jvm"))
                .replace("\\\n", " ");
        List<String> start = List.of();
        for (var line : recipe.substring(recipe.indexOf("\nCOPY ")).lines().toList()) {
            var words = line.split(" ", 2);
            switch (words[0]) {
                case "COPY" -> copy(words[1].replace("${SERVICE}", service).split(" "));
                case "RUN" -> run(inside(words[1].replace(MOUNT, "").replace("/checkout/", Repository.ROOT + "/")));
                case "ENTRYPOINT" -> start = Arrays.asList(new ObjectMapper().readValue(words[1], String[].class));
                default -> {}
            }
        }

        // When
        var command = new ArrayList<String>();
        start.forEach(word -> command.add(inside(word)));
        command.set(0, Repository.java().toString());
        var classes = work.resolve("classes");
        // Without a cache that fits, this JVM ends at once.
        command.addAll(1, List.of("-XX:AOTMode=on", "-Xlog:class+load:file=" + classes));
        var log = work.resolve("log");
        var builder = new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile());
        builder.environment().putAll(ALONE);
        builder.environment().put("SACCADE_MODELS_DIRECTORY", work.toString());
        builder.environment()
                .put("SACCADE_JOIN_STATE_DIRECTORY", work.resolve("state").toString());
        var child = Child.start(service, builder);

        // Then
        try {
            Await.until(service + " to listen", PATIENCE, () -> {
                assertThat(child.isAlive()).as(() -> read(log)).isTrue();
                return read(log).contains("Listening on");
            });
        } finally {
            child.kill();
        }
        assertThat(read(classes).lines().filter(line -> line.contains(" io.saccade.")))
                .hasSizeGreaterThan(10)
                // Lambdas are spun anew where a module was added to the JVM's own.
                .filteredOn(line -> !line.contains("$$Lambda"))
                .allMatch(line -> line.endsWith("source: shared objects file"));
    }

    /** As an image's build does: the files of a folder, not the folder. */
    private void copy(String... fromAndTo) throws IOException {
        var from = Repository.path(fromAndTo[0]);
        var to = Path.of(inside(fromAndTo[1]));
        Files.createDirectories(to);
        try (var files = Files.walk(from)) {
            for (var file : files.toList()) {
                var target = Files.isDirectory(from)
                        ? to.resolve(from.relativize(file).toString())
                        : to.resolve(file.getFileName());
                if (Files.isDirectory(file)) {
                    Files.createDirectories(target);
                } else {
                    Files.copy(file, target, StandardCopyOption.COPY_ATTRIBUTES);
                }
            }
        }
    }

    private void run(String line) throws IOException, InterruptedException {
        var said = work.resolve("said");
        var builder = new ProcessBuilder("/bin/sh", "-c", line)
                .redirectErrorStream(true)
                .redirectOutput(said.toFile());
        var home = Path.of(System.getProperty("java.home"));
        builder.environment().put("JAVA_HOME", home.toString());
        builder.environment().merge("PATH", home.resolve("bin").toString(), (path, java) -> java + ":" + path);
        assertThat(builder.start().waitFor()).as(() -> line + "\n" + read(said)).isZero();
    }

    private String inside(String line) {
        return line.replace(INSIDE, image.toString());
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }
}
