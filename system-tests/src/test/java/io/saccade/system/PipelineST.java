package io.saccade.system;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.saccade.contract.EventType;
import io.saccade.contract.event.Answers;
import io.saccade.contract.event.DeadLetter;
import io.saccade.contract.event.ImageEnriched;
import io.saccade.contract.event.ImageEnriched.Status;
import io.saccade.contract.event.ImageRef;
import io.saccade.contract.event.Part;
import io.saccade.contract.event.QuestionAsked;
import io.saccade.contract.event.Task;
import io.saccade.contract.topic.Topic;
import io.saccade.contract.topic.TopicCatalogue;
import io.saccade.testkit.Await;
import io.saccade.testkit.Received;
import io.saccade.testkit.TestKafka;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The whole stack from submission to joined answer: real broker, real model server, every service a process. */
class PipelineST {

    private static final Duration PATIENCE = Duration.ofSeconds(90);
    private static final Set<Task> ALL = Set.of(Task.values());

    private static Stack stack;
    private static TestKafka kafka;
    private static TopicCatalogue topics;

    @TempDir
    Path folder;

    @BeforeAll
    static void start() throws Exception {
        stack = Stack.shared();
        kafka = stack.kafka();
        topics = TopicCatalogue.load();
    }

    @Test
    void everyPictureEndsAsWhatItShows() throws Exception {
        // Given
        var pictures = new HashMap<String, Pictures.Picture>();
        for (var picture : Pictures.all()) {
            pictures.put("shows-" + UUID.randomUUID(), picture);
        }

        // When
        for (var entry : pictures.entrySet()) {
            kafka.submit(
                    topics.name(Topic.IMAGES),
                    entry.getValue()
                            .submission(entry.getKey(), ALL, Instant.now().plus(PATIENCE)));
        }

        // Then
        for (var entry : pictures.entrySet()) {
            var expect = entry.getValue().expect();
            var enriched = awaitEnriched(entry.getKey());
            assertThat(enriched.status().name()).as(entry.getValue().file()).isEqualTo(expect.status());
            if (enriched.status() != Status.COMPLETE) {
                assertThat(enriched.reason().code()).startsWith("image.");
                continue;
            }
            assertThat(enriched.parts().caption().result().text()).isEqualTo(expect.caption());
            assertThat(enriched.parts().moderation().result().verdict().name()).isEqualTo(expect.verdict());
            assertThat(enriched.parts().embedding().result().vector().length()).isEqualTo(128);
            if (expect.answers() != null && !expect.answers().isEmpty()) {
                assertThat(enriched.parts().answers().result().items())
                        .extracting(Answers.Item::answer)
                        .isEqualTo(expect.answers());
            }
        }
    }

    @Test
    void takesAnImageAsItIsAndAnImageByReference() throws Exception {
        // Given
        var picture = Pictures.good();
        var raw = "raw-" + UUID.randomUUID();

        // When
        kafka.send(topics.name(Topic.IMAGES), raw, picture.bytes(), Map.of("content-type", "image/png"));

        // Then
        assertThat(awaitEnriched(raw).parts().caption().result().text())
                .isEqualTo(picture.expect().caption());
    }

    @Test
    void refusesAFileOutsideTheFoldersThatAreAllowed() {
        // Given
        var id = "outside-" + UUID.randomUUID();

        // When
        kafka.submit(
                topics.name(Topic.IMAGES),
                io.saccade.contract.event.ImageSubmitted.of(id, ImageRef.at(URI.create("file:///etc/passwd"))));

        // Then
        var enriched = awaitEnriched(id);
        assertThat(enriched.status()).isEqualTo(Status.REFUSED);
        assertThat(enriched.reason().code()).isEqualTo("fetch.path_forbidden");
    }

    @Test
    void explainsARecordThatIsNoEventOnceAndGoesOn() throws Exception {
        // Given
        var id = "poison-" + UUID.randomUUID();
        var poison = "{\"id\":\"" + id + "\",\"image\":{\"inline\":\"AAAA\"},\"tasks\":[\"dance\"]}";

        // When
        var sent = kafka.send(topics.name(Topic.IMAGES), id, poison.getBytes(UTF_8), Map.of());
        var next = "after-" + id;
        kafka.submit(topics.name(Topic.IMAGES), Pictures.good().submission(next, Set.of(Task.CAPTION), null));

        // Then
        var refused = awaitEnriched(id);
        assertThat(refused.status()).isEqualTo(Status.REFUSED);
        assertThat(refused.reason().message()).contains("embedding, caption, answers, moderation", "dance");
        assertThat(awaitEnriched(next).status()).isEqualTo(Status.COMPLETE);
        var letters = kafka.read(topics.name(Topic.DLQ)).stream()
                .filter(letter -> id.equals(letter.key()))
                .toList();
        assertThat(letters).hasSize(1);
        assertThat(letters.getFirst().text()).isEqualTo(poison);
        var story = DeadLetter.fromHeaders(letters.getFirst().headers());
        assertThat(story.topic()).isEqualTo(topics.name(Topic.IMAGES));
        assertThat(story.offset()).isEqualTo(sent.offset());
    }

