package io.saccade.stage;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.Status;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.opentelemetry.api.OpenTelemetry;
import io.saccade.contract.EventJson;
import io.saccade.contract.EventType;
import io.saccade.contract.event.DeadLetter;
import io.saccade.contract.event.ImageRef;
import io.saccade.contract.event.ImageSubmitted;
import io.saccade.contract.event.StageResult.End;
import io.saccade.contract.topic.Topic;
import io.saccade.contract.topic.TopicCatalogue;
import io.saccade.testkit.Await;
import io.saccade.testkit.Brokers;
import io.saccade.testkit.Received;
import io.saccade.testkit.Reply;
import io.saccade.testkit.ScriptedModelServer;
import io.saccade.testkit.TestKafka;
import io.smallrye.config.PropertiesConfigSource;
import io.smallrye.config.SmallRyeConfigBuilder;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.MemberDescription;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A stage that reads live images and backfill, on a real broker: neither waits for all of the other. */
class BackfillIT {

    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final byte[] PICTURE = StageIT.picture();
    private static final int ARCHIVE = 2_000;

    private final TestKafka kafka = Brokers.shared();
    private final TopicCatalogue topics = kafka.createUniqueTopics(2);
    private final String group = "group-" + topics.name(Topic.IMAGES);
    private final ScriptedModelServer server = ScriptedModelServer.start().model(StageIT.model());
    private final CountDownLatch release = new CountDownLatch(1);
    private final AtomicBoolean broken = new AtomicBoolean();
    private final List<Stage> stages = new ArrayList<>();
    private final SimpleMeterRegistry registry = new SimpleMeterRegistry();

    @BeforeEach
    void answer() {
        server.script("echo", _ -> StageIT.confidence());
    }

    @AfterEach
    void stop() {
        release.countDown();
        stages.forEach(Stage::close);
        server.close();
    }

    @Test
    void findsRoomAtOnceForALiveImageThoughThousandsOfBackfillCameFirst() {
        // Given: a model that holds every call, and backfill in as many slots as it may have
        server.script("echo", _ -> held());
        submitAll(Topic.BACKFILL, "archive-", ARCHIVE);
        start(Map.of("saccade.stage.max-records", "32", "saccade.triton.in-flight", "8"));
        Await.until("backfill to fill its slots", PATIENCE, () -> meter("in.flight.backfill") == 29);

        // When
        for (int i = 0; i < 3; i++) {
            submit(Topic.IMAGES, "live-" + i);
        }

        // Then
        Await.until(
                "live images to be taken",
                PATIENCE,
                () -> meter("in.flight.records") - meter("in.flight.backfill") == 3);
        assertThat(meter("in.flight.backfill")).isEqualTo(29);

        // When: the model answers, though slowly
        server.script("echo", _ -> new Reply.Later(Duration.ofMillis(20), StageIT.confidence()));
        release.countDown();

        // Then
        var results = kafka.await(
                topics.name(Topic.CAPTIONS),
                PATIENCE,
                seen -> seen.stream().filter(BackfillIT::isLive).count() == 3);
        assertThat(beforeTheLastLive(results))
                .as("images of backfill that were answered first")
                .isLessThan(ARCHIVE / 2);
    }

    @Test
    void answersATenthOfBackfillWhileLiveImagesNeverStop() {
        // Given
        long live = 2_000;
        server.script("echo", _ -> new Reply.Later(Duration.ofMillis(10), StageIT.confidence()));
        submitAll(Topic.BACKFILL, "archive-", ARCHIVE);
        submitAll(Topic.IMAGES, "live-", live);

        // When
        start(Map.of("saccade.stage.max-records", "32", "saccade.triton.in-flight", "8"));

        // Then
        var results = kafka.await(
                topics.name(Topic.CAPTIONS),
                PATIENCE,
                seen -> seen.stream().map(Received::key).distinct().count() == ARCHIVE + live);
        assertThat(beforeTheLastLive(results))
                .as("images of backfill among " + live + " live ones")
                .isBetween(live / 80, live / 4);
        assertThat(results).hasSize((int) (ARCHIVE + live));
        Await.until("the commits", PATIENCE, () -> lag(Topic.IMAGES) == 0 && lag(Topic.BACKFILL) == 0);
        assertThat(server.mostInFlight()).isLessThanOrEqualTo(8);
        assertThat(kafka.read(topics.name(Topic.DLQ))).isEmpty();
    }

    @Test
    void handsBackfillOverWhenItStopsInTheMiddleAndRepeatsNothing() {
        // Given
        server.script("echo", _ -> new Reply.Later(Duration.ofMillis(10), StageIT.confidence()));
        submitAll(Topic.BACKFILL, "archive-", 400);
        start(Map.of("saccade.stage.max-records", "20"));
        kafka.await(topics.name(Topic.CAPTIONS), PATIENCE, 30);

        // When
        start(Map.of("saccade.stage.max-records", "20"));
        stages.removeFirst().close();

        // Then
        var results = kafka.await(
                topics.name(Topic.CAPTIONS),
                PATIENCE,
                seen -> seen.stream().map(Received::key).distinct().count() == 400);
        assertThat(results).hasSize(400);
        Await.until("the commit", PATIENCE, () -> lag(Topic.BACKFILL) == 0);
    }

