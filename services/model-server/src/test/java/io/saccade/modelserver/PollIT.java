package io.saccade.modelserver;

import static org.assertj.core.api.Assertions.assertThat;

import io.saccade.triton.InferRequest;
import io.saccade.triton.Shape;
import io.saccade.triton.Tensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A server that looks at its folder again and again. */
@Timeout(120)
class PollIT {
    @TempDir
    private Path folder;

    @TempDir
    private Path elsewhere;

    @Test
    void loadsWhatComesTakesWhatChangesAndLetsGoWhatIsGone() throws IOException {
        // Given
        RunningServer.copy("newest", folder);
        try (var server = RunningServer.start(polling(true))) {
            var client = server.client();
            assertThat(times(server)).isEqualTo(30);

            // When, Then: a model comes, whole at once
            Files.move(RunningServer.copy("add_sub", elsewhere), folder.resolve("add_sub"));
            Await.until("the new model is ready", () -> client.modelReady("add_sub"));

            // When, Then: a version goes
            delete(folder.resolve("newest/3"));
            Await.until("the one before it answers", () -> times(server) == 20);

            // When, Then: a model goes
            delete(folder.resolve("add_sub"));
            Await.until("it is not ready any more", () -> !client.modelReady("add_sub"));
            assertThat(client.serverReady()).isTrue();
        }
    }

    @Test
    void keepsWhatItHasUntilAChangeCanBeLoaded() throws IOException {
        // Given
        Path model = RunningServer.copy("newest", folder);
        Path config = model.resolve("config.pbtxt");
        String good = Files.readString(config);
        RunningServer.copy("picky", folder);
        try (var server = RunningServer.start(polling(true))) {
            // When: the second change shows that the first was looked at
            Files.writeString(config, "max_batch_sise: 4");
            Path picky = folder.resolve("picky/config.pbtxt");
            Files.writeString(picky, Files.readString(picky).replace("max_batch_size: 8", "max_batch_size: 16"));
            Await.until(
                    "the other change is taken",
                    () -> server.client().describe("picky").maxBatchSize() == 16);

            // Then
            assertThat(times(server)).isEqualTo(30);

            // When, Then
            Files.writeString(config, good + "parameters { key: 'mended' value { string_value: 'yes' } }");
            Await.until(
                    "the mended one is loaded",
                    () -> server.client().describe("newest").parameter("mended").isPresent());
        }
    }

    @Test
    void isNotReadyWhileAModelOfTheFolderIsNotUnlessToldOtherwise() throws IOException {
        // Given
        Path model = RunningServer.copy("picky", folder);
        Files.writeString(model.resolve("1/model.onnx"), "not a graph");
        RunningServer.copy("newest", folder);
        try (var strict = RunningServer.start(polling(true));
                var lenient = RunningServer.start(polling(false))) {
            assertThat(strict.client().serverReady()).isFalse();
            assertThat(strict.http("/v2/health/ready").statusCode()).isEqualTo(400);
            assertThat(strict.client().modelReady("newest")).isTrue();
            assertThat(lenient.client().serverReady()).isTrue();

            // When, Then
            Files.copy(RunningServer.REPOSITORY.resolve("picky/1/model.onnx"), elsewhere.resolve("model.onnx"));
            Files.move(
                    elsewhere.resolve("model.onnx"),
                    model.resolve("1/model.onnx"),
                    StandardCopyOption.REPLACE_EXISTING);
            Await.until("all are ready", () -> strict.client().serverReady());
        }
    }

    private ServerOptions polling(boolean strict) {
        return new ServerOptions(
                folder,
                "127.0.0.1",
                0,
                "127.0.0.1",
                0,
                "127.0.0.1",
                0,
                ControlMode.POLL,
                List.of(),
                strict,
                false,
                Duration.ofSeconds(20),
                1,
                Duration.ofMillis(50),
                Integer.MAX_VALUE,
                true);
    }

    private static long times(RunningServer server) {
        return server.client()
                .inferBlocking(InferRequest.to("newest")
                        .input(Tensor.int32("in", Shape.of(1), 10))
                        .build())
                .output("out")
                .asLongs()[0];
    }

    private static void delete(Path folder) throws IOException {
        try (var files = Files.walk(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }
}
