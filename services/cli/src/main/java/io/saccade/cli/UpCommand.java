package io.saccade.cli;

import io.saccade.cli.stack.Logs;
import io.saccade.cli.stack.Memory;
import io.saccade.cli.stack.ProcessState;
import io.saccade.cli.stack.Progress;
import io.saccade.cli.stack.StackFolder;
import io.saccade.cli.stack.StackSpec;
import io.saccade.cli.stack.StackState;
import io.saccade.cli.stack.Startup;
import io.saccade.cli.stack.StateFile;
import io.saccade.cli.stack.Supervisor;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.OptionalInt;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

@Command(
        name = "up",
        mixinStandardHelpOptions = true,
        description = {
            "Starts a stack of real processes: Kafka, model server, encoder, captioner, vqa, moderator, joiner.",
            "It stays in the foreground until Ctrl-C, which stops all of them; with --detach it returns once they are ready."
        },
        footer = {
            "%nExamples:",
            "  saccade up",
            "  saccade up --detach --name second",
            "  saccade up --triton       models run in NVIDIA's Triton",
            "  saccade up --intake       the notifications of buckets become images",
            "  saccade up --kafka broker-1:9092 --triton gpu-1:8001"
        })
final class UpCommand implements Callable<Integer> {

    private final Context context;

    @Spec
    private @Nullable CommandSpec spec;

    @Mixin
    private final StackChoice stack = new StackChoice();

    @Option(names = "--detach", description = "Return when everything is ready; 'saccade down' stops it.")
    private boolean detach;

    @Option(names = "--port-base", paramLabel = "PORT", description = "First of the ports, one after the other.")
    private @Nullable Integer portBase;

    @Option(names = "--kafka-port", paramLabel = "PORT", description = "Port of Kafka (default: 9092 or a free one).")
    private @Nullable Integer kafkaPort;

    @Option(
            names = "--kafka",
            paramLabel = "BOOTSTRAP",
            description = "Use this Kafka instead of starting one; missing topics are made.")
    private @Nullable String kafka;

    @Mixin
    private final TritonChoice triton = new TritonChoice();

    @Option(
            names = "--intake",
            description = {
                "Start the intake too: what object stores write to saccade.bucket-events becomes images.",
                "The stages read them where SACCADE_IMAGES_S3_* in the environment says they may."
            })
    private boolean intake;

    @Option(
            names = "--otlp-endpoint",
            paramLabel = "URL",
            description = "Send traces there, for example http://localhost:4317 (default: nowhere).")
    private @Nullable String otlpEndpoint;

    @Option(
            names = "--join-deadline",
            paramLabel = "DURATION",
            defaultValue = "30s",
            converter = DurationConverter.class,
            description = "How long the join waits for the parts of an image (default: ${DEFAULT-VALUE}).")
    private Duration joinDeadline = Duration.ofSeconds(30);

    @Option(
            names = "--timeout",
            paramLabel = "DURATION",
            defaultValue = "2m",
            converter = DurationConverter.class,
            description = "How long the start may take (default: ${DEFAULT-VALUE}).")
    private Duration timeout = Duration.ofMinutes(2);

    UpCommand(Context context) {
        this.context = context;
    }

    @Override
    public Integer call() throws InterruptedException {
        return detach ? detached() : foreground();
    }

    private int foreground() throws InterruptedException {
        var folder = stack.folder(context.installation());
        var wanted = new StackSpec(folder, kafka, triton.modelServer(), otlpEndpoint, joinDeadline, intake);
        try (var supervisor = Startup.open(wanted, context.installation(), portWish())) {
            stopOnSignal(supervisor, context);
            context.screen().line("Starting stack '" + folder.name() + "' in " + folder.path());
            var took = Startup.run(supervisor, new Progress(context.screen()), kafka == null, timeout);
            sayReady(supervisor.state(), took);
            return watch(supervisor);
        }
    }

    /** What Ctrl-C, {@code down} and a reboot do: the stack stops in order, then this process ends. */
    static void stopOnSignal(Supervisor supervisor, Context context) {
        Runtime.getRuntime().addShutdownHook(new Thread(() -> supervisor.stop(context.errors()::println), "stop"));
    }

    private int watch(Supervisor supervisor) throws InterruptedException {
        while (true) {
            var exit = supervisor.awaitExit(Duration.ofHours(1));
            Startup.parkIfStopping(supervisor);
            if (exit.isEmpty()) {
                continue;
            }
            context.complain(Startup.explain(exit.get()));
            boolean isAnyLeft = supervisor.state().processes().stream()
                    .anyMatch(process -> !(process.state() instanceof ProcessState.Exited));
            if (!isAnyLeft) {
                context.complain("all processes have ended");
                return CliException.NO;
            }
            context.complain("the other processes go on, and images wait in Kafka; to start "
                    + exit.get().name() + " again, stop the stack (Ctrl-C or 'saccade down" + stack.asOptions()
                    + "') and start it again");
        }
    }

