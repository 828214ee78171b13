package io.saccade.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.saccade.cli.kafka.JourneyReader;
import io.saccade.contract.EventIds;
import io.saccade.contract.EventType;
import io.saccade.contract.event.ImageEnriched;
import io.saccade.contract.event.ImageJourney;
import io.saccade.contract.event.Task;
import io.saccade.contract.topic.Topic;
import io.saccade.contract.topic.TopicCatalogue;
import io.saccade.testkit.Brokers;
import io.saccade.testkit.Received;
import io.saccade.testkit.TestKafka;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CommandsIT {

    private static final Duration SOON = Duration.ofSeconds(30);
    private static final TopicCatalogue TOPICS = TopicCatalogue.load();

    private final TestKafka kafka = Brokers.shared();

    @TempDir
    Path folder;

    @BeforeEach
    void makeTopics() {
        assertThat(run("topics", "apply", "--partitions", "2").exitCode()).isZero();
    }

    @Test
    void makesTheTopicsOnceAndFindsThemGood() {
        // When
        var again = run("topics", "apply");
        var check = run("topics", "check");

        // Then
        assertThat(again.out()).contains("all topics exist");
        assertThat(check.exitCode()).isZero();
        assertThat(check.out()).contains("with 2 partitions each");
    }

    @Test
    void sendsAnImageAsAnEventThatOthersCouldHaveSent() throws Exception {
        // Given
        var file = Files.write(folder.resolve("Two Cats.png"), new byte[] {1, 2, 3});

        // When
        var run = run("send", file.toString(), "-q", "how many cats?", "--task", "answers", "--text", "cats");

        // Then
        assertThat(run.exitCode()).as(run.err()).isZero();
        var id = run.out().strip();
        assertThat(id).matches("two-cats-[2-9a-z]{6}");
        var record = kafka.awaitKey(TOPICS.name(Topic.IMAGES), id, SOON);
        assertThat(record.headers())
                .containsEntry("ce_specversion", "1.0")
                .containsEntry("ce_type", "io.saccade.image-submitted.v1")
                .containsEntry("ce_subject", id)
                .containsEntry("content-type", "application/json")
                .hasEntrySatisfying("traceparent", trace -> assertThat(trace).matches("00-.{32}-.{16}-01"));
        var event = record.as(EventType.IMAGE_SUBMITTED);
        assertThat(event.questions()).singleElement().satisfies(question -> assertThat(question.text())
                .isEqualTo("how many cats?"));
        assertThat(event.tasks()).hasSize(1);
    }

    @Test
    void sendsBackfillIntoItsOwnTopic() throws Exception {
        // Given
        var file = Files.write(folder.resolve("archived.png"), new byte[] {1, 2, 3});

        // When
        var run = run("send", file.toString(), "--backfill");

        // Then
        assertThat(run.exitCode()).as(run.err()).isZero();
        kafka.awaitKey(TOPICS.name(Topic.BACKFILL), run.out().strip(), SOON);
        assertThat(kafka.read(TOPICS.name(Topic.IMAGES)))
                .extracting(Received::key)
                .doesNotContain(run.out().strip());
    }

    @Test
    void waitsForTheJoinedAnswers() throws Exception {
        // Given
        var file = Files.write(folder.resolve("waiting.png"), new byte[] {1});

        // When
        var running = CompletableFuture.supplyAsync(() -> run("send", file.toString(), "--wait", "--timeout", "60s"));
        var sent = kafka.await(
                TOPICS.name(Topic.IMAGES), SOON, records -> records.stream().anyMatch(CommandsIT::isWaiting));
        var id = sent.stream()
                .filter(CommandsIT::isWaiting)
                .findFirst()
                .orElseThrow()
                .key();
        answer(Samples.complete(id, "a cat that waits", "yes"));
        var run = running.get(60, TimeUnit.SECONDS);

        // Then
        assertThat(run.exitCode()).as(run.err()).isZero();
        assertThat(run.out()).contains(id).contains("a cat that waits").contains("COMPLETE");
    }

    @Test
    void countsHowTheFilesOfACorpusEnded() throws Exception {
        // Given
        var corpus = Files.createDirectory(folder.resolve("corpus"));
        Files.write(corpus.resolve("corpus-file.png"), new byte[] {1, 2, 3, 4, 5});

        // When
        var running = CompletableFuture.supplyAsync(
                () -> run("corpus", corpus.toString(), "--damaged", "2", "--timeout", "60s"));
        var sent = kafka.await(
                TOPICS.name(Topic.IMAGES),
                SOON,
                records -> records.stream().filter(CommandsIT::isOfTheCorpus).count() == 3);
        sent.stream()
                .filter(CommandsIT::isOfTheCorpus)
                .forEach(record -> answer(Samples.complete(record.key(), "anything", "yes")));
        var run = running.get(60, TimeUnit.SECONDS);

        // Then
        assertThat(run.exitCode()).as(run.err() + run.out()).isZero();
        assertThat(run.out()).containsPattern("OK +3").contains("3 files sent, 3 ended, 0 failed or missing");
    }

    @Test
    void saysWhichAnswersDidNotCome() throws Exception {
        // Given
        var file = Files.write(folder.resolve("lonely.png"), new byte[] {1});

        // When
        var run = run("send", file.toString(), "--wait", "--timeout", "500ms");

        // Then
        assertThat(run.exitCode()).isEqualTo(CliException.NO);
        assertThat(run.err()).contains("no joined answer came for lonely-");
    }

    @Test
    void showsNoAnswerOfAnImageThatWasErased() {
        // Given
        answer(Samples.complete("gone-1", "a secret", "yes"));
        erased("gone-1");

        // When
        var run = run("show", "gone-1");

        // Then
        assertThat(run.exitCode()).isEqualTo(CliException.NO);
        assertThat(run.out()).doesNotContain("a secret");
    }

    @Test
    void asksForAnErasureInEveryPartition() {
        // When
        var run = run("erase", "gone-2");

        // Then
        assertThat(run.exitCode()).isZero();
        assertThat(run.out()).contains("erased gone-2");
        for (var topic : List.of(Topic.IMAGES, Topic.BACKFILL)) {
            var records = kafka.read(TOPICS.name(topic)).stream()
                    .filter(record -> "gone-2".equals(record.key()))
                    .toList();
            assertThat(records).hasSize(2).allSatisfy(record -> {
                assertThat(record.value()).isNull();
                assertThat(record.headers()).containsEntry("ce_type", "io.saccade.image-erased.v1");
            });
        }
    }

    @Test
    void countsWhatIsBeforeAnImageInTheTopicItWaitsIn() throws Exception {
        // Given
        var partition = new TopicPartition(TOPICS.name(Topic.BACKFILL), 1);
        try (var admin = Admin.create(Map.of("bootstrap.servers", kafka.bootstrapServers()))) {
            admin.alterConsumerGroupOffsets("saccade-captioner", Map.of(partition, new OffsetAndMetadata(25)))
                    .all()
                    .get(30, TimeUnit.SECONDS);
        }
        var journey = new ImageJourney(
                "image-1",
                ImageJourney.State.WAITING,
                "default",
                null,
                null,
                null,
                0,
                null,
                partition.topic(),
                partition.partition(),
                42,
                List.of(ImageJourney.Step.without(Task.CAPTION, ImageJourney.Progress.WAITING)));

        // When
        var before = new JourneyReader(line -> {}).before(kafka.bootstrapServers(), journey);

        // Then
        assertThat(before).containsOnly(Map.entry(Task.CAPTION, 17L));
    }

    @Test
    void showsTheLatestRevisionOfAnAnswer() {
        // Given
        answer(Samples.complete("shown-1", "first", "yes"));
        var second = Samples.complete("shown-1", "second", "yes");
        answer(new ImageEnriched(
                second.id(),
                second.tenant(),
                2,
                second.status(),
                null,
                second.sha256(),
                second.parts(),
                second.attributes(),
                second.submittedAt(),
                second.deadline(),
                second.completedAt()));

        // When
        var page = run("show", "shown-1");
        var json = run("show", "shown-1", "--json");

        // Then
        assertThat(page.out()).contains("COMPLETE r2").contains("second").doesNotContain("first");
        assertThat(json.out()).contains("more numbers, left out here").contains("\"revision\" : 2");
    }

    @Test
    void saysThatThereIsNoSuchAnswerAndWhatMayBeMeant() {
        // Given
        answer(Samples.complete("almost-1", "x", "y"));

        // When
        var run = run("show", "almost");

        // Then
        assertThat(run.exitCode()).isEqualTo(CliException.NO);
        assertThat(run.err()).contains("there is no joined answer for 'almost', did you mean almost-1?");
    }

    @Test
    void watchesFromTheBeginningAndPassesOverWhatItCannotRead() {
        // Given
        kafka.send(
                TOPICS.name(Topic.ENRICHED),
                "odd",
                "no JSON".getBytes(java.nio.charset.StandardCharsets.UTF_8),
                java.util.Map.of());
        answer(Samples.complete("watched-1", "a cat", "yes"));

        // When
        var run = run("watch", "--from-beginning", "--json", "--limit", "1");

        // Then
        assertThat(run.exitCode()).isZero();
        assertThat(run.out().lines()).singleElement().asString().startsWith("{\"id\":");
    }

    @Test
    void saysInOneLineThatTheBrokerIsGone() {
        // When
        var run = CommandLineRun.of("show", "x", "--kafka", "127.0.0.1:1");

        // Then
        assertThat(run.exitCode()).isEqualTo(CliException.MISSING);
        assertThat(run.err().strip().lines()).singleElement().asString().contains("Kafka should answer at 127.0.0.1:1");
    }

    @Test
    void saysInOneLineThatAnAddressIsNone() {
        // When
        var run = CommandLineRun.of("topics", "check", "--kafka", "nonsense");

        // Then
        assertThat(run.exitCode()).isEqualTo(CliException.USAGE);
        assertThat(run.err()).contains("HOST:PORT").contains("nonsense");
    }

    @Test
    void examinesABroker() {
        // When
        var run = run("doctor");

        // Then
        assertThat(run.out()).contains("ok       topics").contains("JDK").contains("models");
    }

    private CommandLineRun run(String... args) {
        var all = new java.util.ArrayList<>(List.of(args));
        all.addAll(List.of(
                "--kafka",
                kafka.bootstrapServers(),
                "--home",
                folder.resolve("home").toString()));
        return CommandLineRun.of(all.toArray(String[]::new));
    }

    private void answer(ImageEnriched answer) {
        kafka.send(
                TOPICS.name(Topic.ENRICHED),
                answer.id(),
                EventType.IMAGE_ENRICHED,
                EventIds.enriched(answer.id(), answer.revision()),
                answer);
    }

    private void erased(String id) {
        kafka.send(TOPICS.name(Topic.ENRICHED), id, (byte[]) null, Map.of("ce_type", EventType.IMAGE_ERASED));
    }

    private static boolean isOfTheCorpus(Received record) {
        return record.key() != null && record.key().contains("corpus-file");
    }

    private static boolean isWaiting(Received record) {
        return record.key() != null && record.key().startsWith("waiting-");
    }
}
