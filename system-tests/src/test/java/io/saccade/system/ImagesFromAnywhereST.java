package io.saccade.system;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.saccade.contract.EventIds;
import io.saccade.contract.EventType;
import io.saccade.contract.event.Answers;
import io.saccade.contract.event.ImageEnriched;
import io.saccade.contract.event.ImageEnriched.Status;
import io.saccade.contract.event.ImageRef;
import io.saccade.contract.event.ImageSubmitted;
import io.saccade.contract.event.Part;
import io.saccade.contract.event.Task;
import io.saccade.contract.topic.Topic;
import io.saccade.contract.topic.TopicCatalogue;
import io.saccade.testkit.Await;
import io.saccade.testkit.Received;
import io.saccade.testkit.TestKafka;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Images that lie elsewhere, from their address to the joined answer, through every service as a process. */
class ImagesFromAnywhereST {

    private static final Duration PATIENCE = Duration.ofSeconds(150);

    private static Stack stack;
    private static TestKafka kafka;
    private static TopicCatalogue topics;
    private static Neighbours neighbours;

    private final String run = UUID.randomUUID().toString();

    @BeforeAll
    static void start() throws Exception {
        stack = Stack.shared();
        kafka = stack.kafka();
        topics = TopicCatalogue.load();
        assumeTrue(
                stack.neighbours().isPresent(),
                "127.0.0.2 is no address of this machine; on macOS: ifconfig lo0 alias");
        neighbours = stack.neighbours().orElseThrow();
    }

    @Test
    void answersAnImageWhicheverWayItComesAndFetchesItOnceForAllStages() throws Exception {
        // Given
        var picture = Pictures.good();
        var bytes = picture.bytes();
        var path = "/" + run + ".png";
        var key = "2026/" + run + ".png";
        neighbours.web().serve(path, "text/plain", bytes);
        neighbours.encrypted().serve(path, "image/png", bytes);
        neighbours.store().put(Neighbours.BUCKET, key, bytes);
        var addresses = new LinkedHashMap<String, URI>();
        addresses.put("http", neighbours.web().uri(Neighbours.OUTSIDE, path));
        addresses.put("https", neighbours.encrypted().uri(Neighbours.OUTSIDE, path));
        addresses.put("s3", URI.create("s3://" + Neighbours.BUCKET + "/" + key));
        addresses.put(
                "data",
                URI.create("data:image/png;base64," + Base64.getEncoder().encodeToString(bytes)));
        addresses.put("file", stack.file(run + ".png", bytes));

        // When
        for (var address : addresses.entrySet()) {
            submit(address.getKey(), address.getValue());
        }

        // Then
        var answers = settled(addresses.keySet());
        for (var way : addresses.keySet()) {
            var enriched = answers.get(id(way));
            assertThat(enriched.status()).as(way).isEqualTo(Status.COMPLETE);
            assertThat(enriched.sha256()).as(way).isEqualTo(EventIds.sha256(bytes));
            assertAnswers(way, enriched, picture.expect());
        }
        assertThat(neighbours.web().asked()).containsOnlyOnce(path);
        assertThat(neighbours.encrypted().asked()).containsOnlyOnce(path);
        assertThat(neighbours.store().asked()).containsOnlyOnce(Neighbours.BUCKET + "/" + key);
    }

    @Test
    void answersAnImageThatAStoreTellsOfHoweverOftenItTells() throws Exception {
        // Given
        var picture = Pictures.good();
        var key = "told-" + run + ".png";
        var etag = "etag-" + run;
        neighbours.store().put(Neighbours.BUCKET, key, picture.bytes());
        var notification = """
                {"EventName":"s3:ObjectCreated:Put","Key":"%1$s/%2$s","Records":[{"eventVersion":"2.0",
                "eventSource":"minio:s3","eventName":"s3:ObjectCreated:Put","s3":{"bucket":{"name":"%1$s"},
                "object":{"key":"%2$s","size":1,"eTag":"%3$s"}}}]}
                """.formatted(Neighbours.BUCKET, key, etag).getBytes(UTF_8);

        // When
        kafka.send(topics.name(Topic.BUCKET_EVENTS), key, notification, Map.of());
        kafka.send(topics.name(Topic.BUCKET_EVENTS), key, notification, Map.of());

        // Then: it asks no question, so that answers are left out
        var id = "s3-" + EventIds.object(Neighbours.BUCKET, key, etag);
        var enriched = settledIds(Set.of(id)).get(id);
        assertThat(enriched.status()).isEqualTo(Status.COMPLETE);
        assertThat(enriched.parts().caption().result().text())
                .isEqualTo(picture.expect().caption());
        assertThat(enriched.attributes())
                .containsEntry("bucket", Neighbours.BUCKET)
                .containsEntry("key", key);
        assertThat(neighbours.store().asked()).containsOnlyOnce(Neighbours.BUCKET + "/" + key);
    }

