package io.saccade.modelserver;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;

import io.saccade.triton.InferRequest;
import io.saccade.triton.Shape;
import io.saccade.triton.Tensor;
import io.saccade.triton.TraceContext;
import io.saccade.triton.TritonClient;
import java.io.BufferedReader;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The program as it is started: its one line, its exit codes, its end. */
@Timeout(90)
class MainIT {
    private static final Pattern READY = Pattern.compile(
            "READY grpc=127\\.0\\.0\\.1:(\\d+) http=127\\.0\\.0\\.1:(\\d+) metrics=127\\.0\\.0\\.1:(\\d+) models=(\\d+) in \\d+ ms");

    @TempDir
    private Path folder;

    private record Ended(int code, String out, String err) {
        /** What it said itself, without the JVM's own warnings. */
        List<String> errors() {
            return err.lines().filter(line -> line.startsWith("error:")).toList();
        }
    }

    @Test
    void printsOneLineWhenItCanBeAskedAndEndsOnTheStopSignal() throws Exception {
        // Given
        RunningServer.copy("newest", folder);
        Process process = start(folder, List.of());
        try (BufferedReader out = process.inputReader()) {
            // When
            Matcher ready = READY.matcher(out.readLine());

            // Then
            assertThat(ready.matches()).isTrue();
            assertThat(ready.group(4)).isEqualTo("1");
            try (var client = TritonClient.builder()
                    .endpoint("127.0.0.1:" + ready.group(1))
                    .build()) {
                assertThat(client.modelReady("newest")).isTrue();
            }

            // When
            process.toHandle().destroy(); // Process.destroy() would close what is still to be read

            // Then
            assertThat(process.waitFor(30, SECONDS)).isTrue();
            assertThat(process.exitValue()).isEqualTo(128 + 15);
            assertThat(out.readLine()).isNull();
        } finally {
            process.destroyForcibly();
        }
    }

    /** Telemetry of ONNX Runtime 1.29.0 ended the JVM with SIGSEGV when the command line was long. */
    @Test
    void bearsALongCommandLineAndReportsToNobody() throws Exception {
        // Given
        RunningServer.copy("newest", folder);
        Path home = Files.createDirectory(folder.resolve(".home"));
        var builder = command(folder, List.of());
        builder.command().add(1, "-Dlong=" + "/a/b/c.jar:".repeat(3000));
        builder.environment().put("HOME", home.toString());
        builder.environment().remove("ORT_DISABLE_TELEMETRY");
        builder.environment().remove("CI"); // would turn it off as well
        Process process = builder.start();
        try (BufferedReader out = process.inputReader()) {
            // When
            String line = out.readLine();

            // Then
            assertThat(line).matches(READY);
            try (var left = Files.list(home)) {
                assertThat(left).isEmpty();
            }
        } finally {
            process.destroyForcibly();
        }
    }

    @Test
    void saysWhichPortIsTaken() throws Exception {
        // Given
        RunningServer.copy("newest", folder);
        try (var taken = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"))) {
            for (String option : List.of("--grpc-port", "--http-port", "--metrics-port")) {
                // When
                var ended = run(folder, List.of(option, "" + taken.getLocalPort()));

                // Then
                assertThat(ended.code()).isEqualTo(2);
                assertThat(ended.out()).isEmpty();
                assertThat(ended.errors())
                        .singleElement()
                        .asString()
                        .startsWith(
                                "error: " + option + ": expected a free port, got 127.0.0.1:" + taken.getLocalPort())
                        .endsWith("choose another, or 0 for any free one");
            }
        }
    }

    @Test
    void saysWhereTheConfigurationIsWrong() throws Exception {
        // Given
        Path model = RunningServer.copy("add_sub", folder);
        Path config = model.resolve("config.pbtxt");
        Files.writeString(config, Files.readString(config).replaceFirst("dims: \\[ 16 \\]", "dims: [ 17 ]"));

        // When
        var ended = run(folder, List.of());

        // Then
        assertThat(ended.code()).isEqualTo(2);
        assertThat(ended.errors())
                .containsExactly("error: " + config
                        + ":4: field 'input': dims of 'INPUT0': expected [-1,16] as the graph has it, got [-1,17], where the"
                        + " first -1 is the batch of max_batch_size");
    }

    @Test
    void saysWhatIsWrongWithAGraphThatIsNone() throws Exception {
        // Given
        Path model = RunningServer.copy("newest", folder);
        Files.writeString(model.resolve("3/model.onnx"), "not a graph");

        // When
        var ended = run(folder, List.of());

        // Then
        assertThat(ended.code()).isEqualTo(2);
        assertThat(ended.errors())
                .singleElement()
                .asString()
                .contains("newest/3/model.onnx: ONNX Runtime cannot load it:");
    }

