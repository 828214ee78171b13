package io.saccade.stage;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.Status;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.api.trace.propagation.W3CTraceContextPropagator;
import io.opentelemetry.context.propagation.ContextPropagators;
import io.opentelemetry.sdk.OpenTelemetrySdk;
import io.opentelemetry.sdk.testing.exporter.InMemorySpanExporter;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.export.SimpleSpanProcessor;
import io.saccade.contract.EventType;
import io.saccade.contract.event.Caption;
import io.saccade.contract.event.DeadLetter;
import io.saccade.contract.event.ImageRef;
import io.saccade.contract.event.ImageSubmitted;
import io.saccade.contract.event.Question;
import io.saccade.contract.event.StageResult.End;
import io.saccade.contract.event.Task;
import io.saccade.contract.topic.Topic;
import io.saccade.contract.topic.TopicCatalogue;
import io.saccade.testkit.Await;
import io.saccade.testkit.Brokers;
import io.saccade.testkit.Received;
import io.saccade.testkit.Reply;
import io.saccade.testkit.ScriptedModelServer;
import io.saccade.testkit.TestKafka;
import io.saccade.triton.DataType;
import io.saccade.triton.InferRequest;
import io.saccade.triton.Shape;
import io.saccade.triton.Tensor;
import io.saccade.triton.proto.ModelConfig;
import io.saccade.triton.proto.ModelInput;
import io.saccade.triton.proto.ModelOutput;
import io.saccade.triton.proto.ModelParameter;
import io.smallrye.config.PropertiesConfigSource;
import io.smallrye.config.SmallRyeConfigBuilder;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import javax.imageio.ImageIO;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A stage between a real broker and a scripted model server: every record has one end, and is committed after it. */
class StageIT {

    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final byte[] PICTURE = picture();

    private final TestKafka kafka = Brokers.shared();
    private final TopicCatalogue topics = kafka.createUniqueTopics(2);
    private final String group = "group-" + topics.name(Topic.IMAGES);
    private final ScriptedModelServer server = ScriptedModelServer.start().model(model());
    private final InMemorySpanExporter spans = InMemorySpanExporter.create();
    private final AtomicBoolean broken = new AtomicBoolean();
    private final List<Stage> stages = new ArrayList<>();
    private final SimpleMeterRegistry registry = new SimpleMeterRegistry();

    @BeforeEach
    void answer() {
        server.script("echo", _ -> confidence());
    }

    @AfterEach
    void stop() {
        stages.forEach(Stage::close);
        server.close();
    }

    @Test
    void publishesAnAnswerAndCommitsAfterwards() {
        // Given
        start(Map.of());

        // When
        submit("image-1");

        // Then
        var record = kafka.awaitKey(topics.name(Topic.CAPTIONS), "image-1", PATIENCE);
        var result = record.as(EventType.CAPTION);
        assertThat(result.end()).isEqualTo(End.DONE);
        assertThat(result.answer().text()).isEqualTo("echo");
        assertThat(result.model().version()).isEqualTo("1");
        assertThat(result.sha256()).isEqualTo(io.saccade.contract.EventIds.sha256(PICTURE));
        assertThat(record.headers())
                .containsEntry("ce_type", "io.saccade.caption.v1")
                .containsEntry("ce_subject", "image-1");
        Await.until("the commit", PATIENCE, () -> kafka.lag(group, topics.name(Topic.IMAGES)) == 0);
    }

    @Test
    void putsAResultIntoThePartitionItsImageCameFromWhateverPlacedThatThere() {
        // Given
        start(Map.of());
        var json = io.saccade.contract.EventJson.create();

        // When: partitions that murmur2 of the keys would not all choose, as with librdkafka's default
        for (int i = 0; i < 20; i++) {
            kafka.sendTo(
                    topics.name(Topic.IMAGES),
                    i % 2,
                    "image-" + i,
                    json.write(ImageSubmitted.of("image-" + i, ImageRef.inline(PICTURE))));
        }

        // Then
        awaitResults(20).forEach((id, records) -> assertThat(records)
                .allMatch(record -> record.partition() == Integer.parseInt(id.substring(6)) % 2));
    }

    @Test
    void keepsManyRecordsInFlightAndNeverMoreCallsThanAllowed() {
        // Given
        server.script("echo", _ -> new Reply.Later(Duration.ofMillis(50), confidence()));
        start(Map.of("saccade.triton.in-flight", "8", "saccade.stage.max-records", "16"));

        // When
        for (int i = 0; i < 100; i++) {
            submit("image-" + i);
        }

        // Then
        assertThat(awaitResults(100)).hasSize(100);
        assertThat(server.mostInFlight()).isEqualTo(8);
    }