    @Test
    void takesNothingWhileTheModelIsAwayAndGoesOnAfterwards() {
        // Given
        start(Map.of());
        submit(Topic.IMAGES, "before");
        kafka.awaitKey(topics.name(Topic.CAPTIONS), "before", PATIENCE);
        server.stop();
        Await.until("the pause", PATIENCE, () -> !stages.getFirst().state().ready());

        // When
        submitAll(Topic.BACKFILL, "archive-", 100);
        submitAll(Topic.IMAGES, "live-", 20);
        server.restart();

        // Then
        var results = kafka.await(
                topics.name(Topic.CAPTIONS),
                PATIENCE,
                seen -> seen.stream().map(Received::key).distinct().count() == 121);
        assertThat(results).hasSize(121);
        assertThat(kafka.read(topics.name(Topic.DLQ))).isEmpty();
    }

    @Test
    void publishesIntoThePartitionOfTheRecordAndTellsItsTopicInRetriesAndDeadLetters() {
        // Given
        server.script("echo", _ -> Reply.failing(Status.Code.INTERNAL, "broken"));
        start(Map.of(
                "saccade.stage.attempts", "3",
                "saccade.stage.attempts-at-once", "1",
                "saccade.stage.retry-later", "5ms",
                "saccade.stage.retries-per-second", "1000"));

        // When: in the partition that the key would not choose, whichever that is
        for (int partition = 0; partition < 2; partition++) {
            kafka.sendTo(topics.name(Topic.BACKFILL), partition, "archive-" + partition, event("archive-" + partition));
        }

        // Then
        for (int partition = 0; partition < 2; partition++) {
            var id = "archive-" + partition;
            var letter = kafka.awaitKey(topics.name(Topic.DLQ), id, PATIENCE);
            var story = DeadLetter.fromHeaders(letter.headers());
            assertThat(story.topic()).isEqualTo(topics.name(Topic.BACKFILL));
            assertThat(story.partition()).isEqualTo(partition);
            assertThat(story.offset()).isZero();
            assertThat(story.attempts()).isEqualTo(3);
            var retry = kafka.awaitKey(topics.name(Topic.RETRY_CAPTIONS), id, PATIENCE);
            assertThat(retry.headers()).containsEntry("saccade-retry-topic", topics.name(Topic.BACKFILL));
            var result = kafka.awaitKey(topics.name(Topic.CAPTIONS), id, PATIENCE);
            assertThat(result.partition()).isEqualTo(partition);
            assertThat(result.as(EventType.CAPTION).end()).isEqualTo(End.FAILED);
        }
    }

    @Test
    void answersAnImageOnceThatIsSentIntoBothTopics() {
        // Given
        start(Map.of());

        // When
        for (int i = 0; i < 20; i++) {
            submit(i % 2 == 0 ? Topic.IMAGES : Topic.BACKFILL, "image-" + i / 2);
        }
        kafka.await(topics.name(Topic.CAPTIONS), PATIENCE, 10);
        Await.until("the commits", PATIENCE, () -> lag(Topic.IMAGES) == 0 && lag(Topic.BACKFILL) == 0);

        // Then
        assertThat(kafka.read(topics.name(Topic.CAPTIONS)))
                .extracting(Received::key)
                .doesNotHaveDuplicates()
                .hasSize(10);
    }

    @Test
    void answersAnImageOfBackfillThatIsSentAnewAfterItsErasure() {
        // Given
        start(Map.of());
        submit(Topic.BACKFILL, "image-1");
        kafka.awaitKey(topics.name(Topic.CAPTIONS), "image-1", PATIENCE);

        // When
        kafka.send(topics.name(Topic.BACKFILL), "image-1", null, Map.of("ce_type", EventType.IMAGE_ERASED));
        submit(Topic.BACKFILL, "image-1");

        // Then
        kafka.await(topics.name(Topic.CAPTIONS), PATIENCE, 2);
        assertThat(kafka.read(topics.name(Topic.DLQ))).isEmpty();
    }

    @Test
    void leavesWhatIsNoEventToTheJoinThatReadsItToo() {
        // Given
        start(Map.of());

        // When
        kafka.send(topics.name(Topic.BACKFILL), "poison", "{\"id\":".getBytes(UTF_8), Map.of());
        submit(Topic.BACKFILL, "image-1");

        // Then
        kafka.awaitKey(topics.name(Topic.CAPTIONS), "image-1", PATIENCE);
        Await.until("the commit", PATIENCE, () -> lag(Topic.BACKFILL) == 0);
        assertThat(kafka.read(topics.name(Topic.DLQ))).isEmpty();
    }

