package io.saccade.cli.stack;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.saccade.cli.CliException;
import io.saccade.testkit.Await;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** With shell scripts in place of the stack: what a supervisor does with processes does not depend on what they do. */
class SupervisorIT {

    private static final Duration SOON = Duration.ofSeconds(20);
    private static final String SERVE = "echo READY; exec sleep 600";

    @TempDir
    Path home;

    private StackFolder folder;

    @BeforeEach
    void name() {
        folder = StackFolder.of(home, "test");
    }

    @Test
    void startsWaveByWaveAndStopsInReverse() throws Exception {
        // Given
        var said = new ArrayList<String>();
        var supervisor = open(broker(SERVE), service("a", SERVE), service("b", SERVE));

        // When
        supervisor.start(ProcessPlan.Wave.BROKER);
        Await.until("the broker", SOON, () -> supervisor.isReady(ProcessPlan.Wave.BROKER));
        supervisor.start(ProcessPlan.Wave.SERVICES);
        Await.until("all", SOON, () -> supervisor.isReady(ProcessPlan.Wave.values()));
        var state = supervisor.state();
        supervisor.stop(said::add);

        // Then
        assertThat(said).containsExactly("stopping a, b", "stopping kafka");
        assertThat(state.processes())
                .allSatisfy(process -> assertThat(process.running()).isEmpty());
        assertThat(folder.state()).doesNotExist();
    }

    @Test
    void reportsAProcessThatEndsByItselfWithItsCodeAndItsLastWords() throws Exception {
        // Given
        try (var supervisor = open(service("a", "echo READY; echo 'out of paper'; exit 7"))) {

            // When
            supervisor.start(ProcessPlan.Wave.SERVICES);
            var exit = supervisor.awaitExit(SOON).orElseThrow();

            // Then
            assertThat(exit.exitCode()).isEqualTo(7);
            assertThat(Startup.explain(exit))
                    .contains("a ended with exit code 7")
                    .contains("  | out of paper");
        }
    }

    @Test
    void letsOnlyOneSupervisorHaveAStack() {
        // Given
        try (var first = open(service("a", SERVE))) {

            // When, then
            assertThatThrownBy(() -> open(service("a", SERVE)))
                    .isInstanceOf(CliException.class)
                    .hasMessageContaining("stack 'test' runs already");
            assertThat(first.isStopping()).isFalse();
        }
    }

    @Test
    void holdsItsPortsAsLongAsItLives() {
        // Given
        var port = new int[1];
        var supervisor = Supervisor.open(folder, reserveOne(port), () -> new StackPlan("a:1", "b:2", List.of()));
        try (var other = PortReservations.open()) {

            // When: a channel that nobody refers to would be closed now, and its locks with it
            System.gc();
            boolean isTakenWhileItLives = !other.reserve(port[0]);
            supervisor.stop(_ -> {});

            // Then
            assertThat(isTakenWhileItLives).isTrue();
            assertThat(other.reserve(port[0])).isTrue();
        }
    }

    @Test
    void endsWhatAKilledSupervisorLeftBehind() throws Exception {
        // Given
        var killed = open(service("a", SERVE));
        killed.start(ProcessPlan.Wave.SERVICES);
        Await.until("a", SOON, () -> killed.isReady(ProcessPlan.Wave.SERVICES));
        var left = killed.state();
        killed.abandon();

        // When
        try (var next = open(service("a", SERVE))) {

            // Then
            assertThat(left.processes())
                    .allSatisfy(process -> assertThat(process.running()).isEmpty());
            assertThat(next.state().processes()).hasSize(1);
        }
    }

    @Test
    void killsAProcessThatDoesNotStopWhenAsked() throws Exception {
        // Given
        var said = new ArrayList<String>();
        var deaf = open(service("deaf", "trap '' TERM; echo READY; while :; do sleep 1; done"));
        deaf.start(ProcessPlan.Wave.SERVICES);
        Await.until("deaf", SOON, () -> deaf.isReady(ProcessPlan.Wave.SERVICES));
        var state = deaf.state();

        // When
        Supervisor.stop(state, said::add, Duration.ofMillis(300));

        // Then
        assertThat(said).last().asString().startsWith("killing deaf");
        assertThat(state.processes())
                .allSatisfy(process -> assertThat(process.running()).isEmpty());
        deaf.close();
    }

    private static PortReservations reserveOne(int[] port) {
        var reservations = PortReservations.open();
        port[0] = reservations.any();
        return reservations;
    }

    private Supervisor open(ProcessPlan... processes) {
        return Supervisor.open(
                folder, PortReservations.open(), () -> new StackPlan("127.0.0.1:1", "127.0.0.1:2", List.of(processes)));
    }

    private static ProcessPlan broker(String script) {
        return process("kafka", ProcessPlan.Wave.BROKER, script);
    }

    private static ProcessPlan service(String name, String script) {
        return process(name, ProcessPlan.Wave.SERVICES, script);
    }

    private static ProcessPlan process(String name, ProcessPlan.Wave wave, String script) {
        return new ProcessPlan(
                name,
                wave,
                List.of("/bin/sh", "-c", script),
                Map.of(),
                "nowhere",
                new Probe.LogLine("READY"),
                "kafka://127.0.0.1:1");
    }
}
