package io.saccade.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.saccade.contract.event.DeadLetter;
import io.saccade.contract.event.Failure;
import io.saccade.contract.topic.Topic;
import io.saccade.contract.topic.TopicCatalogue;
import io.saccade.testkit.Brokers;
import io.saccade.testkit.Received;
import io.saccade.testkit.TestKafka;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Dead letters and replays on a real broker. Every test has a stage of its own and looks at its letters alone. */
class DeadLettersIT {

    private static final TopicCatalogue TOPICS = TopicCatalogue.load();
    private static final String IMAGES = TOPICS.name(Topic.IMAGES);
    private static final Instant NOON = Instant.parse("2026-11-21T12:00:00Z");

    private final TestKafka kafka = Brokers.shared();
    private final String stage = "stage-" + UUID.randomUUID().toString().substring(0, 8);

    @TempDir
    Path folder;

    @BeforeEach
    void makeTopics() {
        assertThat(run("topics", "apply", "--partitions", "2").exitCode()).isZero();
    }

    @Test
    void listsCountsAndShowsLetters() {
        // Given
        dead(1, "model.unavailable", Map.of("x", "y"));
        dead(2, "model.bad_output", Map.of());
        dead(2, "model.bad_output", Map.of()); // the stage died between the letter and the commit

        // When
        var list = run("dlq", "list", "--stage", stage);
        var some = run("dlq", "list", "--stage", stage, "--reason", "model.un*");
        var counts = run("dlq");
        var page = run("dlq", "show", key(1), "--value");

        // Then
        assertThat(list.out()).contains(key(1), key(2), "2 letters");
        assertThat(some.out()).contains(key(1), "1 letter").doesNotContain(key(2));
        assertThat(counts.out()).contains(stage);
        assertThat(page.out()).contains("the model did not answer", "x: y", "\"tenant\" : \"acme\"", "waiting");
    }

    @Test
    void sendsLettersBackOnceHoweverOftenItIsAsked() {
        // Given
        for (int i = 0; i < 120; i++) {
            dead(i, "model.unavailable", Map.of("content-type", "application/json", "x", "y"));
        }

        // When
        var planned = run("dlq", "redrive", "--stage", stage, "--dry-run");
        var first = run("dlq", "redrive", "--stage", stage, "--rate", "0");
        var second = run("dlq", "redrive", "--stage", stage, "--rate", "0");

        // Then
        assertThat(planned.out()).contains("120 letters would be sent back");
        assertThat(first.exitCode()).as(first.err()).isZero();
        assertThat(first.out()).contains("120 letters sent back");
        assertThat(second.out()).contains("0 letters sent back");
        var sent = sent();
        assertThat(sent).hasSize(120).allSatisfy((key, records) -> {
            assertThat(records).singleElement().satisfies(record -> {
                assertThat(record.partition()).as("where it came from").isEqualTo(1);
                assertThat(record.text()).contains(key);
                assertThat(record.headers()).containsEntry("x", "y").containsKey("saccade-redriven");
                assertThat(record.headers().keySet()).noneMatch(DeadLetter::isStory);
            });
        });
        assertThat(run("dlq", "list", "--stage", stage).out()).contains("no such dead letter waits");
        assertThat(run("dlq", "list", "--stage", stage, "--all").out()).contains("redriven");
    }

    @Test
    void sendsNothingTwiceAfterAnInterruption() throws Exception {
        // Given: a redrive that was killed when a letter was sent and nothing committed
        dead(1, "model.unavailable", Map.of());
        var killed = new KafkaProducer<>(
                Map.of("bootstrap.servers", kafka.bootstrapServers(), "transactional.id", "saccade-dlq"),
                new ByteArraySerializer(),
                new ByteArraySerializer());
        killed.initTransactions();
        killed.beginTransaction();
        killed.send(new ProducerRecord<>(IMAGES, 1, key(1).getBytes(UTF_8), "lost".getBytes(UTF_8)))
                .get(30, TimeUnit.SECONDS);

        // When
        var run = run("dlq", "redrive", "--stage", stage);
        killed.close();

        // Then
        assertThat(run.exitCode()).as(run.err()).isZero();
        assertThat(sent().get(key(1))).singleElement().satisfies(record -> assertThat(record.text())
                .contains(key(1)));
    }

