package io.saccade.cli;

import io.saccade.cli.stack.StateFile;
import io.saccade.cli.stack.Supervisor;
import java.io.IOException;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

@Command(
        name = "down",
        mixinStandardHelpOptions = true,
        description = {
            "Stops a stack: services first, then the model server, then Kafka. Its data stays for the next 'up';",
            "delete the stack's folder to forget it."
        },
        footer = {"%nExamples:", "  saccade down", "  saccade down --name second"})
final class DownCommand implements Callable<Integer> {

    private static final long PATIENCE_SECONDS = 90;

    private final Context context;

    @Mixin
    private final StackChoice stack = new StackChoice();

    DownCommand(Context context) {
        this.context = context;
    }

    @Override
    public Integer call() throws InterruptedException, IOException {
        var folder = stack.folder(context.installation());
        var file = new StateFile(folder.state());
        var found = file.read();
        if (found.isEmpty()) {
            context.screen().line("Stack '" + folder.name() + "' does not run.");
            return 0;
        }
        var state = found.get();
        var supervisor = state.supervisor().running();
        if (supervisor.isPresent()) {
            supervisor.get().destroy();
            try {
                supervisor.get().onExit().get(PATIENCE_SECONDS, TimeUnit.SECONDS);
            } catch (ExecutionException | TimeoutException e) {
                throw CliException.no("stack '" + folder.name() + "' should stop within " + PATIENCE_SECONDS
                        + " s, but process " + state.supervisor().pid() + " still runs; see " + folder.logs());
            }
        }
        // What a killed supervisor left, and, if it was killed just now, what it did not get to.
        Supervisor.stop(state, context.screen()::line);
        file.delete();
        context.screen().line("Stack '" + folder.name() + "' is stopped. Its data stays in " + folder.path());
        return 0;
    }
}
