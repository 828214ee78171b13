package io.saccade.stage;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.opentelemetry.api.OpenTelemetry;
import io.saccade.contract.EventIds;
import io.saccade.contract.EventType;
import io.saccade.contract.event.Caption;
import io.saccade.contract.event.DeadLetter;
import io.saccade.contract.event.ImageRef;
import io.saccade.contract.event.ImageSubmitted;
import io.saccade.contract.event.StageResult;
import io.saccade.contract.event.StageResult.End;
import io.saccade.contract.topic.Topic;
import io.saccade.contract.topic.TopicCatalogue;
import io.saccade.testkit.Await;
import io.saccade.testkit.Brokers;
import io.saccade.testkit.S3Store;
import io.saccade.testkit.ScriptedModelServer;
import io.saccade.testkit.TestCertificate;
import io.saccade.testkit.TestKafka;
import io.saccade.testkit.WebHost;
import io.smallrye.config.PropertiesConfigSource;
import io.smallrye.config.SmallRyeConfigBuilder;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ssl.SSLContext;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Images that lie elsewhere, through a whole stage: a real broker, a real web server with TLS, a store that speaks S3. */
class ImagesFromAnywhereIT {

    private static final Duration PATIENCE = Duration.ofSeconds(120);
    private static final byte[] PICTURE = StageIT.picture();

    @TempDir
    static Path folder;

    private static SSLContext before;
    private static TestCertificate certificate;

    private final TestKafka kafka = Brokers.shared();
    private final TopicCatalogue topics = kafka.createUniqueTopics(2);
    private final String group = "group-" + topics.name(Topic.IMAGES);
    private final ScriptedModelServer server = ScriptedModelServer.start().model(StageIT.model());
    private final WebHost web = WebHost.encrypted(certificate);
    private final S3Store store = S3Store.start();
    private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
    private Stage stage;

    @BeforeAll
    static void trust() throws Exception {
        // What an operator does with -Djavax.net.ssl.trustStore.
        before = SSLContext.getDefault();
        certificate = TestCertificate.in(folder);
        SSLContext.setDefault(certificate.clientContext());
        System.setProperty("aws.accessKeyId", S3Store.ACCESS_KEY);
        System.setProperty("aws.secretAccessKey", S3Store.SECRET_KEY);
    }

    @AfterAll
    static void trustAsBefore() {
        SSLContext.setDefault(before);
    }

    @BeforeEach
    void start() {
        server.script("echo", _ -> StageIT.confidence());
        var config = new SmallRyeConfigBuilder()
                .withMapping(StageConfig.class)
                .withConverter(Duration.class, 200, StageIT::duration) // Quarkus brings its own for "15s"
                .withSources(new PropertiesConfigSource(
                        Map.ofEntries(
                                Map.entry("saccade.kafka.bootstrap-servers", kafka.bootstrapServers()),
                                Map.entry("saccade.kafka.group", group),
                                Map.entry("saccade.triton.endpoints", server.endpoint()),
                                Map.entry("saccade.stage.probe", "50ms"),
                                Map.entry("saccade.stage.attempts", "2"),
                                Map.entry("saccade.stage.retry-first", "10ms"),
                                Map.entry("saccade.stage.commit-interval", "100ms"),
                                Map.entry("saccade.images.fetch.timeout", "60s"),
                                Map.entry("saccade.images.fetch.rest-after", "100"),
                                Map.entry("saccade.images.web.ports", "443," + web.port()),
                                Map.entry("saccade.images.web.allowed-hosts", "localhost"),
                                Map.entry("saccade.images.web.allowed-networks", "127.0.0.0/8"),
                                Map.entry("saccade.images.s3.buckets", "photos"),
                                Map.entry("saccade.images.s3.region", S3Store.REGION),
                                Map.entry(
                                        "saccade.images.s3.endpoint",
                                        store.endpoint().toString()),
                                Map.entry("saccade.images.s3.path-style", "true")),
                        "test",
                        500))
                .build()
                .getConfigMapping(StageConfig.class);
        stage = new Stage(config, new StageIT.EchoFactory(), topics, registry, OpenTelemetry.noop(), () -> {});
        stage.start();
    }

    @AfterEach
    void stop() {
        stage.close();
        server.close();
        web.close();
        store.close();
    }

    @Test
    void answersImagesByHttpsByS3AndByDataUriAndTellsHowLongTheyTookToFetch() {
        // Given
        web.serve("/a.png", "text/plain", PICTURE);
        store.put("photos", "2026/a b.png", PICTURE);

        // When
        submit("https", web.uri("/a.png"));
        submit("s3", URI.create("s3://photos/2026/a%20b.png"));
        submit("data", URI.create("data:image/png;base64," + Base64.getEncoder().encodeToString(PICTURE)));

        // Then
        for (var id : new String[] {"https", "s3", "data"}) {
            var result = result(id);
            assertThat(result.end()).as(id).isEqualTo(End.DONE);
            assertThat(result.sha256()).isEqualTo(EventIds.sha256(PICTURE));
            assertThat(result.timings().fetch()).isPositive();
            assertThat(fetches(id, "ok")).isEqualTo(1);
            assertThat(registry.get("saccade.fetch.bytes")
                            .tag("way", id)
                            .counter()
                            .count())
                    .isEqualTo(PICTURE.length);
            assertThat(registry.get("saccade.fetch").tag("way", id).timer().count())
                    .isEqualTo(1);
        }
    }

