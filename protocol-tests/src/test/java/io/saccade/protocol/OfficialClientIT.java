package io.saccade.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** NVIDIA's own Python client gets along with our model server. Skipped where it is not installed. */
class OfficialClientIT {

    @Test
    void findsNothingWrong() throws IOException, InterruptedException {
        // Given
        ServerProcess.assumeTriton();
        Path python = ServerProcess.tritonHome().resolve("venv/bin/python");
        try (var server =
                ServerProcess.ours(Cases.REPOSITORY, Path.of("target", "model-server-python.log"), Cases.options())) {

            // When
            var process = new ProcessBuilder(
                            python.toString(),
                            Checkout.path("protocol-tests/src/test/resources/official_client.py")
                                    .toString(),
                            server.endpoint())
                    .redirectErrorStream(true)
                    .start();
            var output = new String(process.getInputStream().readAllBytes());

            // Then
            assertThat(process.waitFor()).as(output).isZero();
            assertThat(output).contains("health", "infer", "strings", "async", "stream", "model control");
        }
    }
}
