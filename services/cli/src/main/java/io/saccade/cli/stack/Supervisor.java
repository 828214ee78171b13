package io.saccade.cli.stack;

import io.saccade.cli.CliException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.http.HttpClient;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Starts the processes of a stack, watches them, and stops them. There is one for each stack and machine: it holds the
 * stack's lock as long as it lives. {@link #stop} may be called by any thread, once or more, as a signal does.
 */
public final class Supervisor implements AutoCloseable {

    private static final Duration STOP_PATIENCE = Duration.ofSeconds(20);
    private static final Duration KILL_PATIENCE = Duration.ofSeconds(5);
    private static final long PROBE_PAUSE_MILLIS = 250;

    private final StackFolder folder;
    private final StackPlan plan;
    private final StateFile stateFile;
    private final FileChannel lock;
    private final PortReservations ports;
    private final Instant startedAt = Instant.now();
    private final Map<String, Watched> processes = new LinkedHashMap<>();
    private final BlockingQueue<Exit> exits = new LinkedBlockingQueue<>();
    private final HttpClient http = Health.client();
    private final Object stopLock = new Object();
    private StackState.Phase phase = StackState.Phase.STARTING;
    private boolean stopping;
    private boolean stopped;

    private Supervisor(StackFolder folder, StackPlan plan, FileChannel lock, PortReservations ports) {
        this.folder = folder;
        this.plan = plan;
        this.lock = lock;
        this.ports = ports;
        this.stateFile = new StateFile(folder.state());
        plan.processes().forEach(process -> processes.put(process.name(), new Watched(process)));
    }

    /**
     * A process that ended without being asked to.
     *
     * @param name     of the process
     * @param exitCode 128 + n after signal n
     * @param log      its log file
     */
    public record Exit(String name, int exitCode, Path log) {}

    /**
     * Takes charge of a stack's folder, and ends what a supervisor that was killed left behind.
     *
     * @param ports held until the stack has stopped: a channel that nobody refers to is closed, and its locks are gone
     * @param plan  asked once the folder is ours
     * @throws CliException if another supervisor has it, or it cannot be written
     */
    static Supervisor open(StackFolder folder, PortReservations ports, Supplier<StackPlan> plan) {
        var lock = lock(folder);
        boolean isOpen = false;
        try {
            new StateFile(folder.state()).read().ifPresent(left -> stop(left, _ -> {}));
            var supervisor = new Supervisor(folder, plan.get(), lock, ports);
            isOpen = true;
            return supervisor;
        } finally {
            if (!isOpen) {
                unlock(lock);
            }
        }
    }

