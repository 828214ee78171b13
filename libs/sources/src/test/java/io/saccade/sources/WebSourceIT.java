package io.saccade.sources;

import static org.assertj.core.api.Assertions.assertThat;

import io.saccade.contract.EventIds;
import io.saccade.contract.event.ImageRef;
import io.saccade.guard.UrlPolicy;
import io.saccade.guard.http.GuardedHttp;
import io.saccade.testkit.TestCertificate;
import io.saccade.testkit.WebHost;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Against a real web server with real TLS. What the guard refuses is tested with the guard. */
class WebSourceIT {

    private static final byte[] PICTURE = {9, 8, 7, 6, 5};

    @TempDir
    static Path folder;

    private static TestCertificate certificate;

    private WebHost host;
    private ImageSources sources;

    @BeforeAll
    static void makeCertificate() {
        certificate = TestCertificate.in(folder);
    }

    @BeforeEach
    void start() {
        host = WebHost.encrypted(certificate);
        sources = sources(Some.loopback(host.port()));
    }

    @AfterEach
    void stop() {
        sources.close();
        host.close();
    }

    @Test
    void readsAnImageWhateverTypeTheServerDeclaresAndTellsItsDigest() throws Exception {
        // Given
        host.serve("/a.jpg", "text/html", PICTURE);

        // When
        var fetched = fetch(host.uri("/a.jpg"));

        // Then
        assertThat(fetched).isInstanceOfSatisfying(Fetched.Bytes.class, bytes -> {
            assertThat(bytes.encoded()).isEqualTo(PICTURE);
            assertThat(bytes.sha256()).isEqualTo(EventIds.sha256(PICTURE));
        });
    }

    @Test
    void usesAConnectionAgain() throws Exception {
        // Given
        var peers = java.util.concurrent.ConcurrentHashMap.<Integer>newKeySet();
        host.answer("/a.jpg", exchange -> {
            peers.add(exchange.getRemoteAddress().getPort());
            WebHost.send(exchange, 200, PICTURE);
        });

        // When
        for (int i = 0; i < 5; i++) {
            assertThat(fetch(host.uri("/a.jpg"))).isInstanceOf(Fetched.Bytes.class);
        }

        // Then
        assertThat(peers).hasSize(1);
    }

    @Test
    void refusesMoreBytesThanAllowed() throws Exception {
        // Given
        host.serve("/large.jpg", "image/jpeg", new byte[1_001]);

        // When
        var fetched = fetch(host.uri("/large.jpg"));

        // Then
        assertThat(Some.code(fetched)).isEqualTo("fetch.too_large");
    }

    @Test
    void comesBackOnceWhenTheServerAsksForPatience() throws Exception {
        // Given
        var calls = new AtomicInteger();
        host.answer("/busy.jpg", exchange -> {
            if (calls.incrementAndGet() == 1) {
                exchange.getResponseHeaders().set("Retry-After", "0");
                WebHost.send(exchange, 429, new byte[0]);
            } else {
                WebHost.send(exchange, 200, PICTURE);
            }
        });

        // When
        var fetched = fetch(host.uri("/busy.jpg"));

        // Then
        assertThat(fetched).isInstanceOf(Fetched.Bytes.class);
        assertThat(calls).hasValue(2);
    }

    @Test
    void leavesAHostAloneThatKeepsFailing() throws Exception {
        // Given
        host.answer("/a.jpg", exchange -> WebHost.send(exchange, 500, new byte[0]));
        fetch(host.uri("/a.jpg"));
        fetch(host.uri("/a.jpg"));

        // When
        var fetched = fetch(host.uri("/other.jpg"));

        // Then
        assertThat(Some.code(fetched)).isEqualTo("fetch.host_resting");
        assertThat(host.asked()).doesNotContain("/other.jpg");
    }

    @Test
    void refusesTheMetadataServiceAndWhatElseIsNotPublic() throws Exception {
        for (var uri : List.of(
                "https://169.254.169.254/latest/meta-data/",
                "https://metadata.google.internal/",
                "https://10.0.0.1/a.jpg",
                "https://[::1]/a.jpg")) {
            assertThat(fetch(URI.create(uri))).as(uri).isInstanceOf(Fetched.Refused.class);
        }
    }

    @Test
    void asksEachTenantsOwnPolicy() throws Exception {
        // Given
        host.serve("/a.jpg", "image/jpeg", PICTURE);
        var open = Some.loopback(host.port());
        var closed = open.everybody().toBuilder()
                .allowedHosts(List.of("images.example"))
                .build();
        try (var sources = sources(new WebSettings(open.schemes(), open.everybody(), Map.of("closed", closed)))) {

            // When
            var one = sources.fetch(ImageRef.at(host.uri("/a.jpg")), "default", Budget.of(Some.PATIENCE));
            var other = sources.fetch(ImageRef.at(host.uri("/a.jpg")), "closed", Budget.of(Some.PATIENCE));

            // Then
            assertThat(one).isInstanceOf(Fetched.Bytes.class);
            assertThat(Some.code(other)).isEqualTo("fetch.host_forbidden");
        }
    }

    @Test
    void readsNoSchemeThatIsOff() throws Exception {
        // Given
        var policy = UrlPolicy.builder().schemes(List.of("https")).build();
        try (var sources = sources(new WebSettings(List.of("https"), policy, Map.of()))) {

            // When
            var fetched = sources.fetch(
                    ImageRef.at(URI.create("http://images.example/a.jpg")), "default", Budget.of(Some.PATIENCE));

            // Then
            assertThat(Some.code(fetched)).isEqualTo("fetch.scheme_unsupported");
        }
    }

    @Test
    void endsInTimeWhenTheServerIsSilent() throws Exception {
        // Given
        var done = new CountDownLatch(1);
        host.answer("/silent.jpg", exchange -> {
            try {
                done.await(5, TimeUnit.MINUTES);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });

        // When
        var started = System.nanoTime();
        var fetched = sources.fetch(ImageRef.at(host.uri("/silent.jpg")), "default", Budget.of(Duration.ofSeconds(2)));

        // Then
        assertThat(Some.code(fetched)).isEqualTo("fetch.timed_out");
        assertThat(Duration.ofNanos(System.nanoTime() - started)).isLessThan(Duration.ofSeconds(30));
        done.countDown();
    }

    @Test
    void passesOnAnInterrupt() throws Exception {
        // Given
        var asked = new CountDownLatch(1);
        var done = new CountDownLatch(1);
        host.answer("/silent.jpg", exchange -> {
            asked.countDown();
            try {
                done.await(5, TimeUnit.MINUTES);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            var fetch = threads.submit(() -> {
                try {
                    return Some.code(fetch(host.uri("/silent.jpg")));
                } catch (InterruptedException e) {
                    return "interrupted";
                }
            });
            assertThat(asked.await(60, TimeUnit.SECONDS)).isTrue();

            // When
            threads.shutdownNow();

            // Then
            assertThat(fetch.get(60, TimeUnit.SECONDS)).isEqualTo("interrupted");
        } finally {
            done.countDown();
        }
    }

    private Fetched fetch(URI uri) throws InterruptedException {
        return sources.fetch(ImageRef.at(uri), "default", Budget.of(Some.PATIENCE));
    }

    private static ImageSources sources(WebSettings web) {
        return ImageSources.of(
                Some.settings(web, S3Settings.OFF, Optional.empty()),
                () -> GuardedHttp.builder().tls(certificate.clientContext()).build());
    }
}
