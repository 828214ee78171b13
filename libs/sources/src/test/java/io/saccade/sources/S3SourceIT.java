package io.saccade.sources;

import static org.assertj.core.api.Assertions.assertThat;

import io.saccade.contract.event.ImageRef;
import io.saccade.testkit.S3Store;
import java.net.InetAddress;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Against a store that verifies every signature. The names it is asked by are in {@code src/test/resources/hosts}. */
class S3SourceIT {

    private static final byte[] PICTURE = {9, 8, 7, 6, 5};

    private S3Store store;

    @BeforeAll
    static void giveCredentials() {
        // One link of the SDK's chain.
        System.setProperty("aws.accessKeyId", S3Store.ACCESS_KEY);
        System.setProperty("aws.secretAccessKey", S3Store.SECRET_KEY);
    }

    @BeforeEach
    void start() {
        store = S3Store.start();
    }

    @AfterEach
    void stop() {
        store.close();
    }

    @Test
    void readsAnObjectByPathWhateverItsKey() throws Exception {
        // Given
        store.put("photos", "2026/a b+c\u00e4~!'()*.jpg", PICTURE);

        // When
        var fetched = fetch(byPath(), "s3://photos/2026/a%20b+c%C3%A4~!'()*.jpg");

        // Then
        assertThat(fetched).isInstanceOfSatisfying(Fetched.Bytes.class, bytes -> assertThat(bytes.encoded())
                .isEqualTo(PICTURE));
    }

    @Test
    void readsAnObjectByVirtualHost() throws Exception {
        // Given
        store.put("photos", "a.jpg", PICTURE);

        // When
        var fetched = fetch(settings(store.endpoint("s3.test"), false, List.of("photos")), "s3://photos/a.jpg");

        // Then
        assertThat(fetched).isInstanceOf(Fetched.Bytes.class);
        assertThat(store.asked()).containsExactly("photos/a.jpg");
    }

    @Test
    void readsOneVersion() throws Exception {
        // Given
        store.put("photos", "a.jpg", new byte[] {1}).put("photos", "a.jpg", "v.1-_x", PICTURE);

        // When
        var fetched = fetch(byPath(), "s3://photos/a.jpg?versionId=v.1-_x");

        // Then
        assertThat(fetched).isInstanceOfSatisfying(Fetched.Bytes.class, bytes -> assertThat(bytes.encoded())
                .isEqualTo(PICTURE));
    }

    @Test
    void readsAnEmptyObjectAndOneOfUnknownLength() throws Exception {
        // Given
        store.put("photos", "empty", new byte[0]);
        store.answer("photos", "chunked", exchange -> {
            exchange.sendResponseHeaders(200, 0);
            try (var out = exchange.getResponseBody()) {
                out.write(new byte[400]);
                out.flush();
                out.write(new byte[600]);
            }
        });

        // Then
        assertThat(((Fetched.Bytes) fetch(byPath(), "s3://photos/empty")).encoded())
                .isEmpty();
        assertThat(((Fetched.Bytes) fetch(byPath(), "s3://photos/chunked")).encoded())
                .hasSize(1000);
    }

    @Test
    void asksTheStoreForNothingThatIsNotListed() throws Exception {
        // Given
        store.put("secrets", "a.jpg", PICTURE);

        // When
        var fetched = fetch(byPath(), "s3://secrets/a.jpg");

        // Then
        assertThat(Some.code(fetched)).isEqualTo("fetch.bucket_forbidden");
        assertThat(store.asked()).isEmpty();
        assertThat(Some.code(fetch(byPath(), "s3://photos/../secrets/a.jpg"))).isEqualTo("fetch.bad_uri");
    }

    @Test
    void refusesMoreBytesThanAllowedToldOrNot() throws Exception {
        // Given
        store.put("photos", "told", new byte[1_001]);
        store.answer("photos", "untold", exchange -> {
            exchange.sendResponseHeaders(200, 0);
            try (var out = exchange.getResponseBody()) {
                out.write(new byte[1_001]);
            }
        });

        // Then
        assertThat(Some.code(fetch(byPath(), "s3://photos/told"))).isEqualTo("fetch.too_large");
        assertThat(Some.code(fetch(byPath(), "s3://photos/untold"))).isEqualTo("fetch.too_large");
    }

    @Test
    void saysWhatTheStoreSays() throws Exception {
        // Given
        answers(403, "AccessDenied", "denied");
        answers(301, "PermanentRedirect", "elsewhere");
        answers(500, "InternalError", "broken");
        answers(400, "ExpiredToken", "expired");

        // Then
        assertThat(Some.code(fetch(byPath(), "s3://photos/missing"))).isEqualTo("fetch.not_found");
        assertThat(Some.code(fetch(byPath(), "s3://photos/denied"))).isEqualTo("fetch.access_denied");
        assertThat(Some.code(fetch(byPath(), "s3://photos/elsewhere"))).isEqualTo("fetch.unexpected_status");
        assertThat(Some.code(fetch(byPath(), "s3://photos/broken"))).isEqualTo("fetch.server_error");
        assertThat(Some.code(fetch(byPath(), "s3://photos/expired"))).isEqualTo("fetch.credentials");
        assertThat(store.asked().stream().filter("photos/broken"::equals))
                .as("tried once more")
                .hasSize(2);
        assertThat(store.asked().stream().filter("photos/denied"::equals)).hasSize(1);
    }