    @Test
    void restsWhileAllItsSlotsAreTaken() throws InterruptedException {
        // Given: a model that holds every call, and more images than slots, which the consumer has fetched
        server.script("echo", _ -> new Reply.Later(Duration.ofMinutes(1), confidence()));
        for (int i = 0; i < 200; i++) {
            submit("image-" + i);
        }
        start(Map.of("saccade.stage.max-records", "16", "saccade.stage.drain", "100ms"));
        Await.until("every slot to be taken", PATIENCE, () -> {
            var taken = registry.find("saccade.stage.in.flight.records").gauge();
            return taken != null && taken.value() >= 16; // the last poll may bring more than there is room for
        });

        // When
        var before = consumerTime();
        Thread.sleep(Duration.ofSeconds(2));

        // Then: a consumer that asks again and again uses up a core or two
        assertThat(consumerTime().minus(before)).isLessThan(Duration.ofMillis(500));
    }

    /** Processor time of the threads that ask Kafka for images. */
    private static Duration consumerTime() {
        var threads = ManagementFactory.getThreadMXBean();
        return Duration.ofNanos(Arrays.stream(threads.dumpAllThreads(false, false, 0))
                .filter(thread -> thread.getThreadName().endsWith("-poll")
                        || thread.getThreadName().startsWith("consumer_background_thread"))
                .mapToLong(thread -> threads.getThreadCpuTime(thread.getThreadId()))
                .sum());
    }

    @Test
    void learnsHowManyCallsToMakeAtOnceWithinTheBound() {
        // Given
        server.script("echo", _ -> new Reply.Later(Duration.ofMillis(20), confidence()));
        start(Map.of("saccade.triton.in-flight", "16", "saccade.triton.adaptive", "true"));

        // When
        for (int i = 0; i < 300; i++) {
            submit("image-" + i);
        }

        // Then
        assertThat(awaitResults(300).values())
                .allSatisfy(records -> assertThat(records).hasSize(1));
        assertThat(server.mostInFlight()).isBetween(2, 16);
        assertThat(registry.get("saccade.triton.limit").gauge().value()).isBetween(1.0, 16.0);
    }

    @Test
    void refusesWhatIsNoImageWithAReason() {
        // Given
        start(Map.of());

        // When
        kafka.submit(
                topics.name(Topic.IMAGES), ImageSubmitted.of("broken", ImageRef.inline("no image".getBytes(UTF_8))));

        // Then
        var result =
                kafka.awaitKey(topics.name(Topic.CAPTIONS), "broken", PATIENCE).as(EventType.CAPTION);
        assertThat(result.end()).isEqualTo(End.REFUSED);
        assertThat(result.failure().code()).startsWith("image.");
        assertThat(kafka.read(topics.name(Topic.DLQ))).isEmpty();
    }

    @Test
    void goesOnAfterRecordsThatAreNoEvents() {
        // Given
        start(Map.of());

        // When
        kafka.send(topics.name(Topic.IMAGES), "poison", "{\"id\":".getBytes(UTF_8), Map.of());
        kafka.send(topics.name(Topic.IMAGES), null, null, Map.of());
        submit("image-1");

        // Then
        kafka.awaitKey(topics.name(Topic.CAPTIONS), "image-1", PATIENCE);
        Await.until("the commit", PATIENCE, () -> kafka.lag(group, topics.name(Topic.IMAGES)) == 0);
        assertThat(registry.get("saccade.stage.records")
                        .tag("outcome", "malformed")
                        .counter()
                        .count())
                .isEqualTo(2);
    }

    @Test
    void sendsAQuestionThatIsNoEventToTheDeadLettersWithItsStory() {
        // Given
        start(Map.of());

        // When
        var sent = kafka.send(topics.name(Topic.QUESTIONS), "image-1", "nonsense".getBytes(UTF_8), Map.of("x", "y"));

        // Then
        var letter = kafka.awaitKey(topics.name(Topic.DLQ), "image-1", PATIENCE);
        assertThat(letter.text()).isEqualTo("nonsense");
        assertThat(letter.headers()).containsEntry("x", "y");
        var story = DeadLetter.fromHeaders(letter.headers());
        assertThat(story.failure().code()).isEqualTo("event.malformed");
        assertThat(story.topic()).isEqualTo(topics.name(Topic.QUESTIONS));
        assertThat(story.offset()).isEqualTo(sent.offset());
    }

