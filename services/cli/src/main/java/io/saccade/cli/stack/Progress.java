package io.saccade.cli.stack;

import io.saccade.cli.screen.Screen;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Shows how a stack comes up: drawn in place on a terminal, a line per change elsewhere. */
public final class Progress {

    private final Screen screen;
    private final Map<String, ProcessState> shown = new HashMap<>();

    /** Shows on a screen. */
    public Progress(Screen screen) {
        this.screen = screen;
    }

    /** Shows the state now. */
    public void show(StackState state, Duration age) {
        if (screen.isTerminal()) {
            screen.draw(lines(state, age));
            return;
        }
        for (var process : state.processes()) {
            var before = shown.put(process.name(), process.state());
            boolean isNews = !(process.state() instanceof ProcessState.Waiting)
                    && (before == null || before.getClass() != process.state().getClass());
            if (isNews) {
                screen.line(line(process, 0));
            }
        }
    }

    /** Shows the last state for good. */
    public void end(StackState state, Duration age) {
        show(state, age);
        screen.keep();
    }

    static List<String> lines(StackState state, Duration age) {
        int longest = state.processes().stream()
                .mapToInt(process -> process.name().length())
                .max()
                .orElse(0);
        var lines = new ArrayList<String>();
        state.processes().forEach(process -> lines.add(line(process, longest)));
        long ready = state.processes().stream()
                .filter(process -> process.state() instanceof ProcessState.Ready)
                .count();
        lines.add(String.format(
                Locale.ROOT,
                "%d of %d ready after %.0f s",
                ready,
                state.processes().size(),
                age.toMillis() / 1_000.0));
        return lines;
    }

    private static String line(StackState.Entry process, int longest) {
        var name =
                process.name() + " ".repeat(Math.max(0, longest - process.name().length()));
        return switch (process.state()) {
            case ProcessState.Waiting(var reason) -> "  " + name + "  " + reason;
            case ProcessState.Starting(var reason) -> "  " + name + "  starting: " + reason;
            case ProcessState.Ready(var millis) ->
                String.format(Locale.ROOT, "  %s  ready in %.1f s  %s", name, millis / 1_000.0, process.address());
            case ProcessState.Exited(var code) -> "  " + name + "  ended with exit code " + code;
        };
    }
}
