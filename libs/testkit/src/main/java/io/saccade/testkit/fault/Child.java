package io.saccade.testkit.fault;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/**
 * A process that this JVM started, and how it may end or stand still. Every child is killed when this JVM ends, so that
 * a test that breaks leaves nothing behind.
 *
 * @param name    for messages
 * @param process started by this JVM
 */
public record Child(String name, Process process) {

    private static final Set<Process> ALL = ConcurrentHashMap.newKeySet();

    static {
        Runtime.getRuntime()
                .addShutdownHook(new Thread(() -> ALL.forEach(Process::destroyForcibly), "kill-what-was-started"));
    }

    /** Starts a process and answers for it. */
    public static Child start(String name, ProcessBuilder builder) {
        try {
            var process = builder.start();
            ALL.add(process);
            var _ = process.onExit().thenAccept(ALL::remove);
            return new Child(name, process);
        } catch (IOException e) {
            throw new UncheckedIOException("could not start " + name, e);
        }
    }

    /** Whether it runs, or stands still. */
    public boolean isAlive() {
        return process.isAlive();
    }

    /** SIGKILL, as a power cut or the system's memory guard: nothing is flushed, nobody is told. Waits for the end. */
    public void kill() {
        process.destroyForcibly();
        awaitExit(Duration.ofSeconds(30));
    }

    /** SIGTERM, as an orchestrator asks. Does not wait. */
    public void terminate() {
        process.destroy();
    }

    /** SIGSTOP: it keeps its connections and answers nobody, as in a long pause of a garbage collector. */
    public void suspend() {
        signal("STOP");
    }

    /** SIGCONT: it goes on, and does not know that time has passed. */
    public void resume() {
        signal("CONT");
    }

    /**
     * Waits for its end.
     *
     * @return its exit code
     * @throws AssertionError if it still runs after that time
     */
    public int awaitExit(Duration patience) {
        try {
            if (!process.waitFor(patience.toMillis(), TimeUnit.MILLISECONDS)) {
                throw new AssertionError(name + " did not end within " + patience);
            }
            return process.exitValue();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError("interrupted while waiting for the end of " + name, e);
        }
    }

    private void signal(String signal) {
        if (!process.isAlive()) {
            throw new IllegalStateException(name + " has ended, so it cannot get SIG" + signal);
        }
        try {
            int code = new ProcessBuilder("kill", "-" + signal, Long.toString(process.pid()))
                    .inheritIO()
                    .start()
                    .waitFor();
            if (code != 0) {
                throw new IllegalStateException("kill -" + signal + " of " + name + " ended with " + code);
            }
        } catch (IOException e) {
            throw new UncheckedIOException("this system has no 'kill'", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while signalling " + name, e);
        }
    }
}
