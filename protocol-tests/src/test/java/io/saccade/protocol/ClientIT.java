package io.saccade.protocol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.saccade.triton.DataType;
import io.saccade.triton.Fault;
import io.saccade.triton.InferRequest;
import io.saccade.triton.Shape;
import io.saccade.triton.SharedMemoryUse;
import io.saccade.triton.SharedRegion;
import io.saccade.triton.Tensor;
import io.saccade.triton.TritonClient;
import io.saccade.triton.TritonException;
import io.saccade.triton.metrics.MetricsReader;
import io.saccade.triton.metrics.ModelMetrics;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The client against real servers in processes of their own: shared memory, metrics, and servers and clients that are killed. */
@Timeout(600)
class ClientIT {
    private static final Path SHARED_MEMORY = Path.of("/dev/shm");
    private static final int IMAGE = 150_528;

    /** Which server. */
    enum Kind {
        OURS,
        TRITON;

        ServerProcess start(String test) throws IOException {
            var options = List.of(
                    "--model-control-mode=explicit", "--load-model=identity_uint8", "--load-model=identity_bytes");
            Path log = Path.of("target", "client-" + test + "-" + this + ".log");
            if (this == OURS) {
                return ServerProcess.ours(Cases.REPOSITORY, log, options);
            }
            ServerProcess.assumeTriton();
            return ServerProcess.triton(Cases.REPOSITORY, log, options);
        }
    }

    @ParameterizedTest
    @EnumSource(Kind.class)
    void tensorsInSharedMemoryArriveAsThoseOverTheNetwork(Kind kind) throws Exception {
        // Given
        assumeSharedMemory();
        byte[] pixels = new byte[IMAGE];
        new Random(11).nextBytes(pixels);
        var image = Tensor.uint8("IN", Shape.of(1, IMAGE), pixels);
        var texts = Tensor.strings("IN", Shape.of(1, 3), List.of("a", "", "größer"));
        try (var server = kind.start("shared");
                var client = client(server.endpoint())
                        .sharedMemory(2, 2 * IMAGE + 256)
                        .build()) {
            client.requireSharedMemory();

            // When
            var pictures = client.inferBlocking(InferRequest.to("identity_uint8")
                    .input(image)
                    .output("OUT", IMAGE)
                    .build());
            var words = client.inferBlocking(InferRequest.to("identity_bytes")
                    .input(texts)
                    .output("OUT", 100)
                    .build());
            var wordsByNetwork = client.inferBlocking(
                    InferRequest.to("identity_bytes").input(texts).build());

            // Then
            assertThat(pictures.output("OUT", DataType.UINT8, Shape.of(1, IMAGE))
                            .data())
                    .isEqualTo(image.data());
            assertThat(words.output("OUT").asStrings())
                    .isEqualTo(wordsByNetwork.output("OUT").asStrings())
                    .containsExactly("a", "", "größer");
            assertThat(client.sharedMemoryUse())
                    .returns(3L, SharedMemoryUse::carried)
                    .returns(0L, SharedMemoryUse::byNetwork);
        }
    }

    @ParameterizedTest
    @EnumSource(Kind.class)
    void anOutputTooLargeForItsPlaceIsAPermanentFault(Kind kind) throws Exception {
        // Given
        assumeSharedMemory();
        try (var server = kind.start("room");
                var client = client(server.endpoint()).sharedMemory(1, 4096).build()) {
            client.requireSharedMemory();
            var request = InferRequest.to("identity_uint8")
                    .input(Tensor.uint8("IN", Shape.of(1, 100), new byte[100]))
                    .output("OUT", 10)
                    .build();

            // When
            TritonException failure = failure(client, request);

            // Then
            assertThat(failure).isNotNull();
            assertThat(failure.fault()).as(failure.getMessage()).isEqualTo(Fault.PERMANENT);
            assertThat(failure.getMessage()).contains("10 bytes", "100 bytes");
        }
    }

