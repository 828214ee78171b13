package io.saccade.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The start script in a checkout that is not built, with a JDK and a Maven that only say what they were asked. */
class SaccadeScriptIT {

    @TempDir
    Path root;

    private Path script;
    private Path jdk;

    @BeforeEach
    void checkOut() throws IOException {
        script = Files.copy(Path.of(System.getProperty("saccade.root"), "saccade"), root.resolve("saccade"));
        Files.writeString(root.resolve("pom.xml"), "<project/>");
        jdk = root.resolve("jdk");
        executable("jdk/bin/java", "echo \"java $*\"");
        executable("jdk/bin/javac", "exit 0");
        Files.writeString(jdk.resolve("release"), "JAVA_VERSION=\"25.0.1\"\n");
        maven("3.9.11", "exit 0");
    }

    @Test
    void helpsBeforeAnythingIsBuilt() throws Exception {
        // When
        var run = run(Map.of(), "--help");

        // Then
        assertThat(run.exitCode()).isZero();
        assertThat(run.out())
                .contains("Usage: ./saccade COMMAND")
                .contains("demo")
                .contains("test");
        assertThat(root.resolve(".saccade")).doesNotExist();
    }

    @Test
    void buildsOnceAndThenRunsTheCommandLineWithAllItsArguments() throws Exception {
        // Given
        maven("3.8.7", products());

        // When
        var first = run(Map.of(), "send", "a b.png", "--question", "what's this?");
        var second = run(Map.of(), "status");

        // Then
        assertThat(first.err()).contains("Building Saccade").contains("Built in");
        assertThat(first.out()).contains("io.saccade.cli.Main send a b.png --question what's this?");
        assertThat(second.err()).isEmpty();
        assertThat(second.out()).contains("io.saccade.cli.Main status");
    }

    @Test
    void handsAllFlagsOfServeToTheModelServer() throws Exception {
        // Given
        maven("3.8.7", products());

        // When
        var run = run(Map.of(), "serve", "--model-repository", "my models", "--load-model=*");

        // Then
        assertThat(run.out()).contains("io.saccade.modelserver.Main --model-repository my models --load-model=*");
    }

    @Test
    void buildsAgainOnlyWhatChanged() throws Exception {
        // Given
        maven("3.8.7", products());
        run(Map.of(), "build");
        var stamp = root.resolve(".saccade/built");
        var source =
                Files.createDirectories(root.resolve("services/vqa/src/main")).resolve("Vqa.java");
        Files.writeString(source, "class Vqa {}");
        Files.setLastModifiedTime(
                source,
                java.nio.file.attribute.FileTime.fromMillis(
                        Files.getLastModifiedTime(stamp).toMillis() + 2_000));

        // When
        run(Map.of(), "build");

        // Then
        assertThat(Files.readString(root.resolve(".saccade/build.log"))).contains("-pl services/vqa -am package");
    }

    @Test
    void showsWhyABuildFailed() throws Exception {
        // Given
        maven("3.8.7", "echo '[ERROR] Foo.java:[1,1] that is no Java'; exit 1");

        // When
        var run = run(Map.of(), "status");

        // Then
        assertThat(run.exitCode()).isEqualTo(3);
        assertThat(run.err()).contains("the build failed").contains("Foo.java:[1,1] that is no Java");
    }

    @Test
    void handsTheArgumentsOfTestToMaven() throws Exception {
        // When
        var run = run(Map.of(), "test", "-pl", "libs/vision");

        // Then
        assertThat(run.out()).contains("verify -pl libs/vision");
    }

    @Test
    void saysWhichMavenIsNeeded() throws Exception {
        // Given
        maven("3.6.3", "exit 0");

        // When
        var run = run(Map.of(), "build");

        // Then
        assertThat(run.exitCode()).isEqualTo(3);
        assertThat(run.err()).contains("Maven 3.8 or newer is needed").contains("found 3.6");
    }

    @Test
    void looksElsewhereWhenJavaHomeIsOfAnotherVersion() throws Exception {
        // Given
        Files.writeString(jdk.resolve("release"), "JAVA_VERSION=\"17.0.1\"\n");

        // When: this machine has a JDK 25, or this test would not run
        var run = run(Map.of("PATH", System.getProperty("java.home") + "/bin:" + path()), "test");

        // Then
        assertThat(run.exitCode()).isZero();
        assertThat(run.out()).contains("verify");
    }

    /** What a Maven does that builds everything. */
    private static String products() {
        return """
                for folder in libs/broker services/model-server services/cli; do mkdir -p "$folder/target/lib"; done
                for name in encoder captioner vqa moderator joiner intake; do
                    mkdir -p "services/$name/target/quarkus-app" && touch "services/$name/target/quarkus-app/quarkus-run.jar"
                done
                """;
    }

    private void maven(String version, String build) throws IOException {
        executable(
                "bin/mvn",
                "case \"$*\" in *--version*) echo 'Apache Maven " + version + "'; exit 0 ;; esac\necho \"$*\"\n"
                        + build);
    }

    private void executable(String name, String body) throws IOException {
        var file = root.resolve(name);
        Files.createDirectories(file.getParent());
        Files.writeString(file, "#!/bin/sh\n" + body + "\n");
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    private String path() {
        return root.resolve("bin") + ":/usr/bin:/bin";
    }

    private CommandLineRun run(Map<String, String> environment, String... args) throws Exception {
        var command = new ArrayList<>(List.of("/bin/sh", script.toString()));
        command.addAll(List.of(args));
        var out = root.resolve("out.txt");
        var err = root.resolve("err.txt");
        var builder = new ProcessBuilder(command)
                .directory(root.toFile())
                .redirectOutput(out.toFile())
                .redirectError(err.toFile());
        builder.environment().put("JAVA_HOME", jdk.toString());
        builder.environment().put("PATH", path());
        builder.environment().putAll(environment);
        var process = builder.start();
        if (!process.waitFor(60, TimeUnit.SECONDS)) {
            process.destroyForcibly();
            throw new AssertionError("the script did not end within 60 s: " + Files.readString(err));
        }
        return new CommandLineRun(process.exitValue(), Files.readString(out, UTF_8), Files.readString(err, UTF_8));
    }
}
