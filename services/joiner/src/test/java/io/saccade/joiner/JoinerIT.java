package io.saccade.joiner;

import static org.assertj.core.api.Assertions.assertThat;

import io.saccade.contract.CloudEvent;
import io.saccade.contract.EventIds;
import io.saccade.contract.EventJson;
import io.saccade.contract.EventType;
import io.saccade.contract.event.Answer;
import io.saccade.contract.event.Caption;
import io.saccade.contract.event.Embedding;
import io.saccade.contract.event.ImageEnriched;
import io.saccade.contract.event.ImageEnriched.Status;
import io.saccade.contract.event.ImageRef;
import io.saccade.contract.event.ImageSubmitted;
import io.saccade.contract.event.ModelRef;
import io.saccade.contract.event.Moderation;
import io.saccade.contract.event.Priority;
import io.saccade.contract.event.StageResult;
import io.saccade.contract.event.StageResult.End;
import io.saccade.contract.event.Task;
import io.saccade.contract.event.Timings;
import io.saccade.contract.event.Vector;
import io.saccade.contract.topic.Topic;
import io.saccade.contract.topic.TopicCatalogue;
import io.saccade.testkit.Await;
import io.saccade.testkit.Folders;
import io.saccade.testkit.Received;
import io.saccade.testkit.TestKafka;
import io.saccade.testkit.fault.KafkaCluster;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.kafka.clients.admin.ListTransactionsOptions;
import org.apache.kafka.clients.admin.TransactionListing;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.GroupState;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.io.TempDir;

/** The packaged joiner on a real broker: what becomes of its state when it is killed, replaced, stands still, or has nothing more to do. */
class JoinerIT {

    private static final EventJson JSON = EventJson.create();
    private static final Duration PATIENCE = Duration.ofMinutes(3);
    private static final List<String> CHANGELOGS =
            List.of("saccade-joiner-images-changelog", "saccade-joiner-deadlines-changelog");

    /** All that needs no question. */
    private static final Set<Task> TASKS = EnumSet.of(Task.EMBEDDING, Task.CAPTION, Task.MODERATION);

    @TempDir
    static Path folder;

    private static KafkaCluster cluster;
    private static TestKafka kafka;
    private static TopicCatalogue topics;

    private final List<JoinerProcess> joiners = new ArrayList<>();
    private String prefix;

    @BeforeAll
    static void startBroker() {
        cluster = KafkaCluster.start(folder.resolve("kafka"), 1, 1);
        kafka = TestKafka.at(cluster.bootstrapServers());
        topics = kafka.createTopics(4);
    }

    @AfterAll
    static void stopBroker() {
        kafka.close();
        cluster.close();
    }

    @BeforeEach
    void name(TestInfo test) {
        prefix = test.getTestMethod().orElseThrow().getName() + "-";
    }

    @AfterEach
    void stopJoiners() {
        joiners.forEach(JoinerProcess::close);
    }

    @Test
    void keepsNothingOnceEveryImageIsForgotten() {
        // Given
        var joiner = start("short", Map.of("SACCADE_JOIN_RETENTION", "5s", "SACCADE_JOIN_GRACE", "200ms"));
        joiner.awaitReady();

        // When
        for (int i = 0; i < 200; i++) {
            switch (i % 5) {
                case 0 -> {
                    submit(i, Duration.ofMinutes(10));
                    TASKS.forEach(result(i));
                }
                case 1 -> {
                    submit(i, Duration.ofSeconds(2));
                    result(i).accept(Task.CAPTION);
                }
                case 2 -> result(i).accept(Task.MODERATION); // its image never comes
                case 3 -> kafka.send(topics.name(Topic.IMAGES), prefix + i, new byte[] {'{'}, Map.of());
                default -> {
                    submit(i, Duration.ofMinutes(10));
                    kafka.send(
                            topics.name(Topic.IMAGES),
                            prefix + i,
                            null,
                            Map.of(CloudEvent.TYPE, EventType.IMAGE_ERASED));
                }
            }
        }
        awaitRead();

        // Then
        for (var changelog : CHANGELOGS) {
            var last =
                    Await.value("only tombstones in " + changelog, PATIENCE, () -> last(changelog), JoinerIT::isEmpty);
            assertThat(last).hasSizeGreaterThanOrEqualTo(200);
        }
        assertThat(joiner.meter("saccade_join_open_images")).isZero();
        assertThat(IntStream.range(0, 200).filter(i -> joiner.knows(prefix + i)))
                .isEmpty();
        assertThat(firstAnswers()).hasSize(120); // what was erased has none, nor has an image that never came
    }

