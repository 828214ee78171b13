package io.saccade.helm;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** Runs the shell lines of a recipe, with programs in the place of real ones that only note what they are asked for. */
@DisabledOnOs(value = OS.WINDOWS, disabledReason = "the recipe is for a POSIX shell")
class ContainersTest {

    private static final Path FOLDER = Yaml.ROOT.resolve("deploy").resolve("containers");

    @TempDir
    private Path folder;

    private record Run(int exit, List<String> asked, String said) {}

    @BeforeEach
    void standIns() throws IOException {
        Files.createFile(folder.resolve("asked"));
        standIn("apt-get", "for missing in $MISSING; do case \"$*\" in *\" $missing\") exit 100 ;; esac; done");
        standIn("rm", "");
    }

    @Test
    void asksForNoLibraryUnlessItIsTold() throws Exception {
        assertThat(decoders("java", "nothing")).isEqualTo(new Run(0, List.of(), ""));
        assertThat(Files.readString(recipe())).contains("ARG DECODERS=java");
    }

    @Test
    void takesBothLibrariesUnderTheNameTheyHaveInTheBaseImage() throws Exception {
        // When
        var ubuntu = decoders("native", "nothing");
        var debian = decoders("native", "libturbojpeg");

        // Then
        assertThat(ubuntu.exit()).isZero();
        assertThat(ubuntu.asked())
                .startsWith("apt-get update", "apt-get install -y --no-install-recommends libwebp7 libturbojpeg")
                .last()
                .asString()
                .startsWith("rm -rf /var/lib/apt/lists/"); // the shell has put this machine's files for the star
        assertThat(debian.exit()).isZero();
        assertThat(debian.asked()).contains("apt-get install -y --no-install-recommends libwebp7 libturbojpeg0");
    }

    @Test
    void makesNoImageWhereALibraryCannotBeHadOrTheWordIsWrong() throws Exception {
        assertThat(decoders("native", "libturbojpeg libturbojpeg0").exit()).isNotZero();
        var wrong = decoders("fast", "nothing");
        assertThat(wrong.exit()).isNotZero();
        assertThat(wrong.said()).contains("DECODERS must be java or native, got 'fast'");
    }

    @Test
    void usesTheVectorApiWhereTheBaseImageHasIt() throws Exception {
        assertThat(arguments("java.base@25\njdk.incubator.vector@25"))
                .containsExactly(
                        "-XX:MaxRAMPercentage=70",
                        "-XX:+ExitOnOutOfMemoryError",
                        "--enable-native-access=ALL-UNNAMED",
                        "--add-modules=jdk.incubator.vector");
        assertThat(arguments("java.base@25")).hasSize(3).doesNotContain("--add-modules=jdk.incubator.vector");
    }

    @Test
    void givesEveryServiceARecipeThatTheReadmeNames() throws Exception {
        var readme = Files.readString(FOLDER.resolve("README.md"));
        for (var service : Chart.SERVICES) {
            assertThat(readme).contains(service);
        }
        assertThat(readme).contains("for service in joiner intake; do");
    }

    /** What the recipe writes for the JVM where it has these modules. */
    private List<String> arguments(String modules) throws Exception {
        standIn("java", "printf '%s\\n' '" + modules + "'");
        var file = folder.resolve("java.args");
        var process = new ProcessBuilder(
                        "/bin/sh", "-c", shellLines(1).replace("/opt/saccade/java.args", file.toString()))
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve("said").toFile());
        process.environment().put("PATH", folder + ":" + process.environment().get("PATH"));
        assertThat(process.start().waitFor()).isZero();
        return Files.readAllLines(file);
    }

    private Run decoders(String decoders, String missing) throws Exception {
        Files.writeString(folder.resolve("asked"), "");
        var said = folder.resolve("said").toFile();
        var builder = new ProcessBuilder("/bin/sh", "-c", shellLines(0))
                .redirectErrorStream(true)
                .redirectOutput(said);
        builder.environment().clear();
        builder.environment().put("PATH", folder.toString());
        builder.environment().put("DECODERS", decoders);
        builder.environment().put("MISSING", missing);
        var process = builder.start();
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        return new Run(
                process.exitValue(),
                Files.readAllLines(folder.resolve("asked")),
                Files.readString(said.toPath()).strip());
    }

    private static Path recipe() {
        return FOLDER.resolve("Containerfile.jvm");
    }

    /** Those of one RUN, counted from 0. */
    private static String shellLines(int run) throws IOException {
        return Pattern.compile("(?m)^RUN ((?:.*\\\\\n)*.*)$")
                .matcher(Files.readString(recipe()))
                .results()
                .map(found -> found.group(1).replace("\\\n", " "))
                .toList()
                .get(run);
    }

    private void standIn(String name, String then) throws IOException {
        var file = folder.resolve(name);
        Files.writeString(
                file, "#!/bin/sh\necho \"" + name + " $*\" >> " + folder.resolve("asked") + "\n" + then + "\n");
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
    }
}
