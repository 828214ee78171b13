package io.saccade.cli.stack;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.saccade.cli.CliException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StateFileTest {

    @TempDir
    Path folder;

    @Test
    void readsBackWhatWasWritten() throws Exception {
        // Given
        var file = new StateFile(folder.resolve("state.json"));
        var state = state(
                new ProcessState.Ready(1_200),
                new ProcessState.Starting("no port"),
                new ProcessState.Waiting("kafka"),
                new ProcessState.Exited(137));

        // When
        file.write(state);

        // Then
        assertThat(file.read()).contains(state);
    }

    @Test
    void isEmptyBeforeTheFirstWrite() {
        assertThat(new StateFile(folder.resolve("state.json")).read()).isEmpty();
    }

    @Test
    void saysWhatToDoWithAFileOfAnotherVersion() throws Exception {
        // Given
        var path = Files.writeString(folder.resolve("state.json"), "{\"format\": 99}");

        // When, then
        assertThatThrownBy(() -> new StateFile(path).read())
                .isInstanceOf(CliException.class)
                .hasMessageContaining("delete it");
    }

    @Test
    void neverTakesALaterProcessForTheOneThatHadItsNumber() {
        // Given
        var now = ProcessIdentity.of(ProcessHandle.current());
        var before = new ProcessIdentity(now.pid(), now.started().minusSeconds(60));

        // When, then
        assertThat(now.running()).isPresent();
        assertThat(before.running()).isEmpty();
    }

    private static StackState state(ProcessState... states) {
        var processes = List.of(states).stream()
                .map(state -> new StackState.Entry(
                        "p" + state.getClass().getSimpleName(),
                        ProcessPlan.Wave.SERVICES,
                        state instanceof ProcessState.Waiting ? null : new ProcessIdentity(7, Instant.EPOCH),
                        state,
                        "http://127.0.0.1:1",
                        "http://127.0.0.1:1/q/health/ready",
                        "p.log"))
                .toList();
        return new StackState(
                StackState.FORMAT,
                "default",
                new ProcessIdentity(1, Instant.EPOCH),
                StackState.Phase.STARTING,
                Instant.EPOCH,
                "127.0.0.1:9092",
                "127.0.0.1:8001",
                processes);
    }
}