    @Test
    void retriesWhatMayPassAndSaysHowOften() {
        // Given
        server.script("echo", Reply.failing(Status.Code.INTERNAL, "hiccup"), confidence());
        start(Map.of("saccade.stage.retry-first", "10ms"));

        // When
        submit("image-1");

        // Then
        var result =
                kafka.awaitKey(topics.name(Topic.CAPTIONS), "image-1", PATIENCE).as(EventType.CAPTION);
        assertThat(result.end()).isEqualTo(End.DONE);
        assertThat(result.attempt()).isEqualTo(2);
    }

    @Test
    void triesLaterByTheRetryTopicAndLetsOthersPassMeanwhile() {
        // Given: one slot, and a first image whose second attempt is far away in all likelihood
        server.script("echo", Reply.failing(Status.Code.INTERNAL, "hiccup"), confidence());
        start(Map.of(
                "saccade.stage.attempts-at-once", "1",
                "saccade.stage.retry-later", "10s",
                "saccade.stage.max-records", "1"));

        // When
        submit("image-1");
        kafka.awaitKey(topics.name(Topic.RETRY_CAPTIONS), "image-1", PATIENCE);
        for (int i = 2; i < 12; i++) {
            submit("image-" + i);
        }

        // Then
        var results = awaitResults(11);
        assertThat(results.get("image-2").getFirst().as(EventType.CAPTION).end())
                .isEqualTo(End.DONE);
        var record = results.get("image-1").getFirst();
        assertThat(record.as(EventType.CAPTION).attempt()).isEqualTo(2);
        assertThat(record.partition())
                .as("the partition of its request")
                .isEqualTo(kafka.awaitKey(topics.name(Topic.IMAGES), "image-1", PATIENCE)
                        .partition());
        Await.until("the commit", PATIENCE, () -> kafka.lag(group, topics.name(Topic.IMAGES)) == 0);
        Await.until("the other commit", PATIENCE, () -> kafka.lag(group, topics.name(Topic.RETRY_CAPTIONS)) == 0);
        assertThat(kafka.read(topics.name(Topic.DLQ))).isEmpty();
    }

    @Test
    void tellsTheWholeStoryOfARecordThatCameThroughTheRetryTopic() {
        // Given
        server.script("echo", _ -> Reply.failing(Status.Code.INTERNAL, "broken"));
        start(Map.of(
                "saccade.stage.attempts", "4",
                "saccade.stage.retry-first", "5ms",
                "saccade.stage.retry-later", "5ms",
                "saccade.stage.retries-per-second", "1000"));
        var image =
                io.saccade.contract.EventJson.create().write(ImageSubmitted.of("image-1", ImageRef.inline(PICTURE)));

        // When
        var sent = kafka.send(topics.name(Topic.IMAGES), "image-1", image, Map.of("x", "y"));

        // Then
        var letter = kafka.awaitKey(topics.name(Topic.DLQ), "image-1", PATIENCE);
        var story = DeadLetter.fromHeaders(letter.headers());
        assertThat(story.topic()).isEqualTo(topics.name(Topic.IMAGES));
        assertThat(story.partition()).isEqualTo(sent.partition());
        assertThat(story.offset()).isEqualTo(sent.offset());
        assertThat(story.attempts()).isEqualTo(4);
        assertThat(story.failure().code()).isEqualTo("model.unavailable");
        assertThat(story.firstTried()).isBefore(story.lastTried());
        assertThat(letter.value()).isEqualTo(image);
        assertThat(letter.headers()).containsEntry("x", "y");
        assertThat(letter.headers().keySet()).noneMatch(name -> name.startsWith("saccade-retry-"));
        assertThat(kafka.read(topics.name(Topic.RETRY_CAPTIONS))).hasSizeBetween(1, 3);
        var result =
                kafka.awaitKey(topics.name(Topic.CAPTIONS), "image-1", PATIENCE).as(EventType.CAPTION);
        assertThat(result.end()).isEqualTo(End.FAILED);
        assertThat(result.attempt()).isEqualTo(4);
    }