    @Test
    void saysThatTheRepositoryIsMissing() throws Exception {
        // When
        var ended = run(folder.resolve("nothing"), List.of());

        // Then
        assertThat(ended.code()).isEqualTo(2);
        assertThat(ended.errors())
                .containsExactly("error: --model-repository: expected a folder with one folder for each model, got '"
                        + folder.resolve("nothing") + "', which does not exist");
    }

    @Test
    void saysWhichModelToLoadIsUnknown() throws Exception {
        // Given
        RunningServer.copy("newest", folder);

        // When
        var ended = run(folder, List.of("--model-control-mode", "explicit", "--load-model", "captoin"));

        // Then
        assertThat(ended.code()).isEqualTo(2);
        assertThat(ended.errors())
                .containsExactly(
                        "error: --load-model: expected a model of " + folder + ", which are [newest], got 'captoin'");
    }

    @Test
    void saysWhichOptionsDoNotGoTogether() throws Exception {
        // Given
        RunningServer.copy("newest", folder);

        // When, Then
        assertThat(run(folder, List.of("--load-model", "newest")).errors())
                .containsExactly(
                        "error: --load-model: expected --model-control-mode=explicit with it, as otherwise all models are"
                                + " loaded; got none");
        assertThat(run(folder, List.of("--model-control-mode=explicit", "--load-model=*", "--load-model=newest"))
                        .errors())
                .containsExactly("error: --load-model: expected '*' alone or names, got [*, newest]");
        assertThat(run(folder, List.of("--model-control-mode=poll", "--repository-poll-secs=0"))
                        .errors())
                .containsExactly("error: --repository-poll-secs: expected 1 or more, got 0");
    }

    @Test
    void loadsAllModelsOfTheFolderForTheStar() throws Exception {
        // Given
        RunningServer.copy("newest", folder);
        RunningServer.copy("add_sub", folder);
        Process process = start(folder, List.of("--model-control-mode=explicit", "--load-model=*"));
        try (BufferedReader out = process.inputReader()) {
            // When
            Matcher ready = READY.matcher(out.readLine());

            // Then
            assertThat(ready.matches()).isTrue();
            assertThat(ready.group(4)).isEqualTo("2");
        } finally {
            process.destroyForcibly();
        }
    }

    @Test
    void logsTheTraceOfARequestWithTheEnsembleAndEachOfItsSteps() throws Exception {
        // Given
        RunningServer.copy("add_sub", folder);
        RunningServer.copy("doubled", folder);
        var builder = command(folder, List.of());
        builder.command().add(1, "-Dorg.slf4j.simpleLogger.log.io.saccade.modelserver.ServedModel=debug");
        var trace = TraceContext.start(new Random(7));
        var log = folder.resolve(".log");
        Process process = builder.redirectError(log.toFile()).start();
        try (BufferedReader out = process.inputReader()) {
            Matcher ready = READY.matcher(out.readLine());
            assertThat(ready.matches()).isTrue();

            // When
            try (var client = TritonClient.builder()
                    .endpoint("127.0.0.1:" + ready.group(1))
                    .build()) {
                client.inferBlocking(InferRequest.to("doubled")
                        .id("it")
                        .headers(trace.headers())
                        .input(Tensor.int32("A", Shape.of(1, 16), new int[16]))
                        .input(Tensor.int32("B", Shape.of(1, 16), new int[16]))
                        .build());
            }

            // Then
            var traced = Files.readAllLines(log).stream()
                    .filter(line -> line.contains("a model takes a request of a trace"))
                    .toList();
            assertThat(traced)
                    .hasSize(3)
                    .allMatch(line -> line.contains(trace.traceId()) && line.contains(trace.spanId()));
            assertThat(traced).filteredOn(line -> line.contains("doubled")).hasSize(1);
            assertThat(traced).filteredOn(line -> line.contains("add_sub")).hasSize(2);
        } finally {
            process.destroyForcibly();
        }
    }

    private static Process start(Path repository, List<String> more) throws IOException {
        return command(repository, more).start();
    }

    private static ProcessBuilder command(Path repository, List<String> more) {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty("java.class.path"),
                "io.saccade.modelserver.Main",
                "--model-repository",
                repository.toString()));
        for (String option : List.of("--grpc-port", "--http-port", "--metrics-port")) {
            if (!more.contains(option)) {
                command.addAll(List.of(option, "0"));
            }
        }
        command.addAll(more);
        return new ProcessBuilder(command);
    }

    private static Ended run(Path repository, List<String> more) throws Exception {
        Process process = start(repository, more);
        try {
            var err = CompletableFuture.supplyAsync(() -> read(process.errorReader()));
            String out = read(process.inputReader());
            assertThat(process.waitFor(30, SECONDS)).isTrue();
            return new Ended(process.exitValue(), out, err.get(10, SECONDS));
        } finally {
            process.destroyForcibly();
        }
    }

    private static String read(BufferedReader reader) {
        return String.join("\n", reader.lines().toList());
    }
}