    @Test
    void comesBackWhenTheStoreAsksForPatience() throws Exception {
        // Given
        var calls = new java.util.concurrent.atomic.AtomicInteger();
        store.answer("photos", "busy", exchange -> {
            if (calls.incrementAndGet() == 1) {
                exchange.getResponseHeaders().set("Retry-After", "0");
                S3Store.error(exchange, 503, "SlowDown");
            } else {
                io.saccade.testkit.WebHost.send(exchange, 200, PICTURE);
            }
        });

        // When
        var fetched = fetch(byPath(), "s3://photos/busy");

        // Then
        assertThat(fetched).isInstanceOf(Fetched.Bytes.class);
    }

    @Test
    void tellsHowLongTheStoreAsksToWaitWhenThatIsTooLong() throws Exception {
        // Given
        store.answer("photos", "busy", exchange -> {
            exchange.getResponseHeaders().set("Retry-After", "600");
            S3Store.error(exchange, 429, "TooManyRequests");
        });

        // When
        var fetched = fetch(byPath(), "s3://photos/busy");

        // Then
        assertThat(fetched).isInstanceOfSatisfying(Fetched.Failed.class, failed -> {
            assertThat(failed.code()).isEqualTo("fetch.throttled");
            assertThat(failed.retryAfter()).contains(Duration.ofMinutes(10));
        });
        assertThat(store.asked()).hasSize(1);
    }

    @Test
    void endsInTimeWhenTheStoreIsSilentAndWhenItDrips() throws Exception {
        // Given
        store.answer("photos", "silent", exchange -> park());
        store.answer("photos", "halfway", exchange -> {
            exchange.sendResponseHeaders(200, 900);
            exchange.getResponseBody().write(1);
            exchange.getResponseBody().flush();
            park();
        });
        store.answer("photos", "drips", exchange -> {
            exchange.sendResponseHeaders(200, 900);
            for (int i = 0; i < 899; i++) {
                exchange.getResponseBody().write(1);
                exchange.getResponseBody().flush();
                java.util.concurrent.locks.LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(100));
            }
        });

        // Then
        for (var key : List.of("silent", "halfway", "drips", "drips", "drips")) {
            var started = System.nanoTime();
            assertThat(Some.code(fetch(byPath(), "s3://photos/" + key, Budget.of(Duration.ofSeconds(1)))))
                    .as(key)
                    .isEqualTo("fetch.timed_out");
            assertThat(Duration.ofNanos(System.nanoTime() - started)).isLessThan(Duration.ofSeconds(30));
        }
    }

    @Test
    void passesOnAnInterrupt() throws Exception {
        // Given
        var asked = new java.util.concurrent.CountDownLatch(1);
        store.answer("photos", "silent", exchange -> {
            asked.countDown();
            park();
        });
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            var fetch = threads.submit(() -> {
                try {
                    return Some.code(fetch(byPath(), "s3://photos/silent"));
                } catch (InterruptedException e) {
                    return "interrupted";
                }
            });
            assertThat(asked.await(60, TimeUnit.SECONDS)).isTrue();

            // When
            threads.shutdownNow();

            // Then
            assertThat(fetch.get(60, TimeUnit.SECONDS)).isEqualTo("interrupted");
        }
    }

    @Test
    void saysThatNobodyListens() throws Exception {
        // Given: a port that is held by a socket that never accepts TLS or HTTP would hang; one that is bound and not
        // listening refuses, and nobody else can take it meanwhile
        try (var bound = new java.net.Socket()) {
            bound.bind(new java.net.InetSocketAddress(InetAddress.getByAddress(new byte[] {127, 0, 0, 1}), 0));
            var nobody = URI.create("http://127.0.0.1:" + bound.getLocalPort());

            // When
            var fetched = fetch(settings(nobody, true, List.of("photos")), "s3://photos/a.jpg");

            // Then
            assertThat(Some.code(fetched)).isEqualTo("fetch.connect_failed");
        }
    }

    @Test
    void saysThatItsCredentialsAreNoGood() throws Exception {
        // Given
        System.setProperty("aws.secretAccessKey", "another");
        try {
            // When
            var fetched = fetch(byPath(), "s3://photos/a.jpg");

            // Then
            assertThat(Some.code(fetched)).isEqualTo("fetch.credentials");
        } finally {
            System.setProperty("aws.secretAccessKey", S3Store.SECRET_KEY);
        }
    }

    private void answers(int status, String code, String key) {
        store.answer("photos", key, exchange -> S3Store.error(exchange, status, code));
    }

    private static void park() {
        try {
            Thread.sleep(Duration.ofMinutes(5)); // ends when the store closes
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private S3Settings byPath() {
        return settings(store.endpoint(), true, List.of("photos"));
    }

    private static S3Settings settings(URI endpoint, boolean pathStyle, List<String> buckets) {
        return new S3Settings(
                new S3Access(buckets, Map.of()),
                Optional.of(endpoint),
                Optional.of(S3Store.REGION),
                pathStyle,
                Duration.ofSeconds(60));
    }

    private static Fetched fetch(S3Settings settings, String uri) throws InterruptedException {
        return fetch(settings, uri, Budget.of(Some.PATIENCE));
    }

    private static Fetched fetch(S3Settings settings, String uri, Budget budget) throws InterruptedException {
        try (var sources = ImageSources.of(Some.settings(WebSettings.OFF, settings, Optional.empty()))) {
            return sources.fetch(ImageRef.at(URI.create(uri)), "default", budget);
        }
    }
}