    @Test
    void makesFewCallsMoreThanThereAreImagesWhenHalfOfThemFail() {
        // Given
        server.script(
                "echo", call -> call.number() % 2 == 0 ? confidence() : Reply.failing(Status.Code.INTERNAL, "no"));
        start(Map.of(
                "saccade.stage.retry-first", "5ms",
                "saccade.stage.retry-later", "20ms",
                "saccade.stage.retry-for", "2s",
                "saccade.stage.retries-per-second", "0.001"));

        // When
        for (int i = 0; i < 200; i++) {
            submit("image-" + i);
        }

        // Then: each has its end, those that were given up a dead letter
        var results = awaitResults(200);
        assertThat(server.calls()).hasSizeLessThanOrEqualTo(200 * 12 / 10);
        assertThat(results.values()).allSatisfy(records -> assertThat(records).hasSize(1));
        var failed = results.values().stream()
                .filter(records -> records.getFirst().as(EventType.CAPTION).end() == End.FAILED)
                .count();
        assertThat(kafka.read(topics.name(Topic.DLQ))).hasSize((int) failed);
    }

    @Test
    void answersForARecordOfTheRetryTopicThatNobodyOfUsWrote() {
        // Given
        start(Map.of());

        // When
        kafka.send(
                topics.name(Topic.RETRY_CAPTIONS),
                "forged",
                new byte[] {1},
                Map.of("saccade-retry-topic", topics.name(Topic.ENRICHED)));
        submit("image-1");

        // Then
        var letter = kafka.awaitKey(topics.name(Topic.DLQ), "forged", PATIENCE);
        assertThat(DeadLetter.fromHeaders(letter.headers()).failure().code()).isEqualTo("retry.malformed");
        kafka.awaitKey(topics.name(Topic.CAPTIONS), "image-1", PATIENCE);
    }

    @Test
    void finishesManyInFlightWhenItStopsAndLosesAndRepeatsNothing() {
        // Given
        server.script("echo", _ -> new Reply.Later(Duration.ofMillis(100), confidence()));
        start(Map.of("saccade.stage.max-records", "500", "saccade.triton.in-flight", "200"));
        for (int i = 0; i < 600; i++) {
            submit("image-" + i);
        }
        kafka.await(topics.name(Topic.CAPTIONS), PATIENCE, 1);

        // When
        stages.removeFirst().close();
        start(Map.of());

        // Then
        assertThat(awaitResults(600).values())
                .allSatisfy(records -> assertThat(records).hasSize(1));
        assertThat(kafka.read(topics.name(Topic.DLQ))).isEmpty();
        assertThat(server.calls()).hasSize(600);
        assertThat(broken).isFalse();
    }

    @Test
    void leavesToItsSuccessorWhatDoesNotFinishInTime() {
        // Given: a model that takes longer than the drain allows
        var drain = Duration.ofSeconds(5);
        server.script("echo", _ -> new Reply.Later(Duration.ofHours(1), confidence()));
        start(Map.of("saccade.stage.drain", "5s"));
        for (int i = 0; i < 50; i++) {
            submit("image-" + i);
        }
        Await.until("calls", PATIENCE, () -> !server.calls().isEmpty());

        // When
        var began = System.nanoTime();
        stages.removeFirst().close();
        var took = Duration.ofNanos(System.nanoTime() - began);
        server.script("echo", _ -> confidence());
        start(Map.of());

        // Then: waited for once, not once more for each thing that is closed
        assertThat(took).isBetween(drain, drain.multipliedBy(2));
        assertThat(awaitResults(50).values()).allSatisfy(records -> {
            assertThat(records).hasSize(1);
            assertThat(records.getFirst().as(EventType.CAPTION).end()).isEqualTo(End.DONE);
        });
        assertThat(kafka.read(topics.name(Topic.DLQ))).isEmpty();
        assertThat(kafka.read(topics.name(Topic.RETRY_CAPTIONS))).isEmpty();
    }

    @Test
    void givesUpOnWhatNeverPassesWithAFailureAndADeadLetter() {
        // Given
        server.script("echo", Reply.failing(Status.Code.INVALID_ARGUMENT, "wrong shape"));
        start(Map.of());

        // When
        submit("image-1");

        // Then
        var result =
                kafka.awaitKey(topics.name(Topic.CAPTIONS), "image-1", PATIENCE).as(EventType.CAPTION);
        assertThat(result.end()).isEqualTo(End.FAILED);
        assertThat(result.failure().code()).isEqualTo("model.rejected");
        var letter = kafka.awaitKey(topics.name(Topic.DLQ), "image-1", PATIENCE);
        assertThat(DeadLetter.fromHeaders(letter.headers()).stage()).isEqualTo("echo");
        assertThat(letter.as(EventType.IMAGE_SUBMITTED).id()).isEqualTo("image-1");
    }

