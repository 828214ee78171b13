package io.saccade.sources;

import static org.assertj.core.api.Assertions.assertThat;

import io.saccade.contract.EventIds;
import io.saccade.testkit.WebHost;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Services are processes of their own, so this starts some. */
class SharedCacheIT {

    private static final byte[] PICTURE = {1, 2, 3, 4, 5};

    @TempDir
    Path folder;

    @Test
    void fourProcessesThatWantTheSameImageFetchItOnce() throws Exception {
        try (var host = WebHost.plain()) {
            // Given
            var calls = new AtomicInteger();
            host.answer("/a.jpg", exchange -> {
                calls.incrementAndGet();
                LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(500)); // so that all of them want it meanwhile
                WebHost.send(exchange, 200, PICTURE);
            });
            var services = new ArrayList<Process>();
            try {
                for (int i = 0; i < 4; i++) {
                    services.add(start(host.uri("/a.jpg").toString()));
                }
                var outputs = services.stream().map(Process::inputReader).toList();
                for (var output : outputs) {
                    assertThat(output.readLine()).isEqualTo("READY");
                }

                // When
                for (var service : services) {
                    service.outputWriter().append('\n').close();
                }

                // Then
                for (BufferedReader output : outputs) {
                    assertThat(output.readLine()).isEqualTo(EventIds.sha256(PICTURE));
                }
                assertThat(calls).hasValue(1);
            } finally {
                services.forEach(Process::destroyForcibly);
            }
        }
    }

    private Process start(String uri) throws IOException {
        return new ProcessBuilder(List.of(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx64m",
                        "-XX:+UseSerialGC",
                        "-XX:TieredStopAtLevel=1",
                        "-cp",
                        System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
                        FetchOnce.class.getName(),
                        uri,
                        folder.resolve("cache").toString()))
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
    }
}
