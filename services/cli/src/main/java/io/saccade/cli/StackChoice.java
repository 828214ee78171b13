package io.saccade.cli;

import io.saccade.cli.stack.Installation;
import io.saccade.cli.stack.StackFolder;
import io.saccade.cli.stack.StackState;
import io.saccade.cli.stack.StateFile;
import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Which stack a command is about. */
final class StackChoice {

    @Option(
            names = "--name",
            paramLabel = "STACK",
            defaultValue = "default",
            description = "Which stack; several may run side by side (default: ${DEFAULT-VALUE}).")
    private String name = "default";

    @Option(
            names = "--home",
            paramLabel = "DIR",
            description = "Where stacks keep data, logs and state (default: .saccade beside this program).")
    private @Nullable Path home;

    StackFolder folder(Installation installation) {
        return StackFolder.of(home(installation), name);
    }

    Path home(Installation installation) {
        return home == null ? installation.root().resolve(".saccade") : home.toAbsolutePath();
    }

    /** The state of the stack, if its supervisor lives. */
    Optional<StackState> running(Installation installation) {
        return new StateFile(folder(installation).state())
                .read()
                .filter(state -> state.supervisor().running().isPresent());
    }

    /** Options that name this stack in a command a person may copy; empty for the usual one. */
    String asOptions() {
        return (name.equals("default") ? "" : " --name " + name) + (home == null ? "" : " --home " + home);
    }
}
