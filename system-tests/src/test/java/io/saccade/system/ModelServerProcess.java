package io.saccade.system;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;

/** Our model server as a process of its own, on free ports, with the committed models. */
final class ModelServerProcess implements AutoCloseable {

    private static final Pattern READY = Pattern.compile("READY grpc=(\\S+) .*");

    private final Process process;
    private final String endpoint;

    private ModelServerProcess(Process process, String endpoint) {
        this.process = process;
        this.endpoint = endpoint;
    }

    static ModelServerProcess start(Path log, String... options) throws IOException {
        var command = new ArrayList<>(List.of(
                Repository.java().toString(),
                "-Xmx512m",
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                Repository.classPath("services/model-server"),
                "io.saccade.modelserver.Main",
                "--model-repository",
                Repository.path("triton-models").toString(),
                "--grpc-port",
                "0",
                "--http-port",
                "0",
                "--metrics-port",
                "0"));
        command.addAll(List.of(options));
        var process = new ProcessBuilder(command).redirectError(log.toFile()).start();
        BufferedReader out = process.inputReader();
        for (String line; (line = out.readLine()) != null; ) {
            var matcher = READY.matcher(line);
            if (matcher.matches()) {
                return new ModelServerProcess(process, matcher.group(1));
            }
        }
        throw new AssertionError("the model server ended without getting ready; see " + log);
    }

    String endpoint() {
        return endpoint;
    }

    @Override
    public void close() {
        process.destroy();
        try {
            if (!process.waitFor(20, TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