    @Test
    void givesUpOnAnAnswerThatNoTopicTakesAndGoesOn() {
        // Given
        server.script(
                "echo", Reply.outputs(Tensor.fp32("confidence", Shape.of(1, 1), EchoFactory.ENDLESS)), confidence());
        start(Map.of());

        // When
        submit("endless");
        kafka.awaitKey(topics.name(Topic.CAPTIONS), "endless", PATIENCE);
        submit("image-1");

        // Then
        var result =
                kafka.awaitKey(topics.name(Topic.CAPTIONS), "endless", PATIENCE).as(EventType.CAPTION);
        assertThat(result.failure().code()).isEqualTo("result.too_large");
        assertThat(kafka.awaitKey(topics.name(Topic.DLQ), "endless", PATIENCE)
                        .as(EventType.IMAGE_SUBMITTED)
                        .id())
                .isEqualTo("endless");
        kafka.awaitKey(topics.name(Topic.CAPTIONS), "image-1", PATIENCE);
        assertThat(broken).isFalse();
    }

    @Test
    void waitsForAServerThatIsAwayAndLosesNothing() {
        // Given
        start(Map.of());
        submit("before");
        kafka.awaitKey(topics.name(Topic.CAPTIONS), "before", PATIENCE);
        server.stop();

        // When
        for (int i = 0; i < 50; i++) {
            submit("image-" + i);
        }
        Await.until("the pause", PATIENCE, () -> !stages.getFirst().state().ready());
        server.restart();

        // Then
        assertThat(awaitResults(51)).hasSize(51);
        assertThat(kafka.read(topics.name(Topic.DLQ))).isEmpty();
        assertThat(broken).isFalse();
    }

    @Test
    void doesNotCountAgainstARequestThatTheServerWentAwayWithIt() {
        // Given: calls at work in a server that goes away
        server.script("echo", _ -> new Reply.Later(Duration.ofMillis(200), confidence()));
        start(Map.of());
        for (int i = 0; i < 200; i++) {
            submit("image-" + i);
        }
        kafka.await(topics.name(Topic.CAPTIONS), PATIENCE, 20);

        // When
        server.stop();
        Await.until("the pause", PATIENCE, () -> !stages.getFirst().state().ready());
        server.restart();

        // Then: no attempt is used up, nothing goes round by the retry topic
        assertThat(awaitResults(200).values())
                .allSatisfy(records -> assertThat(records).singleElement().satisfies(record -> assertThat(
                                record.as(EventType.CAPTION).attempt())
                        .isEqualTo(1)));
        assertThat(kafka.read(topics.name(Topic.RETRY_CAPTIONS))).isEmpty();
    }

    @Test
    void pausesInsteadOfGivingUpWhenTheServerIsFull() {
        // Given
        server.script(
                "echo",
                Reply.full(),
                Reply.full(),
                Reply.full(),
                Reply.full(),
                Reply.full(),
                Reply.full(),
                Reply.full(),
                confidence());
        start(Map.of(
                "saccade.stage.retry-first", "5ms",
                "saccade.stage.attempts", "2",
                "saccade.stage.retries-per-second", "1000"));

        // When
        submit("image-1");

        // Then
        var result =
                kafka.awaitKey(topics.name(Topic.CAPTIONS), "image-1", PATIENCE).as(EventType.CAPTION);
        assertThat(result.end()).isEqualTo(End.DONE);
        assertThat(kafka.read(topics.name(Topic.DLQ))).isEmpty();
    }

    @Test
    void asksAFullServerBySingleCallsUntilItTakesSomeAgain() {
        // Given
        server.script("echo", _ -> Reply.full());
        start(Map.of(
                "saccade.stage.max-records", "16",
                "saccade.triton.in-flight", "8",
                "saccade.stage.retry-first", "5ms",
                "saccade.stage.retry-longest", "10ms",
                "saccade.stage.retries-per-second", "5"));
        long started = System.nanoTime();

        // When
        for (int i = 0; i < 100; i++) {
            submit("image-" + i);
        }
        Await.until("some calls", PATIENCE, () -> server.calls().size() >= 65);
        int calls = server.calls().size();
        double seconds = (System.nanoTime() - started) / 1e9;

        // Then: each record once, as many as are held and a poll brings, and then no more than the budget
        assertThat(calls).isLessThanOrEqualTo(16 + 32 + 10 + (int) (5 * seconds));

        // When
        server.script("echo", _ -> confidence());

        // Then
        var results = awaitResults(100);
        assertThat(results.values()).allSatisfy(records -> {
            assertThat(records).hasSize(1);
            assertThat(records.getFirst().as(EventType.CAPTION).end()).isEqualTo(End.DONE);
        });
        assertThat(kafka.read(topics.name(Topic.DLQ))).isEmpty();
    }