    @Test
    void goesOnFromTheChangelogWhenItsDiskIsLost() {
        // Given
        var first = start("disk", Map.of());
        first.awaitReady();
        for (int i = 0; i < 100; i++) {
            submit(i, i % 2 == 0 ? Duration.ofMinutes(10) : Duration.ofSeconds(1));
            result(i).accept(Task.CAPTION);
        }
        awaitRead();
        first.process().kill();
        Folders.delete(folder.resolve("state").resolve("disk"));

        // When
        var second = start("disk", Map.of());
        second.awaitReady();
        for (int i = 0; i < 100; i += 2) {
            result(i).accept(Task.EMBEDDING);
            result(i).accept(Task.MODERATION);
        }

        // Then
        var answers = awaitFirstAnswers(100);
        assertThat(second.meter("saccade_join_restored_records_total")).isPositive();
        for (int i = 0; i < 100; i++) {
            var answer = answers.get(prefix + i);
            assertThat(answer.status()).as(answer.id()).isEqualTo(i % 2 == 0 ? Status.COMPLETE : Status.PARTIAL);
            assertThat(answer.parts().caption().result()).as(answer.id()).isNotNull();
        }
    }

    @Test
    void goesOnFromItsDiskWhenItIsKilledAtWork() {
        // Given
        var first = start("killed", Map.of());
        first.awaitReady();
        begin(0, 500);
        awaitRead();
        int written = CHANGELOGS.stream().mapToInt(this::written).sum();
        begin(500, 530);
        first.process().kill();

        // When
        var second = start("killed", Map.of());
        second.awaitReady();

        // Then
        assertThat(second.meter("saccade_join_restored_records_total")).isLessThan(written / 5.0);
        complete(530);
        assertThat(awaitFirstAnswers(530).values())
                .allSatisfy(answer -> assertThat(answer.status()).isEqualTo(Status.COMPLETE));
    }

    @Test
    void letsAStandbyGoOnWithoutARestore() {
        // Given
        var standby = Map.of("SACCADE_JOIN_STANDBYS", "1");
        var one = start("one", standby);
        var two = start("two", standby);
        one.awaitReady();
        two.awaitReady();
        awaitShared(4);
        double copied = copied(one) + copied(two);
        begin(0, 200);
        awaitRead();
        int written = CHANGELOGS.stream().mapToInt(this::written).sum();
        Await.until("the copies to be warm", PATIENCE, () -> copied(one) + copied(two) - copied >= written);
        var victim = open(one) >= open(two) ? one : two;
        var heir = victim == one ? two : one;
        double restored = heir.meter("saccade_join_restored_records_total");

        // When
        victim.process().kill();

        // Then
        Await.until("the other to have every image", PATIENCE, () -> open(heir) >= 200);
        heir.awaitReady();
        assertThat(heir.meter("saccade_join_restored_records_total") - restored).isLessThan(written / 10.0);
        complete(200);
        assertThat(awaitFirstAnswers(200).values())
                .allSatisfy(answer -> assertThat(answer.status()).isEqualTo(Status.COMPLETE));
    }

    @Test
    void takesNothingFromAZombie() {
        // Given
        var zombie = start("zombie", Map.of());
        zombie.awaitReady();
        for (int i = 0; i < 100; i++) {
            whole(i);
        }
        zombie.process().suspend(); // in the middle: nobody waited for it
        for (int i = 100; i < 200; i++) {
            whole(i);
        }
        var heir = start("heir", Map.of());
        heir.awaitReady();
        awaitFirstAnswers(200);

        // When
        zombie.process().resume();
        for (int i = 200; i < 300; i++) {
            whole(i);
        }

        // Then
        assertThat(awaitFirstAnswers(300).values())
                .allSatisfy(answer -> assertThat(answer.status()).isEqualTo(Status.COMPLETE));
        zombie.awaitReady(); // it has noticed, and takes its share again
        awaitRead();
        assertThat(answers()).hasSize(300);
    }