    @Test
    void answersAtTheDeadlineWhenTheModelIsDeadAndAgainWhenItIsBack() throws Exception {
        // Given
        var id = "late-" + UUID.randomUUID();
        long server = stack.process("model-server").path("pid").asLong();
        signal("STOP", server);
        try {
            // When
            var deadline = Instant.now().plusSeconds(4);
            kafka.submit(topics.name(Topic.IMAGES), Pictures.good().submission(id, ALL, deadline));
            var partial = awaitEnriched(id);

            // Then
            assertThat(partial.status()).isEqualTo(Status.PARTIAL);
            assertThat(partial.parts().stream()).allMatch(part -> part.state() == Part.State.MISSING);
            assertThat(Duration.between(deadline, partial.completedAt()))
                    .isBetween(Duration.ZERO, Duration.ofSeconds(5));
        } finally {
            signal("CONT", server);
        }
        var whole = Await.value(
                "the last revision",
                PATIENCE,
                () -> enriched(id).getLast(),
                enriched -> enriched.status() == Status.COMPLETE);
        assertThat(whole.revision()).isGreaterThan(1);
        assertThat(enriched(id)).extracting(ImageEnriched::revision).doesNotHaveDuplicates();
    }

    @Test
    void joinsTheAnswerToAQuestionThatIsAskedLater() throws Exception {
        // Given
        var id = "asked-" + UUID.randomUUID();
        var picture = Pictures.good();
        kafka.submit(topics.name(Topic.IMAGES), picture.submission(id, Set.of(Task.CAPTION), null));
        awaitEnriched(id);

        // When
        kafka.ask(
                topics.name(Topic.QUESTIONS),
                new QuestionAsked(
                        "question-" + UUID.randomUUID(),
                        id,
                        "default",
                        ImageRef.inline(picture.bytes()),
                        picture.questions().getFirst(),
                        null,
                        null));

        // Then
        var revised =
                Await.value("a revision", PATIENCE, () -> enriched(id).getLast(), enriched -> enriched.revision() == 2);
        assertThat(revised.parts().answers().result().items())
                .extracting(Answers.Item::answer)
                .containsExactly(picture.expect().answers().getFirst());
    }

    @Test
    void losesAndDoublesNothingWhenAReplicaIsKilledInTheMiddle() throws Exception {
        // Given
        int images = 2_000;
        var run = "run-" + UUID.randomUUID();
        var picture = Pictures.good();
        var replica = captioner();
        try {
            // When
            for (int i = 0; i < images; i++) {
                kafka.submit(
                        topics.name(Topic.IMAGES),
                        picture.submission(
                                run + "-" + i,
                                Set.of(Task.CAPTION),
                                Instant.now().plusSeconds(600)));
                if (i == images / 2) {
                    replica.destroyForcibly().waitFor();
                    replica = captioner();
                }
            }

            // Then
            var records = kafka.await(
                    topics.name(Topic.ENRICHED),
                    Duration.ofMinutes(5),
                    seen -> seen.stream()
                                    .filter(record -> record.key().startsWith(run))
                                    .map(Received::key)
                                    .distinct()
                                    .count()
                            == images);
            var ours = records.stream()
                    .filter(record -> record.key().startsWith(run))
                    .toList();
            assertThat(ours).hasSize(images);
            assertThat(ours).allSatisfy(record -> {
                var enriched = record.as(EventType.IMAGE_ENRICHED);
                assertThat(enriched.status()).isEqualTo(Status.COMPLETE);
                assertThat(enriched.revision()).isEqualTo(1);
                assertThat(enriched.parts().caption().result().text())
                        .isEqualTo(picture.expect().caption());
            });
            assertThat(kafka.read(topics.name(Topic.DLQ)))
                    .noneMatch(letter -> letter.key() != null && letter.key().startsWith(run));
        } finally {
            replica.destroy();
            replica.waitFor();
        }
    }

    @Test
    void tracesAnImageFromSubmissionThroughEveryServiceToTheJoin() throws Exception {
        // Given
        var trace = UUID.randomUUID().toString().replace("-", "");
        var id = "traced-" + trace;
        var event = Pictures.good().submission(id, ALL, null);

        // When
        kafka.send(
                topics.name(Topic.IMAGES),
                id,
                io.saccade.contract.EventJson.create().write(event),
                Map.of("traceparent", "00-" + trace + "-00f067aa0ba902b7-01"));
        var record = kafka.awaitKey(topics.name(Topic.ENRICHED), id, PATIENCE);

        // Then
        assertThat(record.headers().get("traceparent")).contains(trace);
        Await.until("the spans of every service", PATIENCE, () -> stack.traces().ofTrace(trace).stream()
                .map(OtlpReceiver.Span::service)
                .collect(java.util.stream.Collectors.toSet())
                .containsAll(Set.of(
                        "saccade-encoder", "saccade-captioner", "saccade-vqa", "saccade-moderator", "saccade-joiner")));
        assertThat(stack.traces().ofTrace(trace))
                .extracting(OtlpReceiver.Span::name)
                .contains(
                        "process saccade.images",
                        "inference.GRPCInferenceService/ModelInfer",
                        "publish saccade.captions",
                        "join");
    }