    @Test
    void answersWhatHadNoBudgetOnceTheModelIsWell() {
        // Given: a model of which every call fails, and deadlines that are far away
        server.script("echo", _ -> Reply.failing(Status.Code.INTERNAL, "no"));
        start(Map.of("saccade.stage.retry-first", "5ms", "saccade.stage.retry-later", "20ms"));
        for (int i = 0; i < 100; i++) {
            submit("image-" + i);
        }
        kafka.await(
                topics.name(Topic.RETRY_CAPTIONS),
                PATIENCE,
                seen -> seen.stream().map(Received::key).distinct().count() == 100);

        // When
        server.script("echo", _ -> confidence());

        // Then
        assertThat(awaitResults(100).values()).allSatisfy(records -> {
            assertThat(records).hasSize(1);
            assertThat(records.getFirst().as(EventType.CAPTION).end()).isEqualTo(End.DONE);
        });
        assertThat(kafka.read(topics.name(Topic.DLQ))).isEmpty();
    }

    @Test
    void handsItsRecordsOverWhenItStopsInTheMiddle() {
        // Given
        server.script("echo", _ -> new Reply.Later(Duration.ofMillis(20), confidence()));
        start(Map.of("saccade.stage.max-records", "20"));
        for (int i = 0; i < 300; i++) {
            submit("image-" + i);
        }
        kafka.await(topics.name(Topic.CAPTIONS), PATIENCE, 30);

        // When
        start(Map.of("saccade.stage.max-records", "20"));
        stages.removeFirst().close();

        // Then
        var results = awaitResults(300);
        assertThat(results.values()).allSatisfy(records -> assertThat(records).hasSize(1));
        assertThat(kafka.read(topics.name(Topic.DLQ))).isEmpty();
    }

    @Test
    void computesNothingAgainThatWasPublishedButNotCommitted() throws Exception {
        // Given: a stage that answered, and whose offsets are where a crash before the commit leaves them
        start(Map.of());
        for (int i = 0; i < 200; i++) {
            submit("image-" + i);
        }
        awaitResults(200);
        var calls = server.calls().size();
        stages.removeFirst().close();
        forgetCommits();
        kafka.submit(topics.name(Topic.IMAGES), ImageSubmitted.of("image-new", ImageRef.inline(PICTURE)));

        // When
        start(Map.of());

        // Then
        kafka.awaitKey(topics.name(Topic.CAPTIONS), "image-new", PATIENCE);
        Await.until("the commit", PATIENCE, () -> kafka.lag(group, topics.name(Topic.IMAGES)) == 0);
        assertThat(server.calls().size() - calls)
                .as("calls for the one new image")
                .isEqualTo(1);
        assertThat(awaitResults(201).values())
                .allSatisfy(records -> assertThat(records).hasSize(1));
        assertThat(registry.get("saccade.stage.records")
                        .tag("outcome", "duplicate")
                        .counter()
                        .count())
                .isEqualTo(200);
    }

    @Test
    void answersOnceWhatIsSentThreeTimesUnlessAskedAgain() {
        // Given
        server.script("echo", _ -> new Reply.Later(Duration.ofMillis(20), confidence()));
        start(Map.of());

        // When
        for (int i = 0; i < 90; i++) {
            submit("image-" + i / 3);
        }
        Await.until("the commit", PATIENCE, () -> kafka.lag(group, topics.name(Topic.IMAGES)) == 0);
        var calls = server.calls().size();
        kafka.send(
                topics.name(Topic.IMAGES),
                "image-1",
                io.saccade.contract.EventJson.create().write(ImageSubmitted.of("image-1", ImageRef.inline(PICTURE))),
                Map.of("saccade-again", "true"));

        // Then
        assertThat(calls).isEqualTo(30);
        kafka.await(topics.name(Topic.CAPTIONS), PATIENCE, 31);
        assertThat(awaitResults(30).get("image-1")).hasSize(2);
    }

    @Test
    void answersAnImageThatIsSentAnewAfterItsErasure() {
        // Given
        start(Map.of());
        submit("image-1");
        kafka.awaitKey(topics.name(Topic.CAPTIONS), "image-1", PATIENCE);

        // When
        kafka.send(topics.name(Topic.IMAGES), "image-1", null, Map.of("ce_type", EventType.IMAGE_ERASED));
        submit("image-1");

        // Then
        kafka.await(topics.name(Topic.CAPTIONS), PATIENCE, 2);
    }

