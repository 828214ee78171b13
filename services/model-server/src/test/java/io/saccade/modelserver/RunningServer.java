package io.saccade.modelserver;

import io.grpc.ManagedChannel;
import io.grpc.netty.NettyChannelBuilder;
import io.saccade.triton.TritonClient;
import io.saccade.triton.proto.GRPCInferenceServiceGrpc;
import io.saccade.triton.proto.GRPCInferenceServiceGrpc.GRPCInferenceServiceBlockingStub;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;

/** A server on free ports in this JVM, with a client and a bare channel. */
final class RunningServer implements AutoCloseable {
    static final Path REPOSITORY = Path.of("src/test/resources/repository").toAbsolutePath();

    private static final HttpClient HTTP = HttpClient.newHttpClient();

    private final ModelServer server;
    private final TritonClient client;
    private final ManagedChannel channel;

    private RunningServer(ModelServer server) {
        this.server = server;
        String target = "127.0.0.1:" + server.grpcPort();
        this.client = TritonClient.builder()
                .endpoint(target)
                .timeout(Duration.ofSeconds(60)) // a busy machine loads slowly
                .build();
        this.channel = NettyChannelBuilder.forTarget(target).usePlaintext().build();
    }

    static RunningServer withModels(String... models) {
        return start(options(REPOSITORY, true, List.of(models)));
    }

    static RunningServer start(ServerOptions options) {
        try {
            return new RunningServer(ModelServer.start(options));
        } catch (LoadException | ModelServer.StartException e) {
            throw new AssertionError(e);
        }
    }

    static ServerOptions options(Path repository, boolean explicit, List<String> models) {
        return new ServerOptions(
                repository,
                "127.0.0.1",
                0,
                "127.0.0.1",
                0,
                "127.0.0.1",
                0,
                explicit ? ControlMode.EXPLICIT : ControlMode.NONE,
                models,
                true,
                true,
                Duration.ofSeconds(20),
                1,
                Duration.ofHours(1),
                Integer.MAX_VALUE,
                true);
    }

    /** Copies one model of the test repository into another, where a test may change it. */
    static Path copy(String model, Path repository) {
        Path from = REPOSITORY.resolve(model);
        try (Stream<Path> files = Files.walk(from)) {
            for (Path file : files.toList()) {
                Path to =
                        repository.resolve(model).resolve(from.relativize(file).toString());
                if (Files.isDirectory(file)) {
                    Files.createDirectories(to);
                } else {
                    Files.copy(file, to);
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return repository.resolve(model);
    }

    TritonClient client() {
        return client;
    }

    ManagedChannel channel() {
        return channel;
    }

    GRPCInferenceServiceBlockingStub stub() {
        return GRPCInferenceServiceGrpc.newBlockingStub(channel);
    }

    ModelServer server() {
        return server;
    }

    HttpResponse<String> http(String path) {
        return get(server.httpPort(), path);
    }

    String metrics() {
        return get(server.metricsPort(), "/metrics").body();
    }

    /** The value of a metric of a model, 0 if it is not there. */
    long metric(String name, String model) {
        return metrics()
                .lines()
                .filter(line -> line.startsWith(name + "{model=\"" + model + "\""))
                .mapToLong(line -> Long.parseLong(line.substring(line.lastIndexOf(' ') + 1)))
                .sum();
    }

    /** Instances of a model that run now. */
    int running(String model) {
        return server.models().stream()
                .filter(each -> each.name().equals(model))
                .mapToInt(ServedModel::running)
                .sum();
    }

    private static HttpResponse<String> get(int port, String path) {
        try {
            return HTTP.send(
                    HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
                            .build(),
                    HttpResponse.BodyHandlers.ofString());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError(e);
        }
    }

    @Override
    public void close() {
        client.close();
        channel.shutdownNow();
        server.close();
    }
}