    @ParameterizedTest
    @EnumSource(Kind.class)
    void aKilledClientsMemoryIsFreedByTheNextClient(Kind kind) throws Exception {
        // Given a client in a process of its own that uses shared memory and is killed
        assumeSharedMemory();
        try (var server = kind.start("killed")) {
            Process child = new ProcessBuilder(
                            Path.of(System.getProperty("java.home"), "bin", "java")
                                    .toString(),
                            "-Xmx128m",
                            "-XX:+UseSerialGC",
                            "-XX:TieredStopAtLevel=1",
                            "-cp",
                            System.getProperty("java.class.path"),
                            Sharer.class.getName(),
                            server.endpoint())
                    .redirectError(ProcessBuilder.Redirect.INHERIT)
                    .start();
            List<String> regions = new ArrayList<>();
            try {
                var out = child.inputReader();
                for (String line = out.readLine(); line != null && !line.equals("READY"); line = out.readLine()) {
                    regions.add(line);
                }
            } finally {
                child.destroyForcibly();
            }
            assertThat(child.waitFor(60, TimeUnit.SECONDS)).isTrue();
            assertThat(regions).hasSize(2).allSatisfy(each -> assertThat(SHARED_MEMORY.resolve(each))
                    .exists());

            // When
            try (var next = client(server.endpoint()).sharedMemory(1, 4096).build()) {
                next.requireSharedMemory();

                // Then
                assertThat(regions).allSatisfy(each -> assertThat(SHARED_MEMORY.resolve(each))
                        .doesNotExist());
                assertThat(next.sharedMemoryStatus())
                        .extracting(SharedRegion::name)
                        .doesNotContainAnyElementsOf(regions)
                        .hasSize(1);
            }
            try (var last = client(server.endpoint()).build()) {
                assertThat(last.sharedMemoryStatus()).isEmpty();
            }
        }
    }

    @Test
    void metricsAndStatisticsCountTheSame() throws Exception {
        // Given
        Path log = Path.of("target", "client-metrics.log");
        try (var server = ServerProcess.ours(
                        Cases.REPOSITORY,
                        log,
                        List.of("--model-control-mode=explicit", "--load-model=identity_uint8"));
                var client = client(server.endpoint()).build();
                var reader = new MetricsReader(metricsPage(log), Duration.ofSeconds(30))) {
            var request = InferRequest.to("identity_uint8")
                    .input(Tensor.uint8("IN", Shape.of(2, 3), new byte[6]))
                    .build();
            client.inferBlocking(request);
            ModelMetrics before = metrics(reader, 1);

            // When
            for (int i = 0; i < 5; i++) {
                client.inferBlocking(request);
            }

            // Then
            ModelMetrics between = metrics(reader, 6).since(before);
            var statistics = client.statistics("identity_uint8").getFirst();
            assertThat(between.success()).isEqualTo(5);
            assertThat(between.items()).isEqualTo(10);
            assertThat(before.items() + between.items()).isEqualTo(statistics.items());
            assertThat(between.request()).isPositive();
        }
    }

    /** The page, once it shows this many answers: a server may count an answer when it has sent it. */
    private static ModelMetrics metrics(MetricsReader reader, long answers) throws Exception {
        while (true) {
            ModelMetrics now = reader.read().models().getFirst();
            if (now.success() >= answers) {
                return now;
            }
        }
    }

    private static URI metricsPage(Path log) throws IOException {
        Matcher address = Pattern.compile("metrics=(\\S+)").matcher(Files.readString(log));
        assertThat(address.find()).isTrue();
        return URI.create("http://" + address.group(1) + "/metrics");
    }

    /** Prints how long it took; the bound is for a machine that is busy with all else. */
    @Test
    void callsGoOnSoonAfterAKilledServerIsBackAndNoneHangs() throws Exception {
        // Given a load that does not stop
        Duration limit = Duration.ofSeconds(5);
        try (var first = Kind.OURS.start("restart-1");
                var way = new Forwarder(first.endpoint());
                var client = client(way.endpoint()).timeout(limit).build();
                var load = new Load(client, 16)) {
            await(() -> load.answered.get() >= 100);

            // When
            first.kill();
            way.leadsNowhere();
            await(() -> load.failed.get() >= 16);
            try (var second = Kind.OURS.start("restart-2")) {
                long answeredBefore = load.answered.get();
                long ready = System.nanoTime();
                way.leadsTo(second.endpoint());
                await(() -> load.answered.get() > answeredBefore);
                Duration recovery = Duration.ofNanos(System.nanoTime() - ready);
                await(() -> load.answered.get() >= answeredBefore + 100);
                load.close();

                // Then
                System.out.println("first answer " + recovery.toMillis()
                        + " ms after the server was ready again; longest"
                        + " call " + load.longest().toMillis() + " ms with a limit of " + limit.toMillis() + " ms; "
                        + load.failed + " calls failed meanwhile");
                assertThat(load.faults).containsExactly(Fault.PASSING);
                assertThat(load.longest()).isLessThan(limit.plusSeconds(60));
                assertThat(recovery).isLessThan(Duration.ofSeconds(60));
            }
        }
    }

    private static TritonClient.Builder client(String endpoint) {
        return TritonClient.builder()
                .endpoint(endpoint)
                .timeout(Duration.ofSeconds(60))
                .controlTimeout(Duration.ofSeconds(60));
    }