    @Test
    void triesAgainWhatItGaveUpAndIsSentAgain() {
        // Given
        server.script("echo", Reply.failing(Status.Code.INVALID_ARGUMENT, "wrong shape"), confidence());
        start(Map.of());
        submit("image-1");
        kafka.awaitKey(topics.name(Topic.CAPTIONS), "image-1", PATIENCE);

        // When
        submit("image-1");

        // Then
        var ends = kafka.await(topics.name(Topic.CAPTIONS), PATIENCE, 2).stream()
                .map(record -> record.as(EventType.CAPTION).end());
        assertThat(ends).containsExactly(End.FAILED, End.DONE);
    }

    @Test
    void breaksWithASentenceWhenTheModelIsNotWhatItNeeds() {
        // Given
        server.model(model().toBuilder()
                .setInput(0, model().getInput(0).toBuilder().setDataType(io.saccade.triton.proto.DataType.TYPE_FP32))
                .build());

        // When
        start(Map.of());

        // Then
        Await.until("the end", PATIENCE, broken::get);
        assertThat(stages.getFirst().state().sentence()).contains("echo", "image", "UINT8", "FP32");
    }

    @Test
    void breaksWithASentenceWhenTheModelDemandsMoreThanItSends() {
        // Given
        server.model(model().toBuilder()
                .addInput(ModelInput.newBuilder()
                        .setName("input_ids")
                        .setDataType(io.saccade.triton.proto.DataType.TYPE_INT64)
                        .addDims(8))
                .build());

        // When
        start(Map.of());

        // Then
        Await.until("the end", PATIENCE, broken::get);
        assertThat(stages.getFirst().state().sentence()).contains("input_ids", "sends only [image]");
    }

    @Test
    void breaksAtOnceOverABadSettingThoughNobodyIsThere() {
        // Given
        server.stop();

        // When
        start(Map.of("saccade.stage.max-records", "0"));

        // Then
        Await.until("the end", PATIENCE, broken::get);
        assertThat(stages.getFirst().state().sentence()).contains("at least 1", "0 records");
    }

    @Test
    void waitsForAnUnknownModelAndNamesThoseThereAre() {
        // When
        start(Map.of("saccade.triton.model", "nope"));

        // Then
        Await.until(
                "the reason",
                PATIENCE,
                () -> stages.getFirst().state().sentence().contains("waiting for the model 'nope'"));
        assertThat(stages.getFirst().state().sentence()).contains("echo");
        assertThat(stages.getFirst().alive()).isTrue();
    }

    @Test
    void tracesARecordFromItsSubmissionThroughTheModelToItsResult() {
        // Given
        start(Map.of());
        var trace = "0af7651916cd43dd8448eb211c80319c";
        var headers = Map.of("traceparent", "00-" + trace + "-b7ad6b7169203331-01");

        // When
        kafka.send(
                topics.name(Topic.IMAGES),
                "image-1",
                io.saccade.contract.EventJson.create().write(ImageSubmitted.of("image-1", ImageRef.inline(PICTURE))),
                headers);

        // Then
        var record = kafka.awaitKey(topics.name(Topic.CAPTIONS), "image-1", PATIENCE);
        assertThat(record.headers().get("traceparent")).contains(trace);
        Await.until("the spans", PATIENCE, () -> spans.getFinishedSpanItems().size() >= 5);
        assertThat(spans.getFinishedSpanItems())
                .allSatisfy(span -> assertThat(span.getTraceId()).isEqualTo(trace))
                .extracting(span -> span.getName().split(" ")[0])
                .contains("process", "fetch", "prepare", "inference.GRPCInferenceService/ModelInfer", "publish");
    }

    private Map<String, List<Received>> awaitResults(int images) {
        var records = kafka.await(
                topics.name(Topic.CAPTIONS),
                PATIENCE,
                seen -> seen.stream().map(Received::key).distinct().count() >= images);
        var byKey = new HashMap<String, List<Received>>();
        records.forEach(record ->
                byKey.computeIfAbsent(record.key(), _ -> new ArrayList<>()).add(record));
        return byKey;
    }

    private void forgetCommits() throws Exception {
        try (var admin = Admin.create(Map.of("bootstrap.servers", kafka.bootstrapServers()))) {
            var none = new HashMap<TopicPartition, OffsetAndMetadata>();
            for (int partition = 0; partition < 2; partition++) {
                none.put(new TopicPartition(topics.name(Topic.IMAGES), partition), new OffsetAndMetadata(0));
            }
            admin.alterConsumerGroupOffsets(group, none).all().get(30, TimeUnit.SECONDS);
        }
    }