    @Test
    void sendsNothingTwiceWhenTwoDoItAtOnce() throws Exception {
        // Given
        for (int i = 0; i < 150; i++) {
            dead(i, "model.unavailable", Map.of());
        }

        // When: one of them may be stopped by the other, the third finds what is left
        var one = CompletableFuture.supplyAsync(() -> run("dlq", "redrive", "--stage", stage, "--rate", "0"));
        var other = CompletableFuture.supplyAsync(() -> run("dlq", "redrive", "--stage", stage, "--rate", "0"));
        one.get(60, TimeUnit.SECONDS);
        other.get(60, TimeUnit.SECONDS);
        var third = run("dlq", "redrive", "--stage", stage, "--rate", "0");

        // Then
        assertThat(third.exitCode()).as(third.err()).isZero();
        assertThat(sent()).hasSize(150).allSatisfy((_, records) -> assertThat(records)
                .hasSize(1));
    }

    @Test
    void sendsNothingToATopicThatLettersDoNotComeFrom() {
        // Given: whoever may write dead letters names any topic
        var victim = "victim-" + UUID.randomUUID();
        kafka.createTopic(victim, 1);
        deadFrom(victim, 0, 1);
        deadFrom(IMAGES, 99, 2);

        // When
        var run = run("dlq", "redrive", "--stage", stage);

        // Then
        assertThat(run.exitCode()).isEqualTo(CliException.NO);
        assertThat(run.err()).contains("which is no topic that letters go back to", "which has 2");
        assertThat(kafka.read(victim)).isEmpty();
    }

    @Test
    void sendsALetterOfBackfillBackIntoItsTopic() {
        // Given
        dead(TOPICS.name(Topic.BACKFILL), 1, 1, "model.unavailable", Map.of());

        // When
        var run = run("dlq", "redrive", "--stage", stage);

        // Then
        assertThat(run.out()).contains("1 letter sent back");
        assertThat(sent()).isEmpty();
        assertThat(kafka.read(TOPICS.name(Topic.BACKFILL)))
                .filteredOn(record -> key(1).equals(record.key()))
                .singleElement()
                .satisfies(record -> assertThat(record.partition()).isEqualTo(1));
    }

    @Test
    void dropsLettersWithAReasonAndNeverSendsThemAgain() {
        // Given
        dead(1, "event.malformed", Map.of());
        dead(2, "model.unavailable", Map.of());

        // When
        var planned =
                run("dlq", "drop", "--stage", stage, "--reason", "event.*", "--because", "a load test", "--dry-run");
        var dropped = run("dlq", "drop", "--stage", stage, "--reason", "event.*", "--because", "a load test");
        var redriven = run("dlq", "redrive", "--stage", stage);

        // Then
        assertThat(planned.out()).contains("1 letter would be dropped");
        assertThat(dropped.out()).contains("1 letter dropped");
        assertThat(redriven.out()).contains("1 letter sent back");
        assertThat(sent()).containsOnlyKeys(key(2));
        assertThat(run("dlq", "show", key(1)).out()).contains("dropped at", "a load test");
    }

    @Test
    void exportsLettersAsLinesOfJson() throws Exception {
        // Given
        dead(1, "model.unavailable", Map.of("x", "y"));
        dead(2, "model.unavailable", Map.of());
        var file = folder.resolve("letters.jsonl");

        // When
        var toFile = run("dlq", "export", "--stage", stage, "--to", file.toString());
        var toScreen = run("dlq", "export", "--stage", stage);

        // Then
        assertThat(toFile.out()).contains("2 letters written");
        assertThat(Files.readAllLines(file))
                .containsExactlyInAnyOrderElementsOf(toScreen.out().lines().toList())
                .hasSize(2)
                .anySatisfy(line -> {
                    var json = new ObjectMapper().readTree(line);
                    assertThat(json.path("key").asText()).isEqualTo(key(1));
                    assertThat(json.path("tenant").asText()).isEqualTo("acme");
                    assertThat(json.path("headers").path("x").asText()).isEqualTo("y");
                });
    }

    @Test
    void passesOverRecordsThatAreNoLetters() {
        // Given
        kafka.send(TOPICS.name(Topic.DLQ), "odd-" + stage, new byte[] {1}, Map.of());
        kafka.send(TOPICS.name(Topic.HANDLED), "odd-" + stage, new byte[] {1}, Map.of());
        dead(1, "model.unavailable", Map.of());

        // When
        var run = run("dlq", "list", "--stage", stage);

        // Then
        assertThat(run.exitCode()).isZero();
        assertThat(run.out()).contains(key(1));
        assertThat(run.err()).contains("skipped " + TOPICS.name(Topic.DLQ));
    }

