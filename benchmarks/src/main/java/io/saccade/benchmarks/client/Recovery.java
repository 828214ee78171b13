package io.saccade.benchmarks.client;

import io.saccade.triton.InferRequest;
import io.saccade.triton.Shape;
import io.saccade.triton.Tensor;
import io.saccade.triton.TritonClient;
import io.saccade.triton.TritonException;
import java.io.BufferedReader;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

/**
 * Kills our model server under load and starts it again on the same port, several times: how long after it is ready the first call is
 * answered, and whether a call ever took longer than its limit.
 */
public final class Recovery {
    private static final Duration LIMIT = Duration.ofSeconds(5);
    private static final int AT_ONCE = 32;
    private static final int BYTES = 150_528;

    private final Path root;
    private final int port;
    private final AtomicLong answered = new AtomicLong();
    private final AtomicLong failed = new AtomicLong();
    private final AtomicLong longestNanos = new AtomicLong();
    private final AtomicBoolean isOver = new AtomicBoolean();

    private Recovery(Path root, int port) {
        this.root = root;
        this.port = port;
    }

    /** {@code [ROUNDS]}, 5 by default. */
    public static void main(String[] args) throws Exception {
        int rounds = args.length > 0 ? Integer.parseInt(args[0]) : 5;
        int port;
        try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = socket.getLocalPort();
        }
        new Recovery(Path.of(System.getProperty("saccade.root")), port).run(rounds);
    }

    private void run(int rounds) throws Exception {
        Process server = server();
        List<Thread> callers = new ArrayList<>();
        try (var client = TritonClient.builder()
                .endpoint("127.0.0.1:" + port)
                .timeout(LIMIT)
                .build()) {
            for (int i = 0; i < AT_ONCE; i++) {
                callers.add(Thread.ofVirtual().start(() -> call(client)));
            }
            System.out.println("| round | server away, s | first answer after it was ready, ms | calls failed |");
            System.out.println("| --- | --- | --- | --- |");
            for (int round = 1; round <= rounds; round++) {
                await(answered.get() + 200);
                long failedBefore = failed.get();
                long away = System.nanoTime();
                server.destroyForcibly();
                server.onExit().join();
                server = server();
                long ready = System.nanoTime();
                await(answered.get() + 1);
                System.out.printf(
                        Locale.ROOT,
                        "| %d | %.1f | %.0f | %d |%n",
                        round,
                        (ready - away) / 1e9,
                        (System.nanoTime() - ready) / 1e6,
                        failed.get() - failedBefore);
            }
            isOver.set(true);
            for (Thread caller : callers) {
                caller.join();
            }
        } finally {
            server.destroyForcibly();
        }
        System.out.printf(
                Locale.ROOT,
                "%d calls at once, limit %d ms: the longest took %.0f ms%n",
                AT_ONCE,
                LIMIT.toMillis(),
                longestNanos.get() / 1e6);
    }

    private void await(long count) {
        while (answered.get() < count) {
            LockSupport.parkNanos(1_000_000);
        }
    }

    private void call(TritonClient client) {
        var request = InferRequest.to("identity_uint8")
                .input(Tensor.uint8("IN", Shape.of(1, BYTES), new byte[BYTES]))
                .build();
        while (!isOver.get()) {
            long start = System.nanoTime();
            try {
                client.inferBlocking(request);
                answered.incrementAndGet();
            } catch (TritonException _) {
                failed.incrementAndGet();
                LockSupport.parkNanos(10_000_000);
            }
            longestNanos.accumulateAndGet(System.nanoTime() - start, Math::max);
        }
    }

    private Process server() throws IOException {
        Path target = root.resolve("services/model-server/target");
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "--enable-native-access=ALL-UNNAMED",
                        "-Xmx1g",
                        "-cp",
                        target.resolve("saccade-model-server-0.1.0-SNAPSHOT.jar") + ":" + target.resolve("lib") + "/*",
                        "io.saccade.modelserver.Main",
                        "--model-repository=" + root.resolve("protocol-tests/src/test/resources/repository"),
                        "--model-control-mode=explicit",
                        "--load-model=identity_uint8",
                        "--grpc-port=" + port,
                        "--http-port=0",
                        "--metrics-port=0")
                .redirectErrorStream(true)
                .start();
        BufferedReader out = process.inputReader();
        for (String line; (line = out.readLine()) != null; ) {
            if (line.startsWith("READY")) {
                Thread.ofVirtual().start(() -> out.lines().forEach(_ -> {}));
                return process;
            }
            System.err.println(line);
        }
        throw new IOException("the model server ended without getting ready; build it with ./saccade build");
    }
}