    @Test
    void keepsItsChangelogsForAsLongAsImagesAreOpen() throws Exception {
        // When
        start("config", Map.of()).awaitReady();

        // Then
        for (var changelog : CHANGELOGS) {
            var resource = new ConfigResource(ConfigResource.Type.TOPIC, changelog);
            var config = kafka.admin().describeConfigs(List.of(resource)).all().get(30, TimeUnit.SECONDS);
            assertThat(config.get(resource).get("cleanup.policy").value()).isEqualTo("compact");
        }
    }

    @Test
    void writesEachTransactionUnderAnEpochOfItsOwn() throws Exception {
        // Given
        start("epochs", Map.of()).awaitReady();
        whole(0);
        awaitFirstAnswers(1);
        int before = epochs();

        // When
        whole(1);
        awaitFirstAnswers(2);

        // Then
        assertThat(kafka.admin()
                        .describeFeatures()
                        .featureMetadata()
                        .get(30, TimeUnit.SECONDS)
                        .finalizedFeatures()
                        .get("transaction.version")
                        .maxVersionLevel())
                .isGreaterThanOrEqualTo((short) 2);
        Await.until("a further epoch", PATIENCE, () -> epochs() > before);
    }

    @Test
    void answersLiveImagesThoughAnArchiveWasThereFirst() {
        // Given: all in one partition, and each is answered as soon as it is read, since it is no event
        int archive = 4_000;
        try (var producer = new KafkaProducer<>(
                Map.of("bootstrap.servers", cluster.bootstrapServers(), "linger.ms", 5),
                new StringSerializer(),
                new StringSerializer())) {
            for (int i = 0; i < archive; i++) {
                var _ = producer.send(
                        new ProducerRecord<>(topics.name(Topic.BACKFILL), 0, prefix + "archive-" + i, "{"));
            }
            producer.flush();
            for (int i = 0; i < 20; i++) {
                var _ = producer.send(new ProducerRecord<>(topics.name(Topic.IMAGES), 0, prefix + "live-" + i, "{"));
            }
        }

        // When
        start("archive", Map.of()).awaitReady();
        assertThat(awaitFirstAnswers(archive + 20)).hasSize(archive + 20);

        // Then: of the archive little was answered before them
        var answers = kafka.read(topics.name(Topic.ENRICHED)).stream()
                .filter(record -> String.valueOf(record.key()).startsWith(prefix))
                .toList();
        var last = answers.stream()
                .filter(record -> record.key().contains("live"))
                .collect(Collectors.toMap(Received::partition, Received::offset, Math::max));
        assertThat(answers.stream()
                        .filter(record -> record.offset() < last.getOrDefault(record.partition(), -1L))
                        .count())
                .isLessThan(archive / 2);
    }

    // --- joiners -----------------------------------------------------------------------------------------------------

    private JoinerProcess start(String name, Map<String, String> environment) {
        var joiner = JoinerProcess.start(folder, name, cluster.bootstrapServers(), environment);
        joiners.add(joiner);
        return joiner;
    }

    /** Waits until each of so many threads has its share of the partitions: from then on none moves without a reason. */
    private static void awaitShared(int threads) {
        Await.until("every thread to have its share", PATIENCE, () -> {
            var group = kafka.admin()
                    .describeConsumerGroups(List.of("saccade-joiner"))
                    .all()
                    .get(30, TimeUnit.SECONDS)
                    .get("saccade-joiner");
            return group.groupState() == GroupState.STABLE
                    && group.members().size() == threads
                    && group.members().stream()
                            .allMatch(member ->
                                    member.assignment().topicPartitions().size() == Topic.JOINED.size());
        });
    }

    private static double open(JoinerProcess joiner) {
        return joiner.meter("saccade_join_open_images");
    }

    private static double copied(JoinerProcess joiner) {
        return joiner.meter("saccade_join_standby_records_total");
    }

    /** The producer epochs of the join's transactions, added up. */
    private static int epochs() throws Exception {
        var ids = kafka.admin().listTransactions(new ListTransactionsOptions()).all().get(30, TimeUnit.SECONDS).stream()
                .map(TransactionListing::transactionalId)
                .filter(id -> id.startsWith("saccade-joiner"))
                .toList();
        return kafka.admin().describeTransactions(ids).all().get(30, TimeUnit.SECONDS).values().stream()
                .mapToInt(transaction -> transaction.producerEpoch())
                .sum();
    }