    private static @Nullable TritonException failure(TritonClient client, InferRequest request) {
        try {
            client.inferBlocking(request);
            return null;
        } catch (TritonException e) {
            return e;
        }
    }

    private static void assumeSharedMemory() {
        assumeThat(Files.isWritable(SHARED_MEMORY))
                .as("this machine has no /dev/shm that can be written")
                .isTrue();
    }

    /** The class's timeout ends what never comes. */
    private static void await(BooleanSupplier condition) {
        while (!condition.getAsBoolean()) {
            LockSupport.parkNanos(Duration.ofMillis(2).toNanos());
        }
    }

    /** Another process: takes shared memory, says what its regions are called, and lives until it is killed. */
    static final class Sharer {
        private Sharer() {}

        public static void main(String[] args) throws IOException {
            var client = client(args[0]).sharedMemory(2, 4096).build();
            client.requireSharedMemory();
            client.sharedMemoryStatus().forEach(region -> System.out.println(region.name()));
            System.out.println("READY");
            int _ = System.in.read();
        }
    }

    /** Calls without end, a fixed number at once; after a failure a caller waits a little. */
    private static final class Load implements AutoCloseable {
        private final AtomicLong answered = new AtomicLong();
        private final AtomicLong failed = new AtomicLong();
        private final AtomicLong longestNanos = new AtomicLong();
        private final Set<Fault> faults = ConcurrentHashMap.newKeySet();
        private final AtomicBoolean isOver = new AtomicBoolean();
        private final List<Thread> callers = new ArrayList<>();

        Load(TritonClient client, int atOnce) {
            var request = InferRequest.to("identity_uint8")
                    .input(Tensor.uint8("IN", Shape.of(1, 16_384), new byte[16_384]))
                    .build();
            for (int i = 0; i < atOnce; i++) {
                callers.add(Thread.ofVirtual().start(() -> call(client, request)));
            }
        }

        private void call(TritonClient client, InferRequest request) {
            while (!isOver.get()) {
                long start = System.nanoTime();
                TritonException failure = failure(client, request);
                longestNanos.accumulateAndGet(System.nanoTime() - start, Math::max);
                if (failure == null) {
                    answered.incrementAndGet();
                } else {
                    faults.add(failure.fault());
                    failed.incrementAndGet();
                    LockSupport.parkNanos(Duration.ofMillis(10).toNanos());
                }
            }
        }

        Duration longest() {
            return Duration.ofNanos(longestNanos.get());
        }

        @Override
        public void close() throws InterruptedException {
            isOver.set(true);
            for (Thread caller : callers) {
                caller.join();
            }
        }
    }

    /**
     * One address for servers that come and go: a port that was let go could be another program's before the next server has it. Where
     * it leads nowhere a connection ends as soon as it is there.
     */
    private static final class Forwarder implements AutoCloseable {
        private final ServerSocket door = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        private final Set<Socket> sockets = Collections.newSetFromMap(new ConcurrentHashMap<>());
        private volatile @Nullable String target;

        Forwarder(String target) throws IOException {
            this.target = target;
            Thread.ofVirtual().start(this::accept);
        }

        String endpoint() {
            return "127.0.0.1:" + door.getLocalPort();
        }

        void leadsTo(String next) {
            target = next;
        }

        void leadsNowhere() {
            target = null;
            sockets.forEach(Forwarder::end);
        }

        private void accept() {
            try {
                while (true) {
                    Socket near = door.accept();
                    Thread.ofVirtual().start(() -> connect(near));
                }
            } catch (IOException _) {
                // closed
            }
        }

        private void connect(Socket near) {
            String to = target;
            if (to == null) {
                end(near);
                return;
            }
            int colon = to.lastIndexOf(':');
            Socket far = new Socket();
            sockets.add(near);
            sockets.add(far);
            try {
                far.connect(new InetSocketAddress(to.substring(0, colon), Integer.parseInt(to.substring(colon + 1))));
                Thread.ofVirtual().start(() -> pump(far, near));
                pump(near, far);
            } catch (IOException _) {
                end(near);
                end(far);
            }
        }

        private void pump(Socket from, Socket to) {
            try {
                from.getInputStream().transferTo(to.getOutputStream());
            } catch (IOException _) {
                // one of the two has gone
            } finally {
                end(from);
                end(to);
            }
        }

        private static void end(Socket socket) {
            try {
                socket.close();
            } catch (IOException _) {
                // has gone
            }
        }

        @Override
        public void close() throws IOException {
            door.close();
            sockets.forEach(Forwarder::end);
        }
    }
}