    private void submit(String id) {
        kafka.submit(topics.name(Topic.IMAGES), ImageSubmitted.of(id, ImageRef.inline(PICTURE)));
    }

    private void start(Map<String, String> overrides) {
        var settings = new HashMap<>(Map.of(
                "saccade.kafka.bootstrap-servers",
                kafka.bootstrapServers(),
                "saccade.kafka.group",
                group,
                "saccade.triton.endpoints",
                server.endpoint(),
                "saccade.stage.probe",
                "50ms",
                "saccade.stage.commit-interval",
                "100ms"));
        settings.putAll(overrides);
        var config = new SmallRyeConfigBuilder()
                .withMapping(StageConfig.class)
                .withConverter(Duration.class, 200, StageIT::duration) // Quarkus brings its own for "15s"
                .withSources(new PropertiesConfigSource(settings, "test", 500))
                .build()
                .getConfigMapping(StageConfig.class);
        OpenTelemetry telemetry = OpenTelemetrySdk.builder()
                .setPropagators(ContextPropagators.create(W3CTraceContextPropagator.getInstance()))
                .setTracerProvider(SdkTracerProvider.builder()
                        .addSpanProcessor(SimpleSpanProcessor.create(spans))
                        .build())
                .build();
        var stage = new Stage(config, new EchoFactory(), topics, registry, telemetry, () -> broken.set(true));
        stages.add(stage);
        stage.start();
    }

    static Duration duration(String text) {
        return text.endsWith("ms")
                ? Duration.ofMillis(Long.parseLong(text.substring(0, text.length() - 2)))
                : Duration.parse("PT" + text);
    }

    static Reply confidence() {
        return Reply.outputs(Tensor.fp32("confidence", Shape.of(1, 1), 0.5f));
    }

    static ModelConfig model() {
        var parameters = Map.of(
                "family", "test",
                "image.size", "8",
                "image.resize", "squash",
                "image.filter", "bicubic",
                "image.rgb", "before-resize");
        var model = ModelConfig.newBuilder()
                .setName("echo")
                .setMaxBatchSize(8)
                .addInput(ModelInput.newBuilder()
                        .setName("image")
                        .setDataType(io.saccade.triton.proto.DataType.TYPE_UINT8)
                        .addAllDims(List.of(8L, 8L, 3L)))
                .addOutput(ModelOutput.newBuilder()
                        .setName("confidence")
                        .setDataType(io.saccade.triton.proto.DataType.TYPE_FP32)
                        .addDims(1));
        parameters.forEach((key, value) -> model.putParameters(
                key, ModelParameter.newBuilder().setStringValue(value).build()));
        return model.build();
    }

    static byte[] picture() {
        try {
            var bytes = new ByteArrayOutputStream();
            ImageIO.write(new BufferedImage(16, 12, BufferedImage.TYPE_INT_RGB), "png", bytes);
            return bytes.toByteArray();
        } catch (IOException e) {
            throw new IllegalStateException("writing to memory cannot fail", e);
        }
    }

    /** The smallest adapter: one call, one caption. */
    static final class EchoFactory implements AdapterFactory<Caption> {

        /** The confidence with which the model writes more than a topic takes. */
        static final float ENDLESS = 0.25f;

        @Override
        public String stage() {
            return "echo";
        }

        @Override
        public String model() {
            return "echo";
        }

        @Override
        public Set<Topic> topics() {
            return Set.of(Topic.IMAGES, Topic.QUESTIONS);
        }

        @Override
        public Adapter<Caption> create(Surroundings surroundings) {
            var manifest = Manifest.of(surroundings.model());
            return new Adapter<>() {
                @Override
                public Task task() {
                    return Task.CAPTION;
                }

                @Override
                public Manifest manifest() {
                    return manifest;
                }

                @Override
                public Outcome.Done<Caption> answer(Pixels image, List<Question> questions, ModelCalls model)
                        throws BadOutputException, InterruptedException {
                    var result = model.infer(InferRequest.to("echo").input(manifest.image(image, 1)));
                    var confidence = result.output("confidence", DataType.FP32, Shape.of(1, 1))
                            .asFloats()[0];
                    return new Outcome.Done<>(
                            new Caption(
                                    confidence == ENDLESS ? "x".repeat(5_000_000) : "echo",
                                    manifest.probability("confidence", confidence)),
                            manifest.ref(result));
                }
            };
        }
    }
}
