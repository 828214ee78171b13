package io.saccade.modelserver;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** The command line. Flags have Triton's names where Triton has them. */
@Command(
        name = "saccade-model-server",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = "Serves a Triton model repository of ONNX models over Triton's gRPC protocol, on the CPU.",
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {"0:stopped", "2:could not start: one line on standard error says why"})
public final class Main implements Callable<Integer> {

    @Option(
            names = "--model-repository",
            required = true,
            paramLabel = "DIR",
            description = "Folder with one folder for each model.")
    private Path repository = Path.of("");

    @Option(
            names = "--grpc-address",
            defaultValue = "127.0.0.1",
            paramLabel = "ADDRESS",
            description = "Address of the gRPC port. Default: ${DEFAULT-VALUE}, this machine only; 0.0.0.0 for all.")
    private String grpcAddress = "";

    @Option(
            names = "--grpc-port",
            defaultValue = "8001",
            paramLabel = "PORT",
            description = "Port of gRPC, 0 for a free one. Default: ${DEFAULT-VALUE}.")
    private int grpcPort;

    @Option(
            names = "--http-address",
            defaultValue = "127.0.0.1",
            paramLabel = "ADDRESS",
            description = "Address of the HTTP port. Default: ${DEFAULT-VALUE}.")
    private String httpAddress = "";

    @Option(
            names = "--http-port",
            defaultValue = "8000",
            paramLabel = "PORT",
            description = "Port of /v2/health/live and /v2/health/ready, 0 for a free one. Default: ${DEFAULT-VALUE}.")
    private int httpPort;

    @Option(
            names = "--metrics-address",
            defaultValue = "127.0.0.1",
            paramLabel = "ADDRESS",
            description = "Address of the metrics port. Default: ${DEFAULT-VALUE}.")
    private String metricsAddress = "";

    @Option(
            names = "--metrics-port",
            defaultValue = "8002",
            paramLabel = "PORT",
            description = "Port of /metrics, 0 for a free one. Default: ${DEFAULT-VALUE}.")
    private int metricsPort;

    @Option(
            names = "--model-control-mode",
            defaultValue = "none",
            paramLabel = "MODE",
            description =
                    "none: all models are loaded at start, and that is all. explicit: only those of --load-model, and more by"
                            + " request. poll: all, and what changes in the folder is loaded and unloaded while the server runs."
                            + " Default: ${DEFAULT-VALUE}.")
    private ControlMode mode = ControlMode.NONE;

    @Option(
            names = "--repository-poll-secs",
            defaultValue = "15",
            paramLabel = "SECONDS",
            description = "With poll: time between two looks at the folder, at least 1. Default: ${DEFAULT-VALUE}.")
    private int pollSeconds;

    @Option(
            names = "--load-model",
            paramLabel = "NAME",
            description = "With explicit control: load this model at start; '*' for all. May be repeated.")
    private List<String> loadModels = new ArrayList<>();

    @Option(
            names = "--strict-readiness",
            defaultValue = "true",
            arity = "0..1",
            fallbackValue = "true",
            paramLabel = "BOOL",
            description = "Ready only while all models that should be loaded are. Default: ${DEFAULT-VALUE}.")
    private boolean strictReadiness;

    @Option(
            names = "--exit-on-error",
            defaultValue = "true",
            arity = "0..1",
            fallbackValue = "true",
            paramLabel = "BOOL",
            description = "Do not start without a model that cannot be loaded. Default: ${DEFAULT-VALUE}.")
    private boolean exitOnError;

    @Option(
            names = {"--exit-timeout-secs"},
            defaultValue = "30",
            paramLabel = "SECONDS",
            description = "How long requests under way may take after the stop signal. Default: ${DEFAULT-VALUE}.")
    private int exitTimeoutSeconds;

    @Option(
            names = "--threads-per-run",
            defaultValue = "1",
            paramLabel = "N",
            description =
                    "Threads inside one run of a graph (ONNX Runtime's intra-op threads), for models whose parameters do not"
                            + " name an intra_op_thread_count. They sleep when idle. Runs at the same time are the model's"
                            + " instance_group. Default: ${DEFAULT-VALUE}, as batches use the cores better than threads do.")
    private int threads;

    @Option(
            names = "--response-limit",
            defaultValue = "2147483647",
            paramLabel = "BYTES",
            description = "Most bytes of the tensors of one answer; a larger one is refused instead of sent. Default:"
                    + " ${DEFAULT-VALUE}, which is all gRPC can carry.")
    private int responseLimit;

    @Option(
            names = "--allow-client-shm",
            defaultValue = "false",
            arity = "0..1",
            fallbackValue = "true",
            paramLabel = "BOOL",
            description =
                    "Clients may name shared memory of this machine, from which tensors are read and into which they are"
                            + " written. Default: ${DEFAULT-VALUE}, as such a client reaches all of it that this process may use.")
    private boolean allowClientShm;

    private Main() {}

    /** Starts a server and stays until it is stopped. */
    public static void main(String[] arguments) {
        System.exit(new CommandLine(new Main())
                .setCaseInsensitiveEnumValuesAllowed(true)
                .execute(arguments));
    }

    @Override
    public Integer call() throws InterruptedException {
        long started = System.nanoTime();
        ModelServer server;
        try {
            check();
            server = ModelServer.start(options());
        } catch (LoadException | ModelServer.StartException e) {
            System.err.println("error: " + e.getMessage());
            return CommandLine.ExitCode.USAGE;
        }
        Runtime.getRuntime().addShutdownHook(new Thread(server::close, "stop"));
        System.out.printf(
                "READY grpc=%s:%d http=%s:%d metrics=%s:%d models=%d in %d ms%n",
                grpcAddress,
                server.grpcPort(),
                httpAddress,
                server.httpPort(),
                metricsAddress,
                server.metricsPort(),
                server.models().size(),
                Duration.ofNanos(System.nanoTime() - started).toMillis());
        System.out.flush();
        server.await();
        return CommandLine.ExitCode.OK;
    }

    /** Options that are right each and wrong together. */
    private void check() throws LoadException {
        if (!loadModels.isEmpty() && mode != ControlMode.EXPLICIT) {
            throw new LoadException(
                    "--load-model: expected --model-control-mode=explicit with it, as otherwise all models are loaded; got "
                            + mode.name().toLowerCase(Locale.ROOT));
        }
        if (loadModels.contains("*") && loadModels.size() > 1) {
            throw new LoadException("--load-model: expected '*' alone or names, got " + loadModels);
        }
        if (pollSeconds < 1) {
            throw new LoadException("--repository-poll-secs: expected 1 or more, got " + pollSeconds);
        }
        if (responseLimit < 1) {
            throw new LoadException("--response-limit: expected 1 or more, got " + responseLimit);
        }
    }

    private ServerOptions options() {
        return new ServerOptions(
                repository,
                grpcAddress,
                grpcPort,
                httpAddress,
                httpPort,
                metricsAddress,
                metricsPort,
                mode,
                loadModels,
                strictReadiness,
                exitOnError,
                Duration.ofSeconds(exitTimeoutSeconds),
                threads,
                Duration.ofSeconds(pollSeconds),
                responseLimit,
                allowClientShm);
    }
}
