package io.saccade.protocol;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Assumptions;

/** A server as a process of its own on the loopback interface, ready to be asked. */
final class ServerProcess implements AutoCloseable {

    private static final Pattern OURS_READY = Pattern.compile("READY grpc=(\\S+) .*");
    private static final Pattern TRITON_READY = Pattern.compile(".*Started GRPCInferenceService at ([^\"]+).*");
    private static final int ATTEMPTS = 3;

    private final Process process;
    private final String endpoint;
    private final String regions;

    private ServerProcess(Process process, String endpoint, String regions) {
        this.process = process;
        this.endpoint = endpoint;
        this.regions = regions;
    }

    /** Our model server, with these options after the repository. */
    static ServerProcess ours(Path repository, Path log, List<String> options) throws IOException {
        var command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx512m",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                System.getProperty("java.class.path"),
                "io.saccade.modelserver.Main",
                "--model-repository=" + repository,
                "--grpc-port=0",
                "--http-port=0",
                "--metrics-port=0",
                "--allow-client-shm=true"));
        command.addAll(options);
        return started(new ProcessBuilder(command), OURS_READY, log, "")
                .orElseThrow(() -> new AssertionError("the model server ended without getting ready; see " + log));
    }

    /** NVIDIA's Triton, with these options after the repository. */
    static ServerProcess triton(Path repository, Path log, List<String> options) throws IOException {
        Path home = tritonHome();
        for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
            // Triton takes no port 0: another program may take a free one first, hence the attempts.
            List<Integer> ports = freePorts();
            String regions = "saccade-" + UUID.randomUUID() + "-";
            var command = new ArrayList<>(List.of(
                    Checkout.path("deploy/triton/run.sh").toString(),
                    repository.toString(),
                    "--grpc-port=" + ports.get(0),
                    "--http-port=" + ports.get(1),
                    "--metrics-port=" + ports.get(2),
                    "--backend-config=python,shm-region-prefix-name=" + regions,
                    "--exit-timeout-secs=2"));
            command.addAll(options);
            var builder = new ProcessBuilder(command);
            builder.environment().put("SACCADE_TRITON", home.toString());
            Optional<ServerProcess> server = started(builder, TRITON_READY, log, regions);
            if (server.isPresent()) {
                return server.get();
            }
        }
        throw new AssertionError("Triton ended without getting ready; see " + log);
    }

    static boolean isTritonInstalled() {
        return Files.exists(tritonHome().resolve("installed"));
    }

    /** Skips the test, with the reason, where Triton is not installed: called in the test, as a skipped class is in no report. */
    static void assumeTriton() {
        Assumptions.assumeTrue(
                isTritonInstalled(),
                "NVIDIA's Triton is not in " + tritonHome() + "; install it with deploy/triton/install.sh");
    }

    /** Where {@code deploy/triton/install.sh} puts Triton, installed or not. */
    static Path tritonHome() {
        return Optional.ofNullable(System.getenv("SACCADE_TRITON"))
                .map(Path::of)
                .orElse(Checkout.path(".saccade/triton"));
    }

    private static List<Integer> freePorts() throws IOException {
        List<ServerSocket> sockets = new ArrayList<>();
        try {
            for (int i = 0; i < 3; i++) {
                sockets.add(new ServerSocket(0, 1, InetAddress.getLoopbackAddress()));
            }
            return sockets.stream().map(ServerSocket::getLocalPort).toList();
        } finally {
            for (ServerSocket socket : sockets) {
                socket.close();
            }
        }
    }

    private static Optional<ServerProcess> started(ProcessBuilder builder, Pattern ready, Path log, String regions)
            throws IOException {
        Process process = builder.redirectErrorStream(true).start();
        BufferedReader out = process.inputReader();
        Writer copy = Files.newBufferedWriter(log);
        for (String line; (line = out.readLine()) != null; ) {
            copy.write(line + "\n");
            var matcher = ready.matcher(line);
            if (matcher.matches()) {
                copy.flush();
                Thread.ofVirtual().start(() -> drain(out, copy));
                return Optional.of(new ServerProcess(process, matcher.group(1), regions));
            }
        }
        copy.close();
        return Optional.empty();
    }

    private static void drain(BufferedReader out, Writer copy) {
        try (copy) {
            out.transferTo(copy);
        } catch (IOException _) {
            // The server was stopped: nobody reads the rest of its log.
        }
    }

    /** Waits a moment for a process that is about to end: its connection is gone before it is. */
    boolean isAlive() throws InterruptedException {
        return !process.waitFor(1, TimeUnit.SECONDS);
    }

    String endpoint() {
        return endpoint;
    }

    /** Ends it as a crash does. */
    void kill() {
        process.destroyForcibly();
        process.onExit().join();
    }

    @Override
    public void close() {
        List<ProcessHandle> children = process.descendants().toList();
        process.destroy();
        try {
            if (!process.waitFor(20, TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
        children.forEach(ProcessHandle::destroyForcibly);
        if (!regions.isEmpty()) {
            removeRegions();
        }
    }

    /** Triton leaves its shared memory behind when requests still wait in a queue as it stops, and ours wait on purpose. */
    private void removeRegions() {
        try (var left = Files.newDirectoryStream(Path.of("/dev/shm"), regions + "*")) {
            for (Path region : left) {
                Files.deleteIfExists(region);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