    private int detached() throws InterruptedException {
        var folder = stack.folder(context.installation());
        var arguments = new ArrayList<>(
                spec == null
                        ? List.of("up")
                        : spec.root().commandLine().getParseResult().originalArgs());
        arguments.remove("--detach");
        var took = detach(context, folder, arguments, timeout);
        new StateFile(folder.state()).read().ifPresent(state -> sayReady(state, took));
        return 0;
    }

    /**
     * Starts a supervisor that outlives this process and waits until its stack is ready.
     *
     * @throws CliException if it ends before that; the message has its last words
     */
    static Duration detach(Context context, StackFolder folder, List<String> arguments, Duration timeout)
            throws InterruptedException {
        long start = System.nanoTime();
        var log = folder.log("supervisor");
        var supervisor = startSupervisor(context, folder, arguments, log);
        context.screen().line("Starting stack '" + folder.name() + "' in " + folder.path());
        var progress = new Progress(context.screen());
        var file = new StateFile(folder.state());
        while (true) {
            boolean hasEnded = supervisor.waitFor(200, TimeUnit.MILLISECONDS);
            var state = file.read().filter(found -> found.supervisor().pid() == supervisor.pid());
            var age = Duration.ofNanos(System.nanoTime() - start);
            state.ifPresent(found -> progress.show(found, age));
            if (state.isPresent() && state.get().phase() == StackState.Phase.READY) {
                progress.end(state.get(), age);
                return age;
            }
            if (hasEnded) {
                context.screen().keep();
                throw CliException.missing("the stack did not start:\n" + String.join("\n", Logs.tail(log, 25)));
            }
            if (age.compareTo(timeout.plusSeconds(30)) > 0) {
                supervisor.destroy();
                throw CliException.missing("the stack was not ready within " + age.toSeconds() + " s; see " + log);
            }
        }
    }

    private static Process startSupervisor(Context context, StackFolder folder, List<String> arguments, Path log) {
        var command = new ArrayList<String>();
        command.add(context.installation().java().toString());
        command.addAll(List.of(
                "-Xmx64m",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty("java.class.path"),
                Main.class.getName()));
        command.addAll(arguments);
        try {
            Files.createDirectories(folder.logs());
            return new ProcessBuilder(Supervisor.apart(command))
                    .redirectInput(new File(System.getProperty("os.name").startsWith("Windows") ? "NUL" : "/dev/null"))
                    .redirectErrorStream(true)
                    .redirectOutput(log.toFile())
                    .start();
        } catch (IOException e) {
            throw CliException.missing(
                    "the stack's folder " + folder.path() + " must be writable: " + e.getMessage(), e);
        }
    }

    private void sayReady(StackState state, Duration took) {
        long bytes = memory(state);
        var screen = context.screen();
        screen.line(String.format(
                Locale.ROOT,
                "Stack '%s' is ready after %.1f s%s.",
                state.name(),
                took.toMillis() / 1_000.0,
                bytes == 0 ? "" : String.format(Locale.ROOT, " and holds %.2f GB of memory", bytes / 1e9)));
        screen.line("  Kafka         " + state.bootstrapServers());
        screen.line("  model server  " + state.triton() + " (Triton's gRPC)");
        screen.line("  logs          " + stack.folder(context.installation()).logs() + "/*.log");
        screen.line("Send pictures:   saccade send PATH..." + stack.asOptions() + "   see answers: saccade watch"
                + stack.asOptions());
        screen.line(detach ? "Stop it:         saccade down" + stack.asOptions() : "Stop it:         Ctrl-C");
    }

    /** Resident bytes of all processes, the supervisor included; 0 when the system does not tell. */
    static long memory(StackState state) {
        long processes = state.processes().stream()
                .flatMap(process -> process.running().stream())
                .mapToLong(process -> Memory.resident(process).orElse(0))
                .sum();
        return processes == 0
                ? 0
                : processes + Memory.resident(state.supervisor().pid()).orElse(0);
    }

    private Startup.PortWish portWish() {
        return new Startup.PortWish(optional(kafkaPort), optional(portBase));
    }

    private static OptionalInt optional(@Nullable Integer value) {
        return value == null ? OptionalInt.empty() : OptionalInt.of(value);
    }
}
