package io.saccade.cli.stack;

import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * All processes of a stack as data, and where they meet.
 *
 * @param bootstrapServers of Kafka, ours or another's
 * @param triton           {@code HOST:PORT}, ours or another's
 * @param processes        in the order they are shown
 */
public record StackPlan(String bootstrapServers, String triton, List<ProcessPlan> processes) {

    private static final String HOST = "127.0.0.1";

    /**
     * One collector thread, small headers, half the usual stacks: eight JVMs share a laptop. The fast compiler only: on two
     * busy cores the stack is ready in half the time (16 s instead of 34), and what it computes in Java is little beside the
     * models. Out of memory ends a process, because half a process answers nothing and says nothing.
     */
    private static final List<String> SMALL_JVM = List.of(
            "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=1",
            "-XX:+UseCompactObjectHeaders",
            "-XX:+ExitOnOutOfMemoryError",
            "-Xss512k",
            "-XX:MaxDirectMemorySize=128m",
            "-Dfile.encoding=UTF-8");

    public StackPlan {
        processes = List.copyOf(processes);
    }

    /** Plans a stack. */
    public static StackPlan of(StackSpec spec, Installation installation, Ports ports) {
        var processes = new ArrayList<ProcessPlan>();
        var kafka = spec.kafka() == null ? HOST + ":" + ports.of(Ports.KAFKA) : spec.kafka();
        var triton = spec.modelServer() instanceof ModelServerChoice.Elsewhere(var address)
                ? address
                : HOST + ":" + ports.of(Ports.MODEL_GRPC);
        if (spec.kafka() == null) {
            processes.add(broker(spec, installation, ports));
        }
        switch (spec.modelServer()) {
            case ModelServerChoice.Ours _ -> processes.add(modelServer(installation, ports));
            case ModelServerChoice.Triton _ -> processes.add(triton(installation, ports));
            case ModelServerChoice.Elsewhere _ -> {}
        }
        for (var service : Installation.SERVICES) {
            processes.add(service(service, spec, installation, ports.of(service), kafka, triton));
        }
        if (spec.intake()) {
            processes.add(
                    service(Installation.INTAKE, spec, installation, ports.of(Installation.INTAKE), kafka, triton));
        }
        return new StackPlan(kafka, triton, processes);
    }

    private static ProcessPlan broker(StackSpec spec, Installation installation, Ports ports) {
        int port = ports.of(Ports.KAFKA);
        var command = jvm(installation, "-Xmx256m");
        command.addAll(List.of(
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                installation.classPath("libs/broker", "saccade-broker"),
                "io.saccade.broker.Main",
                "--data",
                spec.folder().kafka().toString(),
                "--port",
                Integer.toString(port)));
        var address = HOST + ":" + port;
        return new ProcessPlan(
                "kafka",
                ProcessPlan.Wave.BROKER,
                command,
                environment(),
                address,
                new Probe.LogLine("READY bootstrap="),
                "kafka://" + address);
    }

    private static ProcessPlan modelServer(Installation installation, Ports ports) {
        var command = jvm(installation, "-Xmx256m");
        command.addAll(List.of(
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                installation.classPath("services/model-server", "saccade-model-server"),
                "io.saccade.modelserver.Main",
                "--model-repository",
                installation.models().toString(),
                "--grpc-port",
                Integer.toString(ports.of(Ports.MODEL_GRPC)),
                "--http-port",
                Integer.toString(ports.of(Ports.MODEL_HTTP)),
                "--metrics-port",
                Integer.toString(ports.of(Ports.MODEL_METRICS))));
        var health = "http://" + HOST + ":" + ports.of(Ports.MODEL_HTTP) + "/v2/health/ready";
        return new ProcessPlan(
                "model-server",
                ProcessPlan.Wave.MODEL_SERVER,
                command,
                environment(),
                HOST + ":" + ports.of(Ports.MODEL_GRPC),
                new Probe.Http(URI.create(health)),
                health);
    }

    /** Its script becomes the server itself, so that the process is the one to stop. */
    private static ProcessPlan triton(Installation installation, Ports ports) {
        var command = List.of(
                installation.tritonScript().toString(),
                installation.models().toString(),
                "--grpc-port=" + ports.of(Ports.MODEL_GRPC),
                "--http-port=" + ports.of(Ports.MODEL_HTTP),
                "--metrics-port=" + ports.of(Ports.MODEL_METRICS),
                // Less than the supervisor waits before it kills.
                "--exit-timeout-secs=10");
        var health = "http://" + HOST + ":" + ports.of(Ports.MODEL_HTTP) + "/v2/health/ready";
        return new ProcessPlan(
                "triton",
                ProcessPlan.Wave.MODEL_SERVER,
                command,
                Map.of("SACCADE_TRITON", installation.triton().toString()),
                HOST + ":" + ports.of(Ports.MODEL_GRPC),
                new Probe.Http(URI.create(health)),
                health);
    }

    private static ProcessPlan service(
            String name, StackSpec spec, Installation installation, int port, String kafka, String triton) {
        boolean stage = !name.equals("joiner") && !name.equals(Installation.INTAKE);
        var command = jvm(installation, stage ? "-Xmx256m" : "-Xmx192m");
        command.addAll(List.of(
                "--enable-native-access=ALL-UNNAMED",
                // Each answer to a probe that says "not yet" would be a line in the log.
                "-Dquarkus.log.category.\"io.smallrye.health\".level=WARN",
                "-jar",
                installation.service(name).toString()));
        var environment = environment();
        environment.put("QUARKUS_HTTP_HOST", HOST);
        environment.put("QUARKUS_HTTP_PORT", Integer.toString(port));
        environment.put("SACCADE_KAFKA_BOOTSTRAP_SERVERS", kafka);
        if (spec.otlpEndpoint() == null) {
            environment.put("QUARKUS_OTEL_SDK_DISABLED", "true");
        } else {
            environment.put("QUARKUS_OTEL_EXPORTER_OTLP_ENDPOINT", spec.otlpEndpoint());
        }
        if (name.equals("joiner")) {
            environment.put("SACCADE_JOIN_DEADLINE", text(spec.joinDeadline()));
            environment.put(
                    "SACCADE_JOIN_STATE_DIRECTORY", spec.folder().joiner().toString());
        }
        if (stage) {
            environment.put("SACCADE_TRITON_ENDPOINTS", triton);
            environment.put("SACCADE_MODELS_DIRECTORY", installation.models().toString());
            environment.put("SACCADE_IMAGES_FILE_ROOTS", spec.folder().spool().toString());
        }
        var base = "http://" + HOST + ":" + port;
        var health = base + "/q/health/ready";
        return new ProcessPlan(
                name,
                ProcessPlan.Wave.SERVICES,
                command,
                environment,
                base,
                new Probe.Http(URI.create(health)),
                health);
    }

    private static ArrayList<String> jvm(Installation installation, String... flags) {
        var command = new ArrayList<String>();
        command.add(installation.java().toString());
        command.addAll(SMALL_JVM);
        command.addAll(List.of(flags));
        return command;
    }

    private static Map<String, String> environment() {
        var environment = new HashMap<String, String>();
        // glibc would keep a heap of its own per thread.
        environment.put("MALLOC_ARENA_MAX", "2");
        return environment;
    }

    /** As Quarkus reads durations, to the millisecond. */
    private static String text(Duration duration) {
        return duration.toMillis() % 1_000 == 0 ? duration.toSeconds() + "s" : duration.toMillis() + "ms";
    }
}