    @Test
    void refusesEveryWayInsideInEveryStageAndAsksNobodyThere() throws Exception {
        // Given
        var web = neighbours.web();
        int port = web.port();
        var metadata = "http://169.254.169.254/latest/meta-data/iam/security-credentials/";
        redirect("/to-metadata", metadata);
        redirect("/to-inside", "http://" + Neighbours.INSIDE + ":" + port + "/");
        redirect("/to-loopback", "http://[::ffff:127.0.0.1]:" + port + "/");
        web.answer("/turn", exchange -> {
            neighbours.turn();
            exchange.getResponseHeaders().set("Location", "/turned");
            exchange.sendResponseHeaders(302, -1);
        });
        var expected = new LinkedHashMap<String, String>();
        expected.put(metadata, "fetch.address_forbidden");
        expected.put("https://169.254.169.254/", "fetch.address_forbidden");
        expected.put("http://[fd00:ec2::254]/latest/meta-data/", "fetch.address_forbidden");
        expected.put("http://metadata.google.internal/computeMetadata/v1/", "fetch.host_forbidden");
        expected.put("http://127.0.0.1:" + port + "/", "fetch.address_forbidden");
        expected.put("http://2130706433:" + port + "/", "fetch.host_ambiguous");
        expected.put("http://" + Neighbours.INSIDE + ":" + port + "/", "fetch.address_forbidden");
        expected.put(outside("/to-metadata"), "fetch.address_forbidden");
        expected.put(outside("/to-inside"), "fetch.address_forbidden");
        expected.put(outside("/to-loopback"), "fetch.address_forbidden");
        expected.put(web.uri(Neighbours.TURNING, "/turn").toString(), "fetch.address_forbidden");
        expected.put("s3://secrets/a.png", "fetch.bucket_forbidden");
        expected.put("file:///etc/passwd", "fetch.path_forbidden");

        // When
        for (var uri : expected.keySet()) {
            submit(uri, URI.create(uri));
        }

        // Then
        var answers = settled(expected.keySet());
        expected.forEach((uri, code) -> {
            var enriched = answers.get(id(uri));
            assertThat(enriched.status()).as(uri).isEqualTo(Status.REFUSED);
            assertThat(enriched.reason().code()).as(uri).isEqualTo(code);
            assertThat(enriched.parts().stream()).as(uri).allSatisfy(part -> {
                assertThat(part.state()).isEqualTo(Part.State.REFUSED);
                assertThat(part.reason().code()).isEqualTo(code);
                assertThat(part.reason().retryable()).isFalse();
            });
        });
        assertThat(web.asked())
                .as("the name that turns led to the web server at first")
                .contains("/turn", "/to-metadata")
                .doesNotContain("/turned");
        neighbours.canary().visit();
        Await.until(
                "the canary's own visitor", PATIENCE, () -> neighbours.canary().visitors() > 0);
        assertThat(neighbours.canary().visitors()).isEqualTo(1);
    }

    private static void redirect(String path, String location) {
        neighbours.web().answer(path, exchange -> {
            exchange.getResponseHeaders().set("Location", location);
            exchange.sendResponseHeaders(302, -1);
        });
    }

    private static String outside(String path) {
        return neighbours.web().uri(Neighbours.OUTSIDE, path).toString();
    }

    /** One for each address of this run. */
    private String id(String address) {
        return "anywhere-" + EventIds.sha256((run + address).getBytes(UTF_8)).substring(0, 20);
    }

    private void submit(String name, URI address) throws IOException {
        var whole = Pictures.good()
                .submission(id(name), Set.of(Task.values()), Instant.now().plus(PATIENCE));
        kafka.submit(
                topics.name(Topic.IMAGES),
                new ImageSubmitted(
                        whole.id(),
                        whole.tenant(),
                        ImageRef.at(address),
                        null,
                        whole.questions(),
                        whole.tasks(),
                        whole.deadline(),
                        whole.priority(),
                        Map.of(),
                        whole.submittedAt()));
    }

    private static void assertAnswers(String way, ImageEnriched enriched, Pictures.Picture.Expect expect) {
        var parts = enriched.parts();
        assertThat(parts.caption().result().text()).as(way).isEqualTo(expect.caption());
        assertThat(parts.moderation().result().verdict().name()).as(way).isEqualTo(expect.verdict());
        assertThat(parts.embedding().result().vector().length()).as(way).isEqualTo(128);
        assertThat(parts.answers().result().items())
                .extracting(Answers.Item::answer)
                .as(way)
                .isEqualTo(expect.answers());
    }

    private Map<String, ImageEnriched> settled(Set<String> addresses) {
        return settledIds(addresses.stream().map(this::id).collect(Collectors.toSet()));
    }

    /** The answers, once every part of them has come: on a busy machine a first revision may lack some. */
    private static Map<String, ImageEnriched> settledIds(Set<String> ids) {
        return latest(ids, kafka.await(topics.name(Topic.ENRICHED), PATIENCE, seen -> {
            var latest = latest(ids, seen);
            return latest.keySet().equals(ids)
                    && latest.values().stream()
                            .flatMap(enriched -> enriched.parts().stream())
                            .noneMatch(part -> part.state() == Part.State.MISSING);
        }));
    }

    private static Map<String, ImageEnriched> latest(Set<String> ids, List<Received> records) {
        var latest = new HashMap<String, ImageEnriched>();
        records.stream()
                .filter(record -> ids.contains(record.key()))
                .forEach(record -> latest.put(record.key(), record.as(EventType.IMAGE_ENRICHED)));
        return latest;
    }
}