    @Test
    void showsWhatItCanReadBeforeItReadsAnything() {
        // When
        Await.until(
                "the meters",
                PATIENCE,
                () -> registry.find("saccade.fetch.cache").functionCounters().size() == 4);

        // Then
        for (var way : new String[] {"inline", "data", "file", "https", "s3"}) {
            assertThat(fetches(way, "ok")).as(way).isZero();
        }
        assertThat(registry.find("saccade.fetches").tag("way", "http").counter())
                .as("it is off")
                .isNull();
        assertThat(registry.find("saccade.fetch.hosts").gauges())
                .hasSize(6)
                .allSatisfy(gauge -> assertThat(gauge.value()).isZero());
    }

    @Test
    void refusesWhatMustNotOrCannotBeFetched() {
        // Given
        web.serve("/page.png", "image/png", "<html>please log in</html>".getBytes(StandardCharsets.UTF_8));
        var other = new ImageRef(null, web.uri("/page.png"), "0".repeat(64), null);

        // When
        submit("metadata", URI.create("https://169.254.169.254/latest/meta-data/iam/"));
        submit("missing", web.uri("/missing.png"));
        submit("forbidden", URI.create("s3://secrets/a.png"));
        submit("insecure", URI.create("http://localhost:" + web.port() + "/a.png"));
        submit("page", web.uri("/page.png"));
        kafka.submit(topics.name(Topic.IMAGES), ImageSubmitted.of("other", other));

        // Then
        Map.of(
                        "metadata", "fetch.address_forbidden",
                        "missing", "fetch.not_found",
                        "forbidden", "fetch.bucket_forbidden",
                        "insecure", "fetch.scheme_unsupported",
                        "page", "image.unsupported_format",
                        "other", "fetch.digest_mismatch")
                .forEach((id, code) -> {
                    var result = result(id);
                    assertThat(result.end()).as(id).isEqualTo(End.REFUSED);
                    assertThat(result.failure().code()).isEqualTo(code);
                    assertThat(result.failure().retryable()).isFalse();
                });
        assertThat(fetches("https", "fetch.address_forbidden")).isEqualTo(1);
        assertThat(fetches("s3", "fetch.bucket_forbidden")).isEqualTo(1);
        assertThat(fetches("http", "fetch.scheme_unsupported")).isEqualTo(1);
        assertThat(registry.getMeters().stream()
                        .filter(meter -> meter.getId().getName().startsWith("saccade.")))
                .as("nothing of an address is a tag")
                .allSatisfy(meter -> assertThat(meter.getId().getTags().toString())
                        .doesNotContain("localhost", "169.254", "secrets", "photos"));
        Await.until("the commit", PATIENCE, () -> kafka.lag(group, topics.name(Topic.IMAGES)) == 0);
        assertThat(kafka.read(topics.name(Topic.DLQ))).isEmpty();
    }

    @Test
    void triesAgainWhatMayPassAndThenGivesUpWithADeadLetterThatCanBeSentAgain() {
        // Given
        var calls = new AtomicInteger();
        web.answer("/broken.png", exchange -> {
            calls.incrementAndGet();
            WebHost.send(exchange, 500, new byte[0]);
        });

        // When
        submit("broken", web.uri("/broken.png"));

        // Then
        var result = result("broken");
        assertThat(result.end()).isEqualTo(End.FAILED);
        assertThat(result.failure().code()).isEqualTo("fetch.server_error");
        assertThat(result.failure().retryable()).isTrue();
        assertThat(result.attempt()).isEqualTo(2);
        assertThat(calls)
                .as("two attempts of the stage, each with one repetition")
                .hasValue(4);
        var letter = kafka.awaitKey(topics.name(Topic.DLQ), "broken", PATIENCE);
        assertThat(DeadLetter.fromHeaders(letter.headers()).failure().code()).isEqualTo("fetch.server_error");
    }

    private double fetches(String way, String outcome) {
        return registry.get("saccade.fetches")
                .tag("way", way)
                .tag("outcome", outcome)
                .counter()
                .count();
    }

    private void submit(String id, URI uri) {
        kafka.submit(topics.name(Topic.IMAGES), ImageSubmitted.of(id, ImageRef.at(uri)));
    }

    private StageResult<Caption> result(String id) {
        return kafka.awaitKey(topics.name(Topic.CAPTIONS), id, PATIENCE).as(EventType.CAPTION);
    }
}