    // --- what goes in ------------------------------------------------------------------------------------------------

    /** Images with one part, which wait for the others. */
    private void begin(int from, int to) {
        for (int i = from; i < to; i++) {
            submit(i, Duration.ofMinutes(10));
            result(i).accept(Task.CAPTION);
        }
    }

    /** The other parts of so many of them. */
    private void complete(int images) {
        for (int i = 0; i < images; i++) {
            result(i).accept(Task.EMBEDDING);
            result(i).accept(Task.MODERATION);
        }
    }

    private void whole(int number) {
        submit(number, Duration.ofMinutes(10));
        TASKS.forEach(result(number));
    }

    private void submit(int number, Duration patience) {
        var now = Instant.now();
        kafka.submit(
                topics.name(Topic.IMAGES),
                new ImageSubmitted(
                        prefix + number,
                        "acme",
                        ImageRef.inline(bytes(number)),
                        null,
                        List.of(),
                        TASKS,
                        now.plus(patience),
                        Priority.LIVE,
                        Map.of(),
                        now));
    }

    private Consumer<Task> result(int number) {
        return task -> {
            var id = prefix + number;
            Answer answer =
                    switch (task) {
                        case EMBEDDING -> new Embedding("space-1", Vector.of(0.6f, 0.8f), List.of());
                        case CAPTION -> new Caption("a small red circle", 0.9);
                        case MODERATION -> new Moderation(Moderation.Verdict.ALLOW, List.of(), "policy/1");
                        case ANSWERS -> throw new IllegalArgumentException("no question was asked");
                    };
            var result = new StageResult<>(
                    id,
                    id,
                    "acme",
                    task,
                    End.DONE,
                    answer,
                    null,
                    new ModelRef(task.json(), "1", "test"),
                    EventIds.sha256(bytes(number)),
                    Timings.NONE,
                    1,
                    Instant.now());
            var type = EventType.resultOf(task).type();
            kafka.send(
                    topics.name(task.topic()),
                    id,
                    JSON.write(result),
                    new CloudEvent(id + "-" + task, type, "/test", id, Instant.now()).headers());
        };
    }

    private byte[] bytes(int number) {
        return (prefix + number).getBytes(StandardCharsets.UTF_8);
    }

    // --- what comes out ----------------------------------------------------------------------------------------------

    /** Waits until the join has committed all that lies in its topics. */
    private static void awaitRead() {
        Await.until(
                "the join to have read everything",
                PATIENCE,
                () -> Topic.JOINED.stream()
                                .mapToLong(topic -> kafka.lag("saccade-joiner", topics.name(topic)))
                                .sum()
                        == 0);
    }

    /** Every committed answer to an image of this test. */
    private List<ImageEnriched> answers() {
        return kafka.read(topics.name(Topic.ENRICHED)).stream()
                .filter(record -> record.key() != null && record.key().startsWith(prefix) && record.value() != null)
                .map(record -> record.as(EventType.IMAGE_ENRICHED))
                .toList();
    }

    /** The first answers by id; none may be there twice. */
    private Map<String, ImageEnriched> firstAnswers() {
        var first = new HashMap<String, ImageEnriched>();
        for (var answer : answers()) {
            if (answer.revision() == 1) {
                assertThat(first.put(answer.id(), answer))
                        .as("an earlier answer to " + answer.id())
                        .isNull();
            }
        }
        return first;
    }

    private Map<String, ImageEnriched> awaitFirstAnswers(int count) {
        return Await.value(count + " answers", PATIENCE, this::firstAnswers, answers -> answers.size() >= count);
    }

    // --- state -------------------------------------------------------------------------------------------------------

    /** Whether there is a value, by key: the last word of a changelog on the images of this test. */
    private Map<String, Boolean> last(String changelog) {
        var last = new HashMap<String, Boolean>();
        kafka.read(changelog).stream()
                .filter(record -> record.key() != null && record.key().contains(prefix))
                .forEach(record -> last.put(record.key(), record.value() != null));
        return last;
    }

    private static boolean isEmpty(Map<String, Boolean> last) {
        return !last.containsValue(true);
    }

    /** How many records of a changelog are about images of this test. */
    private int written(String changelog) {
        return (int) kafka.read(changelog).stream()
                .filter(record -> record.key() != null && record.key().contains(prefix))
                .count();
    }
}