    @Test
    void replaysImagesByIdWhereTheyLieAndNoCopyTwice() throws Exception {
        // Given
        for (int i = 0; i < 5; i++) {
            kafka.send(IMAGES, key(i), value(i), Map.of("x", "y"));
        }
        var ids = Files.writeString(folder.resolve("ids"), key(1) + "\n\n" + key(3) + "\nunknown\n");

        // When
        var planned = run("replay", "--ids", ids.toString(), "--dry-run");
        var first = run("replay", "--ids", ids.toString());
        var second = run("replay", "--ids", ids.toString(), "--again");

        // Then
        assertThat(planned.out()).contains("2 records would be sent to " + IMAGES);
        assertThat(first.out()).contains("2 records sent");
        assertThat(second.out()).as("a record and its copy are one").contains("2 records sent");
        var sent = sent();
        assertThat(sent.get(key(0))).hasSize(1);
        assertThat(sent.get(key(1))).hasSize(3).satisfies(records -> {
            var original = records.getFirst();
            assertThat(records).extracting(Received::partition).containsOnly(original.partition());
            assertThat(records).extracting(Received::text).containsOnly(original.text());
            assertThat(records.get(1).headers())
                    .containsEntry("x", "y")
                    .containsEntry("saccade-copy-of", IMAGES + "/" + original.partition() + "/" + original.offset())
                    .doesNotContainKey("saccade-again");
            assertThat(records.get(2).headers()).containsEntry("saccade-again", "true");
        });
    }

    @Test
    void replaysATimeIntoAShadowTopic() {
        // Given
        var shadow = "shadow-" + UUID.randomUUID();
        kafka.createTopic(shadow, 2);
        kafka.send(IMAGES, key(0), value(0), Map.of());
        var from = kafka.read(IMAGES).stream()
                .map(Received::time)
                .max(Instant::compareTo)
                .orElseThrow()
                .plusMillis(1);
        io.saccade.testkit.Await.until("the clock", java.time.Duration.ofSeconds(10), () -> Instant.now()
                .isAfter(from));
        kafka.send(IMAGES, key(1), value(1), Map.of());

        // When
        var run = run("replay", "--from", from.toString(), "--into", shadow);

        // Then
        assertThat(run.exitCode()).as(run.err()).isZero();
        assertThat(kafka.read(shadow))
                .extracting(Received::key)
                .contains(key(1))
                .doesNotContain(key(0));
    }

    @Test
    void replaysNoQuestionsIntoTheTopicOfBackfill() {
        // When
        var run = run("replay", "--topic", "questions", "--from", "1h", "--into", "backfill");

        // Then
        assertThat(run.exitCode()).isEqualTo(CliException.USAGE);
        assertThat(run.err()).contains("takes images, but --topic says questions");
    }

    @Test
    void replaysOffsets() {
        // Given
        var offsets = new ArrayList<Long>();
        for (int i = 0; i < 4; i++) {
            offsets.add(kafka.sendTo(IMAGES, 1, key(i), value(i)).offset());
        }
        var shadow = "shadow-" + UUID.randomUUID();
        kafka.createTopic(shadow, 1);

        // When
        var run = run(
                "replay", "--partition", "1", "--offsets", offsets.get(1) + ".." + offsets.get(2), "--into", shadow);

        // Then
        assertThat(run.out()).contains("2 records sent to " + shadow);
        assertThat(kafka.read(shadow)).extracting(Received::key).containsExactly(key(1), key(2));
    }

    private String key(int number) {
        return stage + "-" + number;
    }

    private byte[] value(int number) {
        return ("{\"id\":\"" + key(number) + "\",\"tenant\":\"acme\",\"image\":{\"uri\":\"https://h/a\"}}")
                .getBytes(UTF_8);
    }

    private void dead(int number, String reason, Map<String, String> headers) {
        dead(IMAGES, 1, number, reason, headers);
    }

    private void deadFrom(String topic, int partition, int number) {
        dead(topic, partition, number, "model.unavailable", Map.of());
    }

    private void dead(String topic, int partition, int number, String reason, Map<String, String> headers) {
        var story = new DeadLetter(
                new Failure(reason, "the model did not answer", true),
                stage,
                topic,
                partition,
                number,
                5,
                NOON.minusSeconds(60),
                NOON,
                null,
                "image-embedding/2");
        var all = new LinkedHashMap<>(headers);
        all.putAll(story.headers());
        kafka.send(TOPICS.name(Topic.DLQ), key(number), value(number), all);
    }

    /** What lies in the images topic of this test's stage. */
    private Map<String, List<Received>> sent() {
        var sent = new LinkedHashMap<String, List<Received>>();
        for (var record : kafka.read(IMAGES)) {
            if (record.key() != null && record.key().startsWith(stage)) {
                sent.computeIfAbsent(record.key(), _ -> new ArrayList<>()).add(record);
            }
        }
        return sent;
    }

    private CommandLineRun run(String... args) {
        var all = new ArrayList<>(List.of(args));
        all.addAll(List.of(
                "--kafka",
                kafka.bootstrapServers(),
                "--home",
                folder.resolve("home").toString()));
        return CommandLineRun.of(all.toArray(String[]::new));
    }
}
