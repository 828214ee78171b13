package io.saccade.benchmarks.join;

import io.saccade.cli.stack.Health;
import io.saccade.cli.stack.Installation;
import io.saccade.cli.stack.Memory;
import io.saccade.cli.stack.ModelServerChoice;
import io.saccade.cli.stack.Ports;
import io.saccade.cli.stack.ProcessPlan;
import io.saccade.cli.stack.StackFolder;
import io.saccade.cli.stack.StackPlan;
import io.saccade.cli.stack.StackSpec;
import io.saccade.contract.topic.Topic;
import io.saccade.contract.topic.TopicCatalogue;
import io.saccade.testkit.Await;
import io.saccade.testkit.Folders;
import io.saccade.testkit.TestKafka;
import io.saccade.testkit.fault.Child;
import io.saccade.testkit.fault.ReservedPorts;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/** The joiner as a process that is started and ended again and again. For one thread, but {@link #rss()}. */
final class Joiner implements AutoCloseable {

    /** Its name to Kafka. */
    static final String GROUP = "saccade-joiner";

    private static final Duration START = Duration.ofMinutes(9);

    private final ProcessPlan plan;
    private final Path state;
    private final Path log;
    private final Map<String, String> environment;
    private final HttpClient http = Health.client();
    private final AtomicLong most = new AtomicLong();
    private volatile @Nullable Child child;

    /** As the command line starts it, on a stack's folder; not started yet. */
    static Joiner in(StackFolder folder, String bootstrapServers, ReservedPorts ports, Map<String, String> environment)
            throws IOException {
        Files.createDirectories(folder.logs());
        var byRole = new HashMap<String, Integer>();
        Installation.SERVICES.forEach(service -> byRole.put(service, ports.next()));
        var spec = new StackSpec(
                folder,
                bootstrapServers,
                new ModelServerChoice.Elsewhere("127.0.0.1:1"), // the joiner knows of no model server
                null,
                Duration.ofSeconds(60));
        var plan = StackPlan.of(spec, Installation.here(), new Ports(byRole)).processes().stream()
                .filter(process -> process.name().equals("joiner"))
                .findFirst()
                .orElseThrow();
        return new Joiner(plan, folder.joiner(), folder.log("joiner"), environment);
    }

    /** Records it has not committed yet. */
    static long lag(TestKafka kafka, TopicCatalogue topics) {
        return Topic.JOINED.stream()
                .mapToLong(topic -> kafka.lag(GROUP, topics.name(topic)))
                .sum();
    }

    /** CPU time of a process since its start. */
    static Duration cpu(Child process) {
        return process.process().info().totalCpuDuration().orElse(Duration.ZERO);
    }

    /**
     * Not started yet.
     *
     * @param plan  as the command line starts it
     * @param state its disk
     * @param log   what it says
     */
    private Joiner(ProcessPlan plan, Path state, Path log, Map<String, String> environment) {
        this.plan = plan;
        this.state = state;
        this.log = log;
        this.environment = Map.copyOf(environment);
        Thread.ofPlatform().daemon().name("rss").start(this::measure);
    }

    void start() {
        var builder = new ProcessBuilder(plan.command())
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()));
        builder.environment().putAll(plan.environment());
        builder.environment().putAll(environment);
        most.set(0);
        child = Child.start("joiner", builder);
    }

    void awaitReady() {
        Await.until("the joiner to be ready, see " + log, START, () -> {
            if (!running().isAlive()) {
                throw new IllegalStateException("the joiner ended; see " + log);
            }
            return Health.ask(plan.health(), http).ready();
        });
    }

    /** SIGTERM, and its end. */
    void stop() {
        running().terminate();
        running().awaitExit(Duration.ofMinutes(1));
    }

    /** SIGKILL. */
    void kill() {
        running().kill();
    }

    /** Throws its disk away. */
    void forget() {
        Folders.delete(state);
    }

    /** Bytes on its disk. */
    long stateBytes() throws IOException {
        for (int attempt = 1; ; attempt++) {
            try (var entries = Files.walk(state)) {
                return entries.mapToLong(Joiner::size).sum();
            } catch (UncheckedIOException e) {
                if (attempt == 20) { // a store's files come and go
                    throw e;
                }
            }
        }
    }

    private static long size(Path file) {
        try {
            return Files.isRegularFile(file) ? Files.size(file) : 0;
        } catch (IOException e) {
            return 0;
        }
    }

    /** Resident bytes now. */
    long rss() {
        var running = child;
        return running == null ? 0 : Memory.resident(running.process().pid()).orElse(0);
    }

    /** The most resident bytes since it was started. */
    long mostRss() {
        return Math.max(most.get(), rss());
    }

    /** A meter by its name in Prometheus' text, summed over its tags; NaN if it has none. */
    double meter(String name) throws IOException, InterruptedException {
        var page = http.send(
                        HttpRequest.newBuilder(URI.create(plan.address() + "/q/metrics"))
                                .build(),
                        HttpResponse.BodyHandlers.ofString())
                .body();
        return page.lines()
                .filter(line -> line.startsWith(name + "{") || line.startsWith(name + " "))
                .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
                .reduce(Double::sum)
                .orElse(Double.NaN);
    }

    /** CPU time since it was started. */
    Duration cpu() {
        return cpu(running());
    }

    /** How often its threads have ended a transaction since it was started. */
    double transactions() throws IOException, InterruptedException {
        return meter("kafka_stream_thread_commit_total");
    }

    @Override
    public void close() {
        var running = child;
        if (running != null) {
            running.kill();
        }
    }

    private Child running() {
        var running = child;
        if (running == null) {
            throw new IllegalStateException("the joiner was never started");
        }
        return running;
    }

    private void measure() {
        try {
            while (true) {
                most.accumulateAndGet(rss(), Math::max);
                Thread.sleep(250);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
