package io.saccade.faults.lab;

import io.saccade.cli.stack.Health;
import io.saccade.cli.stack.Logs;
import io.saccade.cli.stack.ProcessPlan;
import io.saccade.testkit.Await;
import io.saccade.testkit.fault.Child;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * One service as a process, which can be ended in every way and started again. It takes a free port by itself and says
 * in its log which. For one thread at a time.
 */
public final class Service implements AutoCloseable {

    private static final Pattern LISTENING = Pattern.compile("Listening on: http://127\\.0\\.0\\.1:(\\d+)");
    private static final Duration START = Duration.ofMinutes(2);

    private final String name;
    private final ProcessPlan plan;
    private final Path logs;
    private final HttpClient http;
    private final List<String> flags;
    private final Map<String, String> environment;
    private int lives;
    private @Nullable Child child;
    private @Nullable Path log;

    /**
     * Not started yet.
     *
     * @param flags       further ones of its JVM
     * @param environment wins over the plan's
     */
    Service(
            String name,
            ProcessPlan plan,
            Path logs,
            HttpClient http,
            List<String> flags,
            Map<String, String> environment) {
        this.name = name;
        this.plan = plan;
        this.logs = logs;
        this.http = http;
        this.flags = List.copyOf(flags);
        this.environment = Map.copyOf(environment);
    }

    /** Its name, unlike that of every other process of the lab. */
    public String name() {
        return name;
    }

    /** Its process, to be signalled. */
    public Child process() {
        if (child == null) {
            throw new IllegalStateException(name + " was never started");
        }
        return child;
    }

    /** Whether its process runs, or stands still. */
    public boolean isAlive() {
        return child != null && child.isAlive();
    }

    /** If it was started and has ended, its name and the last line it wrote. */
    public Optional<String> epitaph() {
        if (child == null || child.isAlive()) {
            return Optional.empty();
        }
        var file = Objects.requireNonNull(log);
        var last = String.join("", Logs.tail(file, 1));
        return Optional.of(name + " has ended, with the last line: " + last + " (" + file + ")");
    }

    /** Starts it, unless it runs; does not wait. */
    public void launch() {
        if (isAlive()) {
            return;
        }
        var command = new ArrayList<>(plan.command());
        command.addAll(1, flags);
        log = logs.resolve(name + "-" + ++lives + ".log");
        var builder = new ProcessBuilder(command)
                .directory(logs.toFile())
                .redirectErrorStream(true)
                .redirectOutput(log.toFile());
        builder.environment().putAll(plan.environment());
        builder.environment().putAll(environment);
        child = Child.start(name, builder);
    }

    /** Starts it, unless it runs, and waits until it takes records. */
    public void start() {
        launch();
        awaitReady();
    }

    /** Waits until it takes records. */
    public void awaitReady() {
        Await.until(name + " to be ready, see " + log, START, () -> {
            if (!isAlive()) {
                throw new IllegalStateException(name + " ended while it started; see " + log);
            }
            return isReady();
        });
    }

    /** Whether it says that it takes records. */
    public boolean isReady() {
        try {
            var port = port();
            return port.isPresent()
                    && Health.ask("http://127.0.0.1:" + port.get() + "/q/health/ready", http)
                            .ready();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    /** Where it is asked for health and metrics. */
    public URI address() {
        return URI.create("http://127.0.0.1:" + port().orElseThrow());
    }

    /** Where it writes now. */
    public @Nullable Path log() {
        return log;
    }

    @Override
    public void close() {
        if (child != null) {
            child.kill();
        }
    }

    private Optional<String> port() {
        if (log == null) {
            return Optional.empty();
        }
        try (var lines = Files.lines(log)) {
            return lines.map(LISTENING::matcher)
                    .filter(java.util.regex.Matcher::find)
                    .map(matcher -> matcher.group(1))
                    .findFirst();
        } catch (IOException | UncheckedIOException e) {
            return Optional.empty(); // not there yet, or cut inside a character
        }
    }
}