    private static FileChannel lock(StackFolder folder) {
        try {
            Files.createDirectories(folder.logs());
            Files.createDirectories(folder.spool());
            Files.createDirectories(folder.joiner());
            var lock = FileChannel.open(folder.lock(), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
            if (!isTaken(lock)) {
                lock.close();
                throw CliException.no(
                        "stack '" + folder.name() + "' runs already; see it with 'saccade status', stop it"
                                + " with 'saccade down', or start another with --name");
            }
            return lock;
        } catch (IOException e) {
            throw CliException.missing("the stack's folder " + folder.path() + " must be writable: " + e, e);
        }
    }

    private static boolean isTaken(FileChannel lock) throws IOException {
        try {
            return lock.tryLock() != null;
        } catch (OverlappingFileLockException e) {
            return false; // by another supervisor in this JVM
        }
    }

    private static void unlock(FileChannel lock) {
        try {
            lock.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Starts the processes of a wave; they are not ready when this returns. */
    public synchronized void start(ProcessPlan.Wave wave) {
        for (var process : processes.values()) {
            if (process.plan.wave() == wave && !stopping) {
                process.start();
            }
        }
        save();
    }

    /** Whether all processes of these waves are ready. */
    public synchronized boolean isReady(ProcessPlan.Wave... waves) {
        var asked = List.of(waves);
        return processes.values().stream()
                .filter(process -> asked.contains(process.plan.wave()))
                .allMatch(process -> process.state instanceof ProcessState.Ready);
    }

    /** Says to the other commands that the stack is ready. */
    public synchronized void ready() {
        phase = StackState.Phase.READY;
        save();
    }

    /** A process that ended without being asked to, waiting for one at most so long. */
    public Optional<Exit> awaitExit(Duration timeout) throws InterruptedException {
        return Optional.ofNullable(exits.poll(timeout.toMillis(), TimeUnit.MILLISECONDS));
    }

    /** What the processes do now. */
    public synchronized StackState state() {
        return new StackState(
                StackState.FORMAT,
                folder.name(),
                ProcessIdentity.of(ProcessHandle.current()),
                phase,
                startedAt,
                plan.bootstrapServers(),
                plan.triton(),
                processes.values().stream().map(Watched::entry).toList());
    }

    /** How long each process runs. */
    public synchronized Map<String, Duration> ages() {
        var ages = new LinkedHashMap<String, Duration>();
        processes.values().forEach(process -> ages.put(process.plan.name(), process.age()));
        return ages;
    }

    /** Whether {@link #stop} has begun. */
    public synchronized boolean isStopping() {
        return stopping;
    }

    /**
     * Stops the services, then the model server, then the broker: each first asked, after a while killed. Returns when all
     * are gone; a second call waits for the first.
     *
     * @param say takes a line for the screen
     */
    public void stop(Consumer<String> say) {
        synchronized (stopLock) { // not this: the watchers need it to end
            if (stopped) {
                return;
            }
            synchronized (this) {
                stopping = true;
                phase = StackState.Phase.STOPPING;
                save();
            }
            stop(state(), say);
            stopped = true;
            try {
                stateFile.delete();
                lock.close();
                ports.close();
            } catch (IOException e) {
                say.accept("could not tidy up " + folder.path() + ": " + e.getMessage());
            }
        }
    }

    @Override
    public void close() {
        stop(_ -> {});
    }

    /** Forgets the processes as a kill would: for tests. */
    void abandon() {
        synchronized (this) {
            stopping = true;
        }
        unlock(lock);
    }

    /** Stops the processes of a state in reverse order, whoever started them. */
    public static void stop(StackState state, Consumer<String> say) {
        stop(state, say, STOP_PATIENCE);
    }

    static void stop(StackState state, Consumer<String> say, Duration patience) {
        for (var wave : List.of(ProcessPlan.Wave.values()).reversed()) {
            var running = new LinkedHashMap<String, ProcessHandle>();
            for (var entry : state.processes()) {
                if (entry.wave() == wave) {
                    entry.running().ifPresent(process -> running.put(entry.name(), process));
                }
            }
            if (running.isEmpty()) {
                continue;
            }
            say.accept("stopping " + String.join(", ", running.keySet()));
            running.values().forEach(ProcessHandle::destroy);
            var late = await(running, patience);
            if (!late.isEmpty()) {
                say.accept("killing " + String.join(", ", late.keySet()) + ", which did not stop within "
                        + patience.toSeconds() + " s");
                late.values().forEach(ProcessHandle::destroyForcibly);
                await(late, KILL_PATIENCE);
            }
        }
    }

    private static Map<String, ProcessHandle> await(Map<String, ProcessHandle> processes, Duration patience) {
        var all = CompletableFuture.allOf(
                processes.values().stream().map(ProcessHandle::onExit).toArray(CompletableFuture<?>[]::new));
        try {
            all.get(patience.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (java.util.concurrent.ExecutionException | java.util.concurrent.TimeoutException e) {
            // then those that are left are late
        }
        var late = new LinkedHashMap<>(processes);
        late.values().removeIf(process -> !process.isAlive());
        return late;
    }

    private void save() {
        try {
            stateFile.write(state());
        } catch (IOException e) {
            throw CliException.missing("could not write " + folder.state() + ": " + e.getMessage(), e);
        }
    }

    /** One process; what changes is guarded by the supervisor. */
    private final class Watched {

        private final ProcessPlan plan;
        private @Nullable ProcessIdentity identity;
        private ProcessState state;
        private long startedNanos;

        Watched(ProcessPlan plan) {
            this.plan = plan;
            this.state = new ProcessState.Waiting("waits for kafka");
        }

        void start() {
            var log = folder.log(plan.name());
            try {
                Logs.rotate(log);
                var builder = new ProcessBuilder(apart(plan.command()))
                        .directory(folder.path().toFile())
                        .redirectErrorStream(true)
                        .redirectOutput(log.toFile());
                builder.environment().putAll(plan.environment());
                startedNanos = System.nanoTime();
                var process = builder.start();
                identity = ProcessIdentity.of(process.toHandle());
                state = new ProcessState.Starting("begins");
                Thread.ofVirtual().name("watch-" + plan.name()).start(() -> watch(process, log));
            } catch (IOException e) {
                throw CliException.missing(plan.name() + " could not be started: " + e.getMessage(), e);
            }
        }

        private void watch(Process process, Path log) {
            try {
                while (process.isAlive()) {
                    var health = Health.ask(plan.probe(), log, http);
                    if (health.ready()) {
                        change(new ProcessState.Ready(age().toMillis()));
                        break;
                    }
                    change(new ProcessState.Starting(health.reason()));
                    process.waitFor(PROBE_PAUSE_MILLIS, TimeUnit.MILLISECONDS);
                }
                int code = process.waitFor();
                change(new ProcessState.Exited(code));
                if (!isStopping()) {
                    exits.add(new Exit(plan.name(), code, log));
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }

        private void change(ProcessState next) {
            synchronized (Supervisor.this) {
                if (!state.equals(next)) {
                    state = next;
                    if (!stopping) {
                        save();
                    }
                }
            }
        }

        Duration age() {
            return identity == null ? Duration.ZERO : Duration.ofNanos(System.nanoTime() - startedNanos);
        }

        StackState.Entry entry() {
            return new StackState.Entry(
                    plan.name(),
                    plan.wave(),
                    identity,
                    state,
                    plan.address(),
                    plan.health(),
                    folder.log(plan.name()).toString());
        }
    }

    /**
     * In a session of its own where the system can do that, so that a Ctrl-C on the terminal reaches the supervisor alone,
     * which then stops the processes in order. The process id stays that of the command.
     */
    public static List<String> apart(List<String> command) {
        for (var setsid : List.of("/usr/bin/setsid", "/bin/setsid")) {
            if (Files.isExecutable(Path.of(setsid))) {
                var apart = new ArrayList<String>();
                apart.add(setsid);
                apart.addAll(command);
                return apart;
            }
        }
        return command;
    }
}
