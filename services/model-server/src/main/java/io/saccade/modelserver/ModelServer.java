package io.saccade.modelserver;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.grpc.BindableService;
import io.grpc.Server;
import io.grpc.ServerInterceptors;
import io.grpc.netty.NettyServerBuilder;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A running server: its models, its three ports, and its orderly end. */
final class ModelServer implements AutoCloseable {
    private static final Logger LOGGER = LoggerFactory.getLogger(ModelServer.class);

    /** As Triton's: what a signed 32-bit length can say. */
    private static final int LARGEST_MESSAGE = Integer.MAX_VALUE;

    private final ServerOptions options;
    private final ModelRepository repository;
    private final List<AutoCloseable> open = new ArrayList<>();
    private final Server grpc;
    private final HttpServer http;
    private final HttpServer metrics;
    private final ScheduledExecutorService poller = Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().daemon().name("repository-poll").factory());
    private volatile boolean stopping;

    /** What stops a start: one sentence, and what to do. */
    static final class StartException extends Exception {
        StartException(String message, Throwable cause) {
            super(message, cause);
        }
    }

    private ModelServer(ServerOptions options, ModelRepository repository) throws StartException {
        this.options = options;
        this.repository = repository;
        SharedMemory memory = new SharedMemory(options.allowSharedMemory());
        BindableService service = new InferenceService(
                repository,
                options.control() == ControlMode.EXPLICIT,
                version(),
                this::isReady,
                new ResponseWriter(options.responseLimit(), memory));
        this.grpc = NettyServerBuilder.forAddress(address(options.grpcAddress(), options.grpcPort(), "--grpc-address"))
                .addService(ServerInterceptors.intercept(service, new CallHeaders.Reader(), new ShortStatus()))
                .addService(new HealthService(this::isReady))
                .executor(Executors.newVirtualThreadPerTaskExecutor())
                .maxInboundMessageSize(LARGEST_MESSAGE)
                .flowControlWindow(8 << 20)
                .permitKeepAliveWithoutCalls(true)
                .permitKeepAliveTime(10, TimeUnit.SECONDS)
                .build();
        try {
            grpc.start();
            open.add(() -> stopGrpc());
            open.add(memory);
        } catch (IOException e) {
            throw taken("--grpc-port", options.grpcAddress(), options.grpcPort(), e);
        }
        this.http = http("--http-port", options.httpAddress(), options.httpPort(), "--http-address");
        http.createContext("/v2/health/live", exchange -> answer(exchange, "/v2/health/live", 200, ""));
        http.createContext(
                "/v2/health/ready", exchange -> answer(exchange, "/v2/health/ready", isReady() ? 200 : 400, ""));
        this.metrics = http("--metrics-port", options.metricsAddress(), options.metricsPort(), "--metrics-address");
        metrics.createContext(
                "/metrics", exchange -> answer(exchange, "/metrics", 200, Metrics.text(repository.ready())));
        http.start();
        metrics.start();
        if (options.control() == ControlMode.POLL) {
            long nanos = options.pollEvery().toNanos();
            ScheduledFuture<?> _ = poller.scheduleWithFixedDelay(repository::poll, nanos, nanos, TimeUnit.NANOSECONDS);
        }
    }

    /**
     * Loads the models, then opens the ports.
     *
     * @throws LoadException  if the repository is missing, or a model that must be there cannot be loaded
     * @throws StartException if a port cannot be opened
     */
    static ModelServer start(ServerOptions options) throws LoadException, StartException {
        ModelRepository repository = new ModelRepository(options.repository(), options.threads());
        boolean started = false;
        ModelServer server = null;
        try {
            loadAll(options, repository);
            server = new ModelServer(options, repository);
            started = true;
            return server;
        } finally {
            if (!started) {
                repository.close();
            }
        }
    }

    private static void loadAll(ServerOptions options, ModelRepository repository) throws LoadException {
        List<String> names = options.control() != ControlMode.EXPLICIT
                        || options.loadAtStart().contains("*")
                ? repository.names()
                : options.loadAtStart();
        for (String name : names) {
            if (!repository.has(name)) {
                throw new LoadException("--load-model: expected a model of " + options.repository() + ", which are "
                        + repository.names() + ", got '" + name + "'");
            }
            try {
                repository.loadIfAbsent(name);
            } catch (LoadException e) {
                if (options.exitOnError()) {
                    throw e;
                }
                LOGGER.atError()
                        .addKeyValue("model", name)
                        .addKeyValue("error", e.getMessage())
                        .log("a model could not be loaded; the server goes on without it");
            }
        }
    }

    private static InetSocketAddress address(String host, int port, String option) throws StartException {
        try {
            return new InetSocketAddress(InetAddress.getByName(host), port);
        } catch (IOException e) {
            throw new StartException(option + ": expected an address of this machine, got '" + host + "'", e);
        }
    }

    private HttpServer http(String portOption, String host, int port, String addressOption) throws StartException {
        try {
            HttpServer server = HttpServer.create(address(host, port, addressOption), 0);
            server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
            open.add(() -> server.stop(0));
            return server;
        } catch (IOException e) {
            closeOpen();
            throw taken(portOption, host, port, e);
        }
    }

    private static StartException taken(String option, String host, int port, IOException e) {
        Throwable cause = e.getCause() == null ? e : e.getCause();
        return new StartException(
                option + ": expected a free port, got " + host + ":" + port + " (" + cause.getMessage()
                        + "); choose another, or 0 for any free one",
                e);
    }

    private static void answer(HttpExchange exchange, String path, int status, String text) throws IOException {
        try (exchange) {
            exchange.getRequestBody().readAllBytes();
            if (!exchange.getRequestURI().getPath().equals(path)) {
                exchange.sendResponseHeaders(404, -1);
                return;
            }
            byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
            exchange.getResponseHeaders().set("Content-Type", "text/plain; version=0.0.4; charset=utf-8");
            exchange.sendResponseHeaders(status, bytes.length == 0 ? -1 : bytes.length);
            if (bytes.length > 0) {
                exchange.getResponseBody().write(bytes);
            }
        }
    }

    private static String version() {
        String version = ModelServer.class.getPackage().getImplementationVersion();
        return version == null ? "development" : version;
    }

    boolean isReady() {
        return !stopping && (!options.strictReadiness() || repository.allReady());
    }

    int grpcPort() {
        return grpc.getPort();
    }

    int httpPort() {
        return http.getAddress().getPort();
    }

    int metricsPort() {
        return metrics.getAddress().getPort();
    }

    List<ServedModel> models() {
        return repository.ready();
    }

    /** Waits until the server has been stopped. */
    void await() throws InterruptedException {
        grpc.awaitTermination();
    }

    private void stopGrpc() {
        grpc.shutdown();
        boolean drained = false;
        try {
            drained = grpc.awaitTermination(options.exitTimeout().toNanos(), TimeUnit.NANOSECONDS);
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
        if (!drained) {
            LOGGER.warn("requests were still under way at the end of the exit timeout and are cancelled");
            grpc.shutdownNow();
        }
    }

    private void closeOpen() {
        for (AutoCloseable each : open) {
            try {
                each.close();
            } catch (Exception e) {
                LOGGER.atWarn().setCause(e).log("a port could not be closed");
            }
        }
    }

    /** Says it is not ready, takes no new calls, lets those under way end within the exit timeout, then lets the models go. */
    @Override
    public void close() {
        stopping = true;
        poller.shutdown();
        closeOpen();
        repository.close();
    }
}
