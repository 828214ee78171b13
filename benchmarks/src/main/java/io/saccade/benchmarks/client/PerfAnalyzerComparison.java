package io.saccade.benchmarks.client;

import com.sun.management.OperatingSystemMXBean;
import io.saccade.triton.DataType;
import io.saccade.triton.InferRequest;
import io.saccade.triton.ModelInfo;
import io.saccade.triton.Shape;
import io.saccade.triton.Tensor;
import io.saccade.triton.TritonClient;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Our client beside NVIDIA's load generator: the same server, model, input and number of calls at once, in turn, several rounds. Prints a
 * table in Markdown: answers per second of both, their ratio, and the CPU time of the generating process per call.
 *
 * <p>{@code benchmarks/perf-analyzer.sh} brings the other program, starts a server, and runs this.
 */
public final class PerfAnalyzerComparison {
    private static final Pattern THROUGHPUT = Pattern.compile("Throughput: ([0-9.]+) infer/sec");
    private static final OperatingSystemMXBean SYSTEM =
            (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();

    private static final int WARM_UP = 3;

    private record Rate(double perSecond, double cpuMicros) {}

    private final String perfAnalyzer;
    private final String endpoint;
    private final String model;
    private final String dims;
    private final Duration time;

    private PerfAnalyzerComparison(String perfAnalyzer, String endpoint, String model, String dims, Duration time) {
        this.perfAnalyzer = perfAnalyzer;
        this.endpoint = endpoint;
        this.model = model;
        this.dims = dims;
        this.time = time;
    }

    /** {@code PERF_ANALYZER ENDPOINT MODEL DIM[,...] CONCURRENCY[,...] ROUNDS SECONDS}; the dimensions are those of the only input of one item. */
    public static void main(String[] args) throws Exception {
        if (args.length != 7) {
            System.err.println("expected PERF_ANALYZER ENDPOINT MODEL DIM[,...] CONCURRENCY[,...] ROUNDS SECONDS");
            System.exit(2);
        }
        var comparison = new PerfAnalyzerComparison(
                args[0], args[1], args[2], args[3], Duration.ofSeconds(Long.parseLong(args[6])));
        System.out.println(
                "| model | bytes | at once | perf_analyzer, answers/s | our client, answers/s | ratio | perf_analyzer, CPU µs/call | our client, CPU µs/call |");
        System.out.println("| --- | --- | --- | --- | --- | --- | --- | --- |");
        try (var client = TritonClient.builder()
                .endpoint(args[1])
                .timeout(Duration.ofSeconds(60))
                .controlTimeout(Duration.ofSeconds(60))
                .build()) {
            ModelInfo info = client.describe(args[2]);
            for (String concurrency : args[4].split(",")) {
                comparison.compare(client, info, Integer.parseInt(concurrency), Integer.parseInt(args[5]));
            }
        }
    }

    private void compare(TritonClient client, ModelInfo info, int concurrency, int rounds) throws Exception {
        List<Rate> theirs = new ArrayList<>();
        List<Rate> ours = new ArrayList<>();
        // The JVM gets warm: its compiler's work is no part of a call.
        for (int i = 0; i < WARM_UP; i++) {
            ours(client, info, concurrency);
        }
        for (int i = 0; i < rounds; i++) {
            theirs.add(theirs(info, concurrency));
            ours.add(ours(client, info, concurrency));
        }
        Rate other = median(theirs);
        Rate mine = median(ours);
        System.out.printf(
                Locale.ROOT,
                "| %s | %d | %d | %.0f | %.0f | %.2f | %.0f | %.0f |%n",
                model,
                input(info).data().size(),
                concurrency,
                other.perSecond(),
                mine.perSecond(),
                mine.perSecond() / other.perSecond(),
                other.cpuMicros(),
                mine.cpuMicros());
    }

    private static Rate median(List<Rate> rates) {
        return new Rate(
                middle(rates.stream().mapToDouble(Rate::perSecond).toArray()),
                middle(rates.stream().mapToDouble(Rate::cpuMicros).toArray()));
    }

    private static double middle(double[] values) {
        Arrays.sort(values);
        return values[values.length / 2];
    }

    private Rate theirs(ModelInfo info, int concurrency) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(
                        perfAnalyzer,
                        "-m",
                        model,
                        "-u",
                        endpoint,
                        "-i",
                        "grpc",
                        "--async",
                        "--concurrency-range",
                        Integer.toString(concurrency),
                        "--measurement-interval",
                        Long.toString(time.toMillis()),
                        "--max-trials",
                        "4",
                        // Rounds in turn tell what is stable: one that was disturbed shall be counted and not thrown
                        // away.
                        "--stability-percentage",
                        "999",
                        "--shape",
                        info.inputs().getFirst().name() + ":" + dims)
                .redirectErrorStream(true)
                .start();
        // CPU time per second of the middle of its run, as it tells only the rate; read while it lives, as the kernel
        // forgets it then.
        AtomicReference<Duration> middle = new AtomicReference<>(Duration.ZERO);
        Thread watcher = Thread.ofVirtual().start(() -> watch(process, middle));
        String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        int status = process.waitFor();
        watcher.join();
        Matcher throughput = THROUGHPUT.matcher(text);
        if (status != 0 || !throughput.find()) {
            throw new IOException("perf_analyzer ended with " + status + ":\n" + text);
        }
        double perSecond = Double.parseDouble(throughput.group(1));
        return new Rate(perSecond, middle.get().toNanos() / 1e3 / perSecond);
    }

    /** From one window after its start on, for one window. */
    private void watch(Process process, AtomicReference<Duration> perSecond) {
        LockSupport.parkNanos(time.toNanos());
        Duration before = process.info().totalCpuDuration().orElse(Duration.ZERO);
        long start = System.nanoTime();
        LockSupport.parkNanos(time.toNanos());
        double seconds = (System.nanoTime() - start) / 1e9;
        process.info()
                .totalCpuDuration()
                .ifPresent(after -> perSecond.set(
                        Duration.ofNanos((long) (after.minus(before).toNanos() / seconds))));
    }

    private Rate ours(TritonClient client, ModelInfo info, int concurrency) throws InterruptedException {
        Tensor input = input(info);
        Semaphore room = new Semaphore(concurrency);
        AtomicLong answered = new AtomicLong();
        AtomicReference<Throwable> broken = new AtomicReference<>();
        long cpu = SYSTEM.getProcessCpuTime();
        long start = System.nanoTime();
        long end = start + time.toNanos();
        while (System.nanoTime() < end && broken.get() == null) {
            room.acquire();
            client.infer(InferRequest.to(model).input(input).build()).whenComplete((_, failure) -> {
                if (failure == null) {
                    answered.incrementAndGet();
                } else {
                    broken.set(failure);
                }
                room.release();
            });
        }
        room.acquire(concurrency);
        double seconds = (System.nanoTime() - start) / 1e9;
        if (broken.get() != null) {
            throw new IllegalStateException("a call failed", broken.get());
        }
        return new Rate(
                answered.get() / seconds, (SYSTEM.getProcessCpuTime() - cpu) / 1e3 / Math.max(1, answered.get()));
    }

    private Tensor input(ModelInfo info) {
        var spec = info.inputs().getFirst();
        DataType type = spec.type();
        Shape item = Shape.of(
                Arrays.stream(dims.split(",")).mapToLong(Long::parseLong).toArray());
        return Tensor.of(
                spec.name(),
                type,
                info.batches() ? item.prepend(1) : item,
                ByteBuffer.allocate((int) item.elements() * type.size()));
    }
}
