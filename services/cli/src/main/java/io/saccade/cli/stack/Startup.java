package io.saccade.cli.stack;

import io.saccade.cli.CliException;
import io.saccade.cli.kafka.Topics;
import io.saccade.contract.topic.TopicCatalogue;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;

/** Brings a stack up in the right order: broker and model server at once, then the topics, then the services. */
public final class Startup {

    /** Of each topic on a laptop: enough to see several at work. */
    public static final int LOCAL_PARTITIONS = 4;

    private static final Duration STEP = Duration.ofMillis(200);
    private static final int LOG_LINES = 12;

    private Startup() {}

    /**
     * Which ports a user wants.
     *
     * @param kafka the broker's; empty for any
     * @param base  the first of all; empty for any
     */
    public record PortWish(OptionalInt kafka, OptionalInt base) {

        /** Any that are free. */
        public static PortWish any() {
            return new PortWish(OptionalInt.empty(), OptionalInt.empty());
        }
    }

    /**
     * Takes charge of a stack; nothing runs yet.
     *
     * @throws CliException if it runs already, something is not built, or a port is taken
     */
    public static Supervisor open(StackSpec spec, Installation installation, PortWish wish) {
        var missing = installation.missing(spec.intake());
        if (!missing.isEmpty()) {
            throw CliException.missing(
                    "the stack needs " + String.join(", ", missing) + ", but they are not built; run ./saccade build");
        }
        if (spec.modelServer() instanceof ModelServerChoice.Triton) {
            installation.expectTriton();
        }
        var reservations = PortReservations.open();
        boolean isOpen = false;
        try {
            var supervisor = Supervisor.open(spec.folder(), reservations, () -> {
                var ports = Ports.choose(
                        role -> isNeeded(role, spec),
                        wish.kafka(),
                        wish.base(),
                        reservations::reserve,
                        reservations::any);
                return StackPlan.of(spec, installation, ports);
            });
            isOpen = true;
            return supervisor;
        } finally {
            if (!isOpen) {
                reservations.close();
            }
        }
    }

    private static boolean isNeeded(String role, StackSpec spec) {
        return !(role.equals(Ports.KAFKA) && spec.kafka() != null)
                && !(role.equals(Installation.INTAKE) && !spec.intake())
                && !(role.startsWith(Ports.MODEL_GRPC) && spec.modelServer() instanceof ModelServerChoice.Elsewhere);
    }

    /**
     * Starts everything and waits until it is ready.
     *
     * @return how long that took
     * @throws CliException if a process ends, or is not ready in time; whoever called stops the rest
     */
    public static Duration run(Supervisor supervisor, Progress progress, boolean ownBroker, Duration patience)
            throws InterruptedException {
        long start = System.nanoTime();
        supervisor.start(ProcessPlan.Wave.BROKER);
        supervisor.start(ProcessPlan.Wave.MODEL_SERVER);
        await(supervisor, progress, start, patience, ProcessPlan.Wave.BROKER);
        try (var topics = Topics.on(supervisor.state().bootstrapServers(), TopicCatalogue.load())) {
            var one = ownBroker ? Optional.of(1) : Optional.<Integer>empty();
            topics.apply(LOCAL_PARTITIONS, one.map(Integer::shortValue), one);
        }
        supervisor.start(ProcessPlan.Wave.SERVICES);
        await(supervisor, progress, start, patience, ProcessPlan.Wave.values());
        supervisor.ready();
        progress.end(supervisor.state(), age(start));
        return age(start);
    }

    private static void await(
            Supervisor supervisor, Progress progress, long start, Duration patience, ProcessPlan.Wave... waves)
            throws InterruptedException {
        while (!supervisor.isReady(waves)) {
            parkIfStopping(supervisor);
            progress.show(supervisor.state(), age(start));
            var exit = supervisor.awaitExit(STEP);
            if (exit.isPresent()) {
                parkIfStopping(supervisor);
                progress.end(supervisor.state(), age(start));
                throw CliException.missing(explain(exit.get()));
            }
            if (age(start).compareTo(patience) > 0) {
                progress.end(supervisor.state(), age(start));
                throw CliException.missing("the stack should be ready within " + patience.toSeconds() + " s, but "
                        + notReady(supervisor.state()) + "; logs are in " + logs(supervisor.state()));
            }
        }
    }

    /** When a signal has come, its thread stops the stack and ends this process: nothing is left to do or say. */
    public static void parkIfStopping(Supervisor supervisor) {
        while (supervisor.isStopping()) {
            LockSupport.park();
        }
    }

    /** What a person should know of a process that ended without being asked to. */
    public static String explain(Supervisor.Exit exit) {
        var lines = Logs.tail(exit.log(), LOG_LINES);
        return exit.name() + " ended with exit code " + exit.exitCode() + meaning(exit.exitCode())
                + (lines.isEmpty() ? "; its log is empty" : "; the last lines of its log:\n")
                + lines.stream().map(line -> "  | " + line).collect(Collectors.joining("\n"))
                + "\nThe whole log: " + exit.log();
    }

    private static String meaning(int code) {
        return switch (code) {
            case 3 -> " (its memory was too small)";
            case 137 -> " (killed: by somebody, or by the system when memory ran out)";
            case 143 -> " (somebody asked it to stop)";
            default -> "";
        };
    }

    private static String notReady(StackState state) {
        return state.processes().stream()
                .filter(process -> !(process.state() instanceof ProcessState.Ready))
                .map(process -> process.name()
                        + switch (process.state()) {
                            case ProcessState.Waiting(var reason) -> " " + reason;
                            case ProcessState.Starting(var reason) -> ": " + reason;
                            case ProcessState.Ready _ -> " is ready";
                            case ProcessState.Exited(var code) -> " ended with " + code;
                        })
                .collect(Collectors.joining("; "));
    }

    private static String logs(StackState state) {
        return state.processes().stream()
                .map(StackState.Entry::log)
                .findFirst()
                .map(log -> log.replaceAll("[^/\\\\]+$", ""))
                .orElse("the stack's folder");
    }

    private static Duration age(long start) {
        return Duration.ofNanos(System.nanoTime() - start);
    }
}