    @Test
    void givesPartitionsOfOneNumberToOneReplica() {
        // When
        start(Map.of());
        start(Map.of());

        // Then
        Await.until("both to have their share", PATIENCE, () -> {
            var members = members();
            return members.size() == 2
                    && members.stream()
                            .allMatch(member -> numbers(member, Topic.IMAGES).size() == 1
                                    && numbers(member, Topic.IMAGES).equals(numbers(member, Topic.BACKFILL))
                                    && numbers(member, Topic.IMAGES).equals(numbers(member, Topic.RETRY_CAPTIONS)));
        });
    }

    @Test
    void namesTheTopicThatIsMissing() throws Exception {
        // Given: a cluster of before there was backfill
        drop(Topic.BACKFILL);

        // When
        start(Map.of());

        // Then
        Await.until("the reason", PATIENCE, () -> stages.getFirst()
                .state()
                .sentence()
                .contains("waiting for the topics [" + topics.name(Topic.BACKFILL) + "]"));
        assertThat(stages.getFirst().state().sentence()).contains("saccade topics apply");
    }

    @Test
    void breaksWhenTheTopicHasAnotherNumberOfPartitions() throws Exception {
        // Given
        drop(Topic.BACKFILL);
        kafka.createTopic(topics.name(Topic.BACKFILL), 3);

        // When
        start(Map.of());

        // Then
        Await.until("the end", PATIENCE, broken::get);
        assertThat(stages.getFirst().state().sentence())
                .contains("equal partition counts", topics.name(Topic.BACKFILL) + "=3");
    }

    private Reply held() {
        try {
            release.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        return StageIT.confidence();
    }

    private static boolean isLive(Received record) {
        return String.valueOf(record.key()).startsWith("live-");
    }

    /** How many images of backfill lie before the last live one, in their partitions together. */
    private static long beforeTheLastLive(List<Received> results) {
        var last = results.stream()
                .filter(BackfillIT::isLive)
                .collect(Collectors.toMap(Received::partition, Received::offset, Math::max));
        return results.stream()
                .filter(record -> !isLive(record) && record.offset() < last.getOrDefault(record.partition(), -1L))
                .count();
    }

    /** None while there is no group yet. */
    private Collection<MemberDescription> members() throws Exception {
        try {
            return kafka.admin()
                    .describeConsumerGroups(List.of(group))
                    .describedGroups()
                    .get(group)
                    .get(10, TimeUnit.SECONDS)
                    .members();
        } catch (ExecutionException e) {
            return List.of();
        }
    }

    private Set<Integer> numbers(MemberDescription member, Topic topic) {
        return member.assignment().topicPartitions().stream()
                .filter(partition -> partition.topic().equals(topics.name(topic)))
                .map(TopicPartition::partition)
                .collect(Collectors.toSet());
    }

    private double meter(String name) {
        var gauge = registry.find("saccade.stage." + name).gauge();
        return gauge == null ? -1 : gauge.value();
    }

    private long lag(Topic topic) {
        return kafka.lag(group, topics.name(topic));
    }

    private void submit(Topic topic, String id) {
        kafka.submit(topics.name(topic), ImageSubmitted.of(id, ImageRef.inline(PICTURE)));
    }

    /** Many at once, in both partitions. */
    private void submitAll(Topic topic, String prefix, long images) {
        try (var producer = new KafkaProducer<>(
                Map.of("bootstrap.servers", kafka.bootstrapServers(), "linger.ms", 5),
                new ByteArraySerializer(),
                new ByteArraySerializer())) {
            for (int i = 0; i < images; i++) {
                var id = prefix + i;
                var _ = producer.send(new ProducerRecord<>(topics.name(topic), i % 2, id.getBytes(UTF_8), event(id)));
            }
            producer.flush();
        }
    }

    private static byte[] event(String id) {
        return EventJson.create().write(ImageSubmitted.of(id, ImageRef.inline(PICTURE)));
    }

    private void drop(Topic topic) throws Exception {
        var name = topics.name(topic);
        kafka.admin().deleteTopics(List.of(name)).all().get(30, TimeUnit.SECONDS);
        Await.until("the topic to be gone", PATIENCE, () -> !kafka.admin()
                .listTopics()
                .names()
                .get(10, TimeUnit.SECONDS)
                .contains(name));
    }

    private void start(Map<String, String> overrides) {
        var settings = new HashMap<>(Map.of(
                "saccade.kafka.bootstrap-servers",
                kafka.bootstrapServers(),
                "saccade.kafka.group",
                group,
                "saccade.triton.endpoints",
                server.endpoint(),
                "saccade.triton.timeout",
                "120s",
                "saccade.stage.probe",
                "50ms",
                "saccade.stage.commit-interval",
                "100ms"));
        settings.putAll(overrides);
        var config = new SmallRyeConfigBuilder()
                .withMapping(StageConfig.class)
                .withConverter(Duration.class, 200, StageIT::duration)
                .withSources(new PropertiesConfigSource(settings, "test", 500))
                .build()
                .getConfigMapping(StageConfig.class);
        var stage = new Stage(
                config, new StageIT.EchoFactory(), topics, registry, OpenTelemetry.noop(), () -> broken.set(true));
        stages.add(stage);
        stage.start();
    }
}