    @Test
    void exportsTheMetricsOfTheCatalogue() throws Exception {
        // Given
        var id = "measured-" + UUID.randomUUID();
        kafka.submit(topics.name(Topic.IMAGES), Pictures.good().submission(id, ALL, null));
        awaitEnriched(id);
        var exported = new TreeSet<String>();
        for (var service : List.of("encoder", "captioner", "vqa", "moderator", "joiner", "intake")) {
            exported.addAll(metrics(stack.process(service).path("address").asText()));
        }

        // When
        var documented = new TreeSet<String>();
        var matcher = Pattern.compile("`(saccade_[a-z_]+)")
                .matcher(Files.readString(Repository.path("docs/reference/metrics.md")));
        while (matcher.find()) {
            documented.add(matcher.group(1));
        }

        // Then: histograms show as _count, and what needs a fault first is not there yet
        documented.removeIf(name -> name.startsWith("saccade_dead_letters") || name.startsWith("saccade_join_late"));
        assertThat(documented).hasSizeGreaterThan(8);
        assertThat(documented).allSatisfy(name -> assertThat(exported)
                .anyMatch(line -> line.equals(name) || line.equals(name + "_count")));
    }

    @Test
    void staysWithinTheMemoryOfALaptop() throws Exception {
        // When: without the intake, which runs only where it is asked for
        long intake = stack.process("intake").path("memoryBytes").asLong();
        long bytes = stack.status().path("memoryBytes").asLong() - intake;

        // Then
        System.out.printf(
                "MEMORY of the whole stack: %d MB, and of the intake: %d MB%n", bytes / 1_000_000, intake / 1_000_000);
        assertThat(intake).isBetween(10_000_000L, 400_000_000L);
        assertThat(bytes).isBetween(100_000_000L, 2_500_000_000L);
    }

    private Process captioner() throws IOException, InterruptedException {
        var status = stack.status();
        var process = new ProcessBuilder(
                Repository.java().toString(),
                "-Xmx256m",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "--enable-native-access=ALL-UNNAMED",
                "-jar",
                Repository.path("services/captioner/target/quarkus-app/quarkus-run.jar")
                        .toString());
        process.environment()
                .putAll(Map.of(
                        "QUARKUS_HTTP_HOST",
                        "127.0.0.1",
                        "QUARKUS_HTTP_PORT",
                        "0",
                        "SACCADE_KAFKA_BOOTSTRAP_SERVERS",
                        status.path("bootstrapServers").asText(),
                        "SACCADE_TRITON_ENDPOINTS",
                        status.path("triton").asText(),
                        "SACCADE_MODELS_DIRECTORY",
                        Repository.path("triton-models").toString(),
                        "QUARKUS_OTEL_SDK_DISABLED",
                        "true"));
        var log = folder.resolve("captioner-" + System.nanoTime() + ".log");
        var started =
                process.redirectErrorStream(true).redirectOutput(log.toFile()).start();
        Await.until(
                "a second captioner",
                PATIENCE,
                () -> Files.readString(log).contains("the stage takes records") || !started.isAlive());
        return started;
    }

    private static Set<String> metrics(String address) throws Exception {
        var base = URI.create(address.startsWith("http") ? address : "http://" + address);
        var response = HttpClient.newHttpClient()
                .send(HttpRequest.newBuilder(base.resolve("/q/metrics")).build(), BodyHandlers.ofString());
        var names = new TreeSet<String>();
        for (var line : response.body().split("\n")) {
            if (!line.startsWith("#")) {
                names.add(line.split("[{ ]", 2)[0]);
            }
        }
        return names;
    }

    private static void signal(String name, long pid) throws IOException, InterruptedException {
        assertThat(pid).isPositive();
        new ProcessBuilder("kill", "-" + name, Long.toString(pid)).start().waitFor();
    }

    private static ImageEnriched awaitEnriched(String id) {
        return kafka.awaitKey(topics.name(Topic.ENRICHED), id, PATIENCE).as(EventType.IMAGE_ENRICHED);
    }

    private static List<ImageEnriched> enriched(String id) {
        return kafka.read(topics.name(Topic.ENRICHED)).stream()
                .filter(record -> id.equals(record.key()))
                .map(record -> record.as(EventType.IMAGE_ENRICHED))
                .toList();
    }
}
