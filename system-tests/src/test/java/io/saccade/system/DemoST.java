package io.saccade.system;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** README's first command, beside a stack that runs already: as a newcomer runs it, and a second time. */
class DemoST {

    @TempDir
    Path folder;

    @Test
    void showsEveryPictureBesideItsAnswerAndLeavesNothingBehind() throws Exception {
        // Given
        Stack.shared();
        var sheet = folder.resolve("sheet.html");
        var pictures = Pictures.all();

        // When
        var result = CommandLine.run(
                Duration.ofMinutes(4), "demo", "--home", folder.resolve("home").toString(), "--out", sheet.toString());

        // Then
        assertThat(result.exit()).as(result.output()).isZero();
        assertThat(result.output())
                .contains("Ready after", pictures.size() + " joined answers", "\"status\" : \"COMPLETE\"")
                .contains("COMPLETE", "REFUSED", "BLOCK")
                .contains("ends before its end marker");
        var html = Files.readString(sheet);
        for (var picture : pictures) {
            assertThat(html).contains(picture.file());
            if (picture.expect().caption() != null) {
                assertThat(html).contains(picture.expect().caption());
            }
        }
        assertThat(ProcessHandle.allProcesses()
                        .map(process -> process.info().commandLine().orElse(""))
                        .filter(command -> command.contains(folder.toString())))
                .isEmpty();
    }

    @Test
    void saysInOneLineWhatIsWrongWithACommand() throws Exception {
        // Given
        var home = folder.resolve("home").toString();
        var commands = List.of(
                new String[] {"frobnicate"},
                new String[] {"demo", "--frobnicate"},
                new String[] {
                    "send", "--home", home, Repository.path("deploy/demo").toString()
                },
                new String[] {"send", "--home", home, "--task", "dance", "x.png"},
                new String[] {"show", "--home", home, "no-such-image"},
                new String[] {"status", "--home", home},
                new String[] {"up", "--home", home, "--kafka", "127.0.0.1:1", "--timeout", "10s"});

        for (var command : commands) {
            // When
            var result = CommandLine.run(Duration.ofSeconds(60), command);

            // Then
            var line = String.join(" ", command);
            assertThat(result.exit()).as(line).isNotZero();
            assertThat(result.output().lines().filter(text -> text.startsWith("saccade: ")))
                    .as(line + "\n" + result.output())
                    .hasSize(1);
            assertThat(result.output()).as(line).doesNotContain("Exception", "\tat ");
        }
    }

    @Test
    void answersForARunningStack() throws Exception {
        // Given
        var stack = Stack.shared();
        var picture = Repository.path("deploy/demo/01-small-red-circle.png").toString();

        // When
        var sent =
                stack.run(Duration.ofMinutes(2), "send", picture, "--question", "what color is the circle?", "--wait");

        // Then
        sent.expectSuccess();
        assertThat(sent.output()).contains("a small red circle in", "red circle", "COMPLETE"); // a cell wraps its text
        var matcher =
                java.util.regex.Pattern.compile("01-small-red-circle-[a-z0-9]+").matcher(sent.output());
        assertThat(matcher.find()).isTrue();
        assertThat(stack.run(Duration.ofMinutes(1), "show", matcher.group())
                        .expectSuccess()
                        .output())
                .contains("a small red circle in the top left", "caption", "coca");
        stack.run(Duration.ofMinutes(1), "topics", "check").expectSuccess();
        assertThat(stack.run(Duration.ofMinutes(1), "doctor").expectSuccess().output())
                .contains("ok");
    }

    @Test
    void findsNoJdkAndSaysWhatToInstall() throws Exception {
        // When: nothing of this machine's JDKs can be found
        var process = new ProcessBuilder("unshare", "--version").redirectErrorStream(true);
        org.junit.jupiter.api.Assumptions.assumeTrue(process.start().waitFor() == 0, "unshare is not installed");
        var hidden = new ProcessBuilder(
                        "unshare",
                        "--map-root-user",
                        "--mount",
                        "sh",
                        "-c",
                        "mount -t tmpfs none /usr/lib/jvm && unset JAVA_HOME && PATH=/bin:/usr/bin "
                                + Repository.path("saccade") + " status")
                .redirectErrorStream(true)
                .start();
        var output = new String(hidden.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);

        // Then
        org.junit.jupiter.api.Assumptions.assumeFalse(
                output.startsWith("unshare:") || output.startsWith("mount:"), "no mount namespace here: " + output);
        assertThat(hidden.waitFor()).isEqualTo(3);
        assertThat(output).contains("JDK 25", "apt-get install");
    }
}
