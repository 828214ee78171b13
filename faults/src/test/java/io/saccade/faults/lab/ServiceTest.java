package io.saccade.faults.lab;

import static org.assertj.core.api.Assertions.assertThat;

import io.saccade.cli.stack.Probe;
import io.saccade.cli.stack.ProcessPlan;
import io.saccade.testkit.Await;
import java.net.http.HttpClient;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ServiceTest {

    @TempDir
    Path logs;

    @Test
    void tellsTheLastLineOfAProcessThatHasEnded() {
        try (var http = HttpClient.newHttpClient();
                var service = service(http, "printf 'first\\nno brok\\303\\n\\n'; exit 1")) {
            // Given
            service.launch();

            // When
            Await.until("the process to end", Duration.ofSeconds(30), () -> !service.isAlive());

            // Then
            assertThat(service.epitaph()).hasValueSatisfying(text -> assertThat(text)
                    .startsWith("joiner has ended, with the last line: no brok")
                    .contains("joiner-1.log"));
        }
    }

    @Test
    void tellsNothingOfOneThatRunsOrWasNeverStarted() {
        try (var http = HttpClient.newHttpClient();
                var service = service(http, "sleep 300")) {
            assertThat(service.epitaph()).isEmpty();

            // When
            service.launch();

            // Then
            assertThat(service.epitaph()).isEmpty();
        }
    }

    private Service service(HttpClient http, String script) {
        var plan = new ProcessPlan(
                "joiner",
                ProcessPlan.Wave.SERVICES,
                List.of("/bin/sh", "-c", script),
                Map.of(),
                "127.0.0.1:0",
                new Probe.LogLine("ready"),
                "http://127.0.0.1:0");
        return new Service("joiner", plan, logs, http, List.of(), Map.of());
    }
}
