package io.saccade.intake;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.saccade.contract.EventType;
import io.saccade.contract.event.DeadLetter;
import io.saccade.contract.topic.Topic;
import io.saccade.contract.topic.TopicCatalogue;
import io.saccade.testkit.Await;
import io.saccade.testkit.Brokers;
import io.saccade.testkit.Received;
import io.saccade.testkit.TestKafka;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The loop between real topics: every notification ends, and is committed after its images are acknowledged. */
class IntakeIT {

    private static final Duration PATIENCE = Duration.ofSeconds(180);

    private final TestKafka kafka = Brokers.shared();
    private final TopicCatalogue topics = kafka.createUniqueTopics(2);
    private final String group = "group-" + topics.name(Topic.BUCKET_EVENTS);
    private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final List<Running> running = new ArrayList<>();

    private record Running(IntakeLoop loop, Future<?> ended) {}

    @AfterEach
    void stop() throws Exception {
        for (var one : running) {
            stop(one);
        }
        threads.shutdown();
        assertThat(threads.awaitTermination(60, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    void submitsTheImagesOfANotificationAndCommitsAfterwards() {
        // Given
        start();

        // When
        send(
                Notifications.s3("ObjectCreated:Put", "photos", "a+b.jpg", "1"),
                Map.of("traceparent", "00-" + "a".repeat(32) + "-" + "b".repeat(16) + "-01"));

        // Then
        var record = kafka.await(topics.name(Topic.IMAGES), PATIENCE, 1).getFirst();
        var image = record.as(EventType.IMAGE_SUBMITTED);
        assertThat(record.key()).isEqualTo(image.id());
        assertThat(image.image().uri()).hasToString("s3://photos/a%20b.jpg?versionId=1");
        assertThat(record.headers())
                .containsEntry("ce_type", "io.saccade.image-submitted.v1")
                .containsEntry("ce_source", "/saccade/intake")
                .containsEntry("ce_id", image.id());
        assertThat(record.headers().get("traceparent")).contains("a".repeat(32));
        awaitCommitted();
    }

    @Test
    void tellsTheStoryOfWhatIsNoNotificationAndGoesOn() {
        // Given
        start();

        // When
        var sent = send("poison", Map.of("x", "y"));
        send(Notifications.s3("ObjectRemoved:Delete", "photos", "a.jpg", "1"), Map.of());
        send(Notifications.s3("ObjectCreated:Put", "photos", "a.jpg", "2"), Map.of());

        // Then
        assertThat(kafka.await(topics.name(Topic.IMAGES), PATIENCE, 1)).hasSize(1);
        awaitCommitted();
        var letter = kafka.await(topics.name(Topic.DLQ), PATIENCE, 1).getFirst();
        assertThat(letter.text()).isEqualTo("poison");
        assertThat(letter.headers()).containsEntry("x", "y");
        var story = DeadLetter.fromHeaders(letter.headers());
        assertThat(story.failure().code()).isEqualTo("event.malformed");
        assertThat(story.stage()).isEqualTo("intake");
        assertThat(story.topic()).isEqualTo(topics.name(Topic.BUCKET_EVENTS));
        assertThat(story.offset()).isEqualTo(sent);
        assertThat(registry.get("saccade.intake.objects")
                        .tag("outcome", "ignored")
                        .counter()
                        .count())
                .isEqualTo(1);
        assertThat(registry.get("saccade.intake.objects")
                        .tag("outcome", "malformed")
                        .counter()
                        .count())
                .isEqualTo(1);
    }

    @Test
    void losesNothingWhenItIsStoppedAndStartedAgainInTheMiddle() throws Exception {
        // Given
        start();

        // When
        for (int i = 0; i < 200; i++) {
            send(Notifications.s3("ObjectCreated:Put", "photos", "n" + i + ".jpg", "1"), Map.of());
            if (i % 100 == 50) {
                stop(running.removeLast());
                start();
            }
        }

        // Then
        var records = kafka.await(
                topics.name(Topic.IMAGES),
                PATIENCE,
                seen -> seen.stream().map(Received::key).distinct().count() >= 200);
        assertThat(records.stream().map(Received::key).distinct()).hasSize(200);
        awaitCommitted();
    }

    private void awaitCommitted() {
        Await.until("the commit", PATIENCE, () -> kafka.lag(group, topics.name(Topic.BUCKET_EVENTS)) == 0);
    }

    private long send(String value, Map<String, String> headers) {
        return kafka.send(topics.name(Topic.BUCKET_EVENTS), "key", value.getBytes(UTF_8), headers)
                .offset();
    }

    private void start() {
        var consumer = new KafkaConsumer<>(
                Map.<String, Object>of(
                        "bootstrap.servers",
                        kafka.bootstrapServers(),
                        "group.id",
                        group,
                        "group.protocol",
                        "consumer",
                        "auto.offset.reset",
                        "earliest",
                        "enable.auto.commit",
                        false,
                        "max.poll.records",
                        20),
                new ByteArrayDeserializer(),
                new ByteArrayDeserializer());
        var producer = new KafkaProducer<>(
                Map.<String, Object>of("bootstrap.servers", kafka.bootstrapServers(), "acks", "all"),
                new ByteArraySerializer(),
                new ByteArraySerializer());
        var loop = new IntakeLoop(
                consumer,
                producer,
                topics,
                new BucketEvents("default", Map.of()),
                new IntakeMetrics(registry),
                Clock.systemUTC());
        running.add(new Running(loop, threads.submit(() -> {
            try (consumer;
                    producer) {
                loop.run();
            }
            return null;
        })));
    }

    private static void stop(Running one) throws Exception {
        one.loop().stop();
        one.ended().get(60, TimeUnit.SECONDS);
    }
}
