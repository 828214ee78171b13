package io.saccade.benchmarks.sources;

import io.saccade.contract.event.ImageRef;
import io.saccade.guard.UrlPolicy;
import io.saccade.sources.Budget;
import io.saccade.sources.Fetched;
import io.saccade.sources.ImageSources;
import io.saccade.sources.S3Settings;
import io.saccade.sources.SourceSettings;
import io.saccade.sources.WebSettings;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * One image after the other from a host on loopback, over a kept connection: by {@link ImageSources} with its guard, limits, circuit and
 * digest, and by the JDK's own client with a digest and no check at all.
 */
@State(Scope.Benchmark)
@SuppressWarnings("NullAway.Init") // what JMH has set up before it measures
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 3, time = 3)
public class FetchBenchmark {
    private static final Duration TIMEOUT = Duration.ofSeconds(30);

    /** Of one image. */
    @Param({"20000", "300000", "3000000"})
    int bytes;

    private PictureServer server;
    private ImageSources sources;
    private HttpClient plain;
    private URI uri;
    private ImageRef image;

    /** Starts the host. */
    @Setup
    public void start() throws Exception {
        server = PictureServer.start();
        uri = URI.create("http://localhost:" + server.port() + "/" + bytes);
        image = ImageRef.at(uri);
        var policy = UrlPolicy.builder()
                .ports(List.of(server.port()))
                .allowedHosts(List.of("localhost"))
                .allowedNetworks(List.of("127.0.0.0/8"))
                .build();
        sources = ImageSources.of(new SourceSettings(
                16 << 20,
                List.of(),
                new WebSettings(List.of("http"), policy, Map.of()),
                S3Settings.OFF,
                16,
                16,
                new SourceSettings.Rest(5, Duration.ofSeconds(1), Duration.ofMinutes(1)),
                Optional.empty()));
        plain = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    }

    /** Ends all. */
    @TearDown
    public void stop() {
        sources.close();
        plain.close();
        server.close();
    }

    /** As a stage reads it. */
    @Benchmark
    public String sources() throws Exception {
        return switch (sources.fetch(image, "default", Budget.of(TIMEOUT))) {
            case Fetched.Bytes fetched -> fetched.sha256();
            case Fetched other -> throw new IllegalStateException("expected bytes, got " + other);
        };
    }

    /** The baseline. */
    @Benchmark
    public byte[] plain() throws Exception {
        var request = HttpRequest.newBuilder(uri).timeout(TIMEOUT).build();
        byte[] body = plain.send(request, BodyHandlers.ofByteArray()).body();
        if (body.length != bytes) {
            throw new IllegalStateException("expected " + bytes + " bytes, got " + body.length);
        }
        return MessageDigest.getInstance("SHA-256").digest(body);
    }
}
