package io.saccade.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.saccade.cli.screen.Table;
import io.saccade.cli.stack.Health;
import io.saccade.cli.stack.Memory;
import io.saccade.cli.stack.ProcessState;
import io.saccade.cli.stack.StackState;
import io.saccade.cli.stack.StateFile;
import java.net.http.HttpClient;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.OptionalLong;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
        name = "status",
        mixinStandardHelpOptions = true,
        description =
                "Shows every process of a stack: number, health, memory, address, log. Exit code 1 if one is not ready.",
        footer = {"%nExamples:", "  saccade status", "  saccade status --json | jq '.processes[] | .name, .ready'"})
final class StatusCommand implements Callable<Integer> {

    private static final ObjectMapper JSON = JsonMapper.builder().build();

    private final Context context;

    @Mixin
    private final StackChoice stack = new StackChoice();

    @Option(names = "--json", description = "Print JSON.")
    private boolean json;

    StatusCommand(Context context) {
        this.context = context;
    }

    /**
     * All of a stack, as JSON.
     *
     * @param stack            its name
     * @param phase            of the stack as a whole; GONE when the supervisor was killed
     * @param supervisor       process number of who started the others
     * @param bootstrapServers of Kafka
     * @param triton           of the model server
     * @param memoryBytes      resident, of all
     * @param processes        each
     */
    record Report(
            String stack,
            String phase,
            long supervisor,
            String bootstrapServers,
            String triton,
            long memoryBytes,
            List<Line> processes) {}

    /**
     * One process.
     *
     * @param name        of the process
     * @param pid         its number; null before its start
     * @param running     whether it lives
     * @param ready       whether it takes work
     * @param reason      why not; empty when it does
     * @param address     what to connect to or look at
     * @param health      what was asked
     * @param log         its log file
     * @param memoryBytes resident, its children included; null when the system does not tell
     */
    record Line(
            String name,
            @Nullable Long pid,
            boolean running,
            boolean ready,
            String reason,
            String address,
            String health,
            String log,
            @Nullable Long memoryBytes) {}

    @Override
    public Integer call() throws InterruptedException, JsonProcessingException {
        var folder = stack.folder(context.installation());
        var state = new StateFile(folder.state())
                .read()
                .orElseThrow(() -> CliException.no("stack '" + folder.name()
                        + "' does not run; start it with 'saccade up" + stack.asOptions() + "'"));
        var report = report(state);
        if (json) {
            context.screen().line(JSON.writerWithDefaultPrettyPrinter().writeValueAsString(report));
        } else {
            show(report);
        }
        return report.processes().stream().allMatch(Line::ready) ? 0 : CliException.NO;
    }

    private void show(Report report) {
        var table = new Table(
                Table.Column.text("PROCESS"),
                Table.Column.number("PID"),
                Table.Column.wrapped("HEALTH"),
                Table.Column.number("MB"),
                Table.Column.text("ADDRESS"),
                Table.Column.text("LOG"));
        for (var line : report.processes()) {
            table.row(
                    line.name(),
                    line.pid() == null ? "-" : line.pid().toString(),
                    line.ready() ? "ready" : line.reason(),
                    line.memoryBytes() == null ? "-" : Long.toString(line.memoryBytes() / 1_000_000),
                    line.address(),
                    line.log());
        }
        var screen = context.screen();
        screen.line(String.format(
                Locale.ROOT, "Stack '%s' is %s, %.2f GB", report.stack(), report.phase(), report.memoryBytes() / 1e9));
        screen.lines(table.lines(Integer.MAX_VALUE));
        if (report.phase().equals("GONE")) {
            context.complain("the process that watched this stack was killed; 'saccade down" + stack.asOptions()
                    + "' stops what is left");
        }
    }

    private static Report report(StackState state) throws InterruptedException {
        var http = Health.client();
        var lines = new ArrayList<Line>();
        for (var process : state.processes()) {
            lines.add(line(process, http));
        }
        boolean isWatched = state.supervisor().running().isPresent();
        return new Report(
                state.name(),
                isWatched ? state.phase().name() : "GONE",
                state.supervisor().pid(),
                state.bootstrapServers(),
                state.triton(),
                UpCommand.memory(state),
                lines);
    }

    private static Line line(StackState.Entry process, HttpClient http) throws InterruptedException {
        var running = process.running();
        var health = running.isPresent() ? Health.ask(process.health(), http) : new Health(false, ended(process));
        var memory = running.isPresent() ? Memory.resident(running.get()) : OptionalLong.empty();
        return new Line(
                process.name(),
                process.identity() == null ? null : process.identity().pid(),
                running.isPresent(),
                health.ready(),
                health.reason(),
                process.address(),
                process.health(),
                process.log(),
                memory.isPresent() ? memory.getAsLong() : null);
    }

    private static String ended(StackState.Entry process) {
        return switch (process.state()) {
            case ProcessState.Waiting(var reason) -> reason;
            case ProcessState.Exited(var code) -> "ended with exit code " + code;
            case ProcessState.Starting _, ProcessState.Ready _ -> "ended";
        };
    }
}
