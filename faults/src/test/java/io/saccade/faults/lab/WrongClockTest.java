package io.saccade.faults.lab;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class WrongClockTest {

    private static final long WAIT = 200;

    @Test
    void aJvmThatIsToldSoIsAnHourAheadAndWaitsAsLongAsItIsTold() throws Exception {
        assumeTrue(WrongClock.isHere(), "a wrong clock needs libfaketime (apt-get install faketime)");
        // Given
        var java = Path.of(System.getProperty("java.home"), "bin", "java");
        var builder = new ProcessBuilder(
                java.toString(), "-cp", System.getProperty("java.class.path"), WrongClockTest.class.getName());
        builder.environment().putAll(WrongClock.by(Duration.ofHours(1)));

        // When
        var process = builder.start();
        var said = new String(process.getInputStream().readAllBytes(), StandardCharsets.US_ASCII)
                .strip()
                .split(" ");

        // Then
        assertThat(process.waitFor(1, TimeUnit.MINUTES)).isTrue();
        assertThat(Duration.between(Instant.now(), Instant.parse(said[0])))
                .isBetween(Duration.ofMinutes(50), Duration.ofMinutes(61));
        assertThat(Long.parseLong(said[1]))
                .as("ms of a wait of " + WAIT + " ms")
                .isGreaterThanOrEqualTo(WAIT * 9L / 10);
    }

    @SuppressWarnings({"SystemOut", "WaitNotInLoop"}) // the line is what the test reads; nobody wakes the wait
    public static void main(String[] args) throws InterruptedException {
        var nobody = new Object();
        long start = System.nanoTime();
        synchronized (nobody) {
            nobody.wait(WAIT);
        }
        System.out.println(Instant.now() + " " + (System.nanoTime() - start) / 1_000_000);
    }
}
