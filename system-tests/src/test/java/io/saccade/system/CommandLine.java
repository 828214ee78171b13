package io.saccade.system;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** The command line as {@code ./saccade} runs it, without asking first whether something is to be built. */
final class CommandLine {

    private CommandLine() {}

    /**
     * What a command left behind.
     *
     * @param exit   its status
     * @param output what it printed, on both streams
     */
    record Result(int exit, String output) {

        Result expectSuccess() {
            if (exit != 0) {
                throw new AssertionError("expected success, got exit status " + exit + ":\n" + output);
            }
            return this;
        }
    }

    static Result run(Duration longest, String... arguments) throws IOException, InterruptedException {
        return run(longest, Map.of(), arguments);
    }

    static Result run(Duration longest, Map<String, String> environment, String... arguments)
            throws IOException, InterruptedException {
        var command = new ArrayList<>(List.of(
                Repository.java().toString(),
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                Repository.classPath("services/cli"),
                "io.saccade.cli.Main"));
        command.addAll(List.of(arguments));
        Path out = Files.createTempFile(
                "saccade-command", ".out"); // a file: what a command leaves running keeps a pipe open
        var process = new ProcessBuilder(command);
        process.environment().put("SACCADE_ROOT", Repository.ROOT.toString());
        process.environment().putAll(environment);
        var started = process.redirectErrorStream(true)
                .redirectOutput(out.toFile())
                .redirectInput(new java.io.File("/dev/null"))
                .start();
        boolean ended = started.waitFor(longest.toSeconds(), TimeUnit.SECONDS);
        if (!ended) {
            started.destroyForcibly();
        }
        var output = Files.readString(out, StandardCharsets.UTF_8);
        Files.delete(out);
        if (!ended) {
            throw new AssertionError(String.join(" ", arguments) + " did not end within " + longest + ":\n" + output);
        }
        return new Result(started.exitValue(), output);
    }
}
