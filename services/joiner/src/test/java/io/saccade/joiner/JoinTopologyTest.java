package io.saccade.joiner;

import static io.saccade.joiner.merge.Given.DEADLINE;
import static io.saccade.joiner.merge.Given.ID;
import static io.saccade.joiner.merge.Given.SUBMITTED;
import static io.saccade.joiner.merge.Given.done;
import static io.saccade.joiner.merge.Given.image;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.opentelemetry.api.OpenTelemetry;
import io.saccade.contract.EventJson;
import io.saccade.contract.EventType;
import io.saccade.contract.event.DeadLetter;
import io.saccade.contract.event.ImageEnriched;
import io.saccade.contract.event.ImageEnriched.Status;
import io.saccade.contract.event.Question;
import io.saccade.contract.event.Task;
import io.saccade.contract.topic.Topic;
import io.saccade.contract.topic.TopicCatalogue;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.streams.TestInputTopic;
import org.apache.kafka.streams.TestOutputTopic;
import org.apache.kafka.streams.TopologyTestDriver;
import org.apache.kafka.streams.test.TestRecord;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class JoinTopologyTest {

    private static final Set<Task> ALL = Set.of(Task.values());
    private static final Question QUESTION = new Question("q1", "what?");

    private final EventJson json = EventJson.create();
    private final TopicCatalogue topics = TopicCatalogue.load();
    private final SimpleMeterRegistry registry = new SimpleMeterRegistry();

    @TempDir
    Path folder;

    private TopologyTestDriver driver;
    private TestOutputTopic<byte[], byte[]> enriched;
    private TestOutputTopic<byte[], byte[]> dlq;

    @BeforeEach
    void start() {
        var settings = new Properties();
        settings.put("application.id", "join-test");
        settings.put("bootstrap.servers", "unused:1");
        settings.put("state.dir", folder.toString());
        driver = new TopologyTestDriver(
                JoinTopology.build(
                        new MemoryJoin(), topics, new JoinMetrics(registry), OpenTelemetry.noop(), new Transactions()),
                settings,
                SUBMITTED);
        enriched = output(Topic.ENRICHED);
        dlq = output(Topic.DLQ);
    }

    @AfterEach
    void stop() {
        driver.close();
    }

    @Test
    void joinsWhatComesOnItsTopicsIntoOneRecord() throws Exception {
        // When
        submit();
        for (var task : Task.values()) {
            result(task);
        }

        // Then
        var record = enriched.readRecord();
        assertThat(read(record).status()).isEqualTo(Status.COMPLETE);
        assertThat(new String(record.key(), UTF_8)).isEqualTo(ID);
        assertThat(text(record.headers()))
                .containsEntry("ce_type", "io.saccade.image-enriched.v1")
                .containsEntry("ce_subject", ID)
                .containsEntry("content-type", "application/json");
        assertThat(enriched.isEmpty()).isTrue();
    }

    @Test
    void answersAtTheDeadlineThoughNoOtherRecordEverCame() throws Exception {
        // Given
        submit();
        result(Task.CAPTION);
        driver.advanceWallClockTime(Duration.between(SUBMITTED, DEADLINE).minusMillis(200));
        assertThat(enriched.isEmpty()).isTrue();
        assertThat(openImages()).isEqualTo(1);

        // When
        driver.advanceWallClockTime(Duration.ofMillis(300));

        // Then
        var answer = read(enriched.readRecord());
        assertThat(answer.status()).isEqualTo(Status.PARTIAL);
        assertThat(Duration.between(DEADLINE, answer.completedAt())).isLessThan(Duration.ofMillis(250));
        assertThat(openImages()).isZero();
    }

    @Test
    void answersThoughItLookedAPartOfAMillisecondBeforeTheDeadline() throws Exception {
        // Given
        var deadline = SUBMITTED.plusMillis(5_000).plusNanos(700_000);
        send("fine", "{\"id\":\"fine\",\"image\":{\"uri\":\"file:/x\"},\"deadline\":\"" + deadline + "\"}");
        driver.advanceWallClockTime(Duration.ofMillis(5_000));
        assertThat(enriched.isEmpty()).isTrue();

        // When
        driver.advanceWallClockTime(Duration.ofMillis(200));

        // Then
        assertThat(read(enriched.readRecord()).status()).isEqualTo(Status.PARTIAL);
    }

    @Test
    void survivesASenderWithoutAClock() throws Exception {
        // When
        send("old", "{\"id\":\"old\",\"image\":{\"uri\":\"file:/x\"},\"submittedAt\":\"0001-01-01T00:00:00Z\"}");
        send("new", "{\"id\":\"new\",\"image\":{\"uri\":\"file:/x\"},\"deadline\":\"9999-12-31T23:59:59Z\"}");
        send("odd", "{\"id\":\"odd\",\"image\":{\"uri\":\"file:/x\"},\"deadline\":\"+999999999-12-31T23:59:59Z\"}");
        driver.advanceWallClockTime(Duration.ofSeconds(5));

        // Then
        assertThat(enriched.readKeyValuesToList())
                .extracting(answer -> new String(answer.key, UTF_8))
                .containsExactlyInAnyOrder("odd", "old");
        assertThat(dlq.getQueueSize()).isEqualTo(1);
        assertThat(openImages()).isEqualTo(1);
    }

    @Test
    void givesAnImageThatComesLateTheTimeToReadWhatIsThere() throws Exception {
        // Given
        driver.advanceWallClockTime(Duration.ofHours(1));
        submit();
        driver.advanceWallClockTime(Duration.ofSeconds(1));
        assertThat(enriched.isEmpty()).isTrue();
        for (var task : Task.values()) {
            result(task);
        }

        // When
        var answer = read(enriched.readRecord());

        // Then
        assertThat(answer.status()).isEqualTo(Status.COMPLETE);
        assertThat(answer.revision()).isEqualTo(1);
    }

    @Test
    void forgetsAnImageAfterItsRetention() throws Exception {
        // Given
        submit();
        for (var task : Task.values()) {
            result(task);
        }
        enriched.readRecord();
        var states = driver.getKeyValueStore(JoinProcessor.STATES);
        var deadlines = driver.getKeyValueStore(JoinProcessor.DEADLINES);
        assertThat(states.get(ID)).isNotNull();

        // When
        driver.advanceWallClockTime(Duration.ofMinutes(11));

        // Then
        assertThat(states.get(ID)).isNull();
        assertThat(deadlines.all().hasNext()).isFalse();
        assertThat(enriched.isEmpty()).isTrue();
    }

    @Test
    void remembersAnImageForLongerWhenTheRetentionHasGrownSinceItWasAnswered() throws Exception {
        // Given
        submit();
        for (var task : Task.values()) {
            result(task);
        }
        enriched.readRecord();
        var deadlines = driver.<String, byte[]>getKeyValueStore(JoinProcessor.DEADLINES);
        deadlines.put(new Due(SUBMITTED.plusSeconds(60), Due.Kind.FORGET, ID).key(), new byte[0]);
        try (var all = deadlines.all()) {
            all.forEachRemaining(entry -> {
                if (Due.parse(entry.key).when().isAfter(SUBMITTED.plusSeconds(60))) {
                    deadlines.delete(entry.key);
                }
            });
        }

        // When
        driver.advanceWallClockTime(Duration.ofMinutes(2));
        assertThat(driver.getKeyValueStore(JoinProcessor.STATES).get(ID)).isNotNull();
        driver.advanceWallClockTime(Duration.ofMinutes(9));

        // Then
        assertThat(driver.getKeyValueStore(JoinProcessor.STATES).get(ID)).isNull();
        assertThat(deadlines.all().hasNext()).isFalse();
    }

    @Test
    void answersManyThatAreDueAtOnceInTurns() {
        // Given
        int images = 2 * JoinProcessor.MOST_AT_ONCE + 1;
        for (int i = 0; i < images; i++) {
            send("i" + i, "{\"id\":\"i" + i + "\",\"image\":{\"uri\":\"file:/x\"},\"deadline\":\"" + DEADLINE + "\"}");
        }

        // When
        driver.advanceWallClockTime(Duration.between(SUBMITTED, DEADLINE).minusMillis(50));

        // Then
        var answered = new HashSet<String>();
        while (answered.size() < images) {
            driver.advanceWallClockTime(Duration.ofMillis(100));
            var turn = enriched.readKeyValuesToList();
            assertThat(turn).hasSizeBetween(1, JoinProcessor.MOST_AT_ONCE);
            turn.forEach(answer ->
                    assertThat(answered.add(new String(answer.key, UTF_8))).isTrue());
        }
        assertThat(openImages()).isZero();
    }

    @Test
    void keepsOneDeadlineForAnOpenImageAndNoneForAnAnsweredOne() {
        // Given
        result(Task.CAPTION);
        submit();
        result(Task.EMBEDDING);
        assertThat(deadlines(Due.Kind.EXPIRE)).isEqualTo(1);

        // When
        result(Task.ANSWERS);
        result(Task.MODERATION);

        // Then
        assertThat(deadlines(Due.Kind.EXPIRE)).isZero();
        assertThat(deadlines(Due.Kind.FORGET)).isPositive();
    }

    @Test
    void forgetsResultsWhoseImageNeverCame() {
        // Given
        result(Task.CAPTION);

        // When
        driver.advanceWallClockTime(Duration.ofMinutes(11));

        // Then
        assertThat(driver.getKeyValueStore(JoinProcessor.STATES).get(ID)).isNull();
        assertThat(enriched.isEmpty()).isTrue();
    }

    @Test
    void neverPutsTheImageItselfIntoState() {
        // Given
        var marker = "UNMISTAKABLE-IMAGE-BYTES";
        var image = "{\"id\":\"" + ID + "\",\"image\":{\"inline\":\""
                + java.util.Base64.getEncoder().encodeToString(marker.getBytes(UTF_8)) + "\"}}";

        // When
        input(Topic.IMAGES).pipeInput(ID.getBytes(UTF_8), image.getBytes(UTF_8));

        // Then
        var state = (byte[]) driver.getKeyValueStore(JoinProcessor.STATES).get(ID);
        assertThat(new String(state, UTF_8))
                .contains("waiting")
                .doesNotContain(java.util.Base64.getEncoder().encodeToString(marker.getBytes(UTF_8)));
    }

    @Test
    void sendsAnUnreadableImageToTheDeadLettersAndRefusesIt() throws Exception {
        // Given
        var bad = "{\"id\":\"" + ID + "\",\"image\":{},\"tasks\":[\"dance\"]}";

        // When
        input(Topic.IMAGES).pipeInput(new TestRecord<>(ID.getBytes(UTF_8), bad.getBytes(UTF_8), SUBMITTED));

        // Then
        var letter = dlq.readRecord();
        assertThat(letter.value()).isEqualTo(bad.getBytes(UTF_8));
        var story = DeadLetter.fromHeaders(text(letter.headers()));
        assertThat(story.failure().code()).isEqualTo("event.malformed");
        assertThat(story.topic()).isEqualTo("saccade.images");
        var answer = read(enriched.readRecord());
        assertThat(answer.status()).isEqualTo(Status.REFUSED);
        assertThat(answer.reason().code()).isEqualTo("event.malformed");
    }

    @Test
    void goesOnAfterBytesThatLookLikeAnotherEncodingAndAreNot() throws Exception {
        // Given: by its zeros this is UTF-32
        byte[] bad = {0, 0, 0, 0, ' ', '"', 'i', 'd'};

        // When
        input(Topic.IMAGES).pipeInput(new TestRecord<>(ID.getBytes(UTF_8), bad, SUBMITTED));

        // Then
        var story = DeadLetter.fromHeaders(text(dlq.readRecord().headers()));
        assertThat(story.failure().code()).isEqualTo("event.malformed");
        assertThat(read(enriched.readRecord()).status()).isEqualTo(Status.REFUSED);
    }

    @Test
    void waitsAsLongAsTheTenantIsToldTo() {
        // Given
        send("hasty", "{\"id\":\"hasty\",\"image\":{\"uri\":\"file:/x\"},\"tenant\":\"acme\"}");
        send("slow", "{\"id\":\"slow\",\"image\":{\"uri\":\"file:/x\"},\"tenant\":\"patient\"}");

        // When
        driver.advanceWallClockTime(Duration.ofSeconds(31));

        // Then
        assertThat(enriched.readKeyValuesToList())
                .extracting(answer -> new String(answer.key, UTF_8))
                .containsExactly("hasty");
    }

    @Test
    void explainsAnotherImageUnderAnIdThatIsTaken() throws Exception {
        // Given
        submit();

        // When
        send(ID, "{\"id\":\"" + ID + "\",\"image\":{\"inline\":\"AAAA\"}}");

        // Then
        var story = DeadLetter.fromHeaders(text(dlq.readRecord().headers()));
        assertThat(story.failure().code()).isEqualTo("event.id_reused");
        assertThat(enriched.isEmpty()).isTrue();
    }

    @Test
    void countsAResultOfOtherBytesAndLeavesItOut() {
        // Given
        send(ID, "{\"id\":\"" + ID + "\",\"image\":{\"inline\":\"AAAA\"}}");

        // When
        result(Task.CAPTION);

        // Then
        assertThat(registry.get("saccade.join.foreign.parts").counter().count()).isEqualTo(1);
    }

    @Test
    void takesTheSameEventTwiceWithoutAWord() {
        // When
        submit();
        submit();

        // Then
        assertThat(dlq.isEmpty()).isTrue();
        assertThat(enriched.isEmpty()).isTrue();
    }

    @Test
    void erasesAnImageAndTellsReadersSo() {
        // Given
        submit();
        result(Task.CAPTION);

        // When
        erase(ID);
        result(Task.MODERATION);
        driver.advanceWallClockTime(Duration.ofSeconds(40));

        // Then
        var told = enriched.readRecord();
        assertThat(new String(told.key(), UTF_8)).isEqualTo(ID);
        assertThat(told.value()).isNull();
        assertThat(text(told.headers())).containsEntry("ce_type", EventType.IMAGE_ERASED);
        assertThat(enriched.isEmpty()).isTrue();
        assertThat(new String(
                        driver.<String, byte[]>getKeyValueStore(JoinProcessor.STATES)
                                .get(ID),
                        UTF_8))
                .contains("erased")
                .doesNotContain("circle")
                .doesNotContain("acme");
    }

    @Test
    void refusesAnImageUnderAnIdThatWasErased() throws Exception {
        // Given
        erase(ID);
        enriched.readRecord();

        // When
        submit();

        // Then
        var answer = read(enriched.readRecord());
        assertThat(answer.status()).isEqualTo(Status.REFUSED);
        assertThat(answer.reason().code()).isEqualTo("image.erased");
    }

    @Test
    void forgetsAnErasureAfterItsRetention() {
        // Given
        erase(ID);

        // When
        driver.advanceWallClockTime(Duration.ofMinutes(11));

        // Then
        assertThat(driver.getKeyValueStore(JoinProcessor.STATES).get(ID)).isNull();
    }

    @Test
    void answersAnImageOfBackfillAsOneOfTheLiveTopic() throws Exception {
        // When
        input(Topic.BACKFILL)
                .pipeInput(new TestRecord<>(ID.getBytes(UTF_8), json.write(image(ALL, QUESTION)), SUBMITTED));
        for (var task : Task.values()) {
            result(task);
        }

        // Then
        assertThat(read(enriched.readRecord()).status()).isEqualTo(Status.COMPLETE);
        assertThat(enriched.isEmpty()).isTrue();
    }

    @Test
    void takesTheSameImageInBothTopicsForOne() throws Exception {
        // When
        submit();
        input(Topic.BACKFILL)
                .pipeInput(new TestRecord<>(ID.getBytes(UTF_8), json.write(image(ALL, QUESTION)), SUBMITTED));
        for (var task : Task.values()) {
            result(task);
        }
        input(Topic.BACKFILL)
                .pipeInput(new TestRecord<>(ID.getBytes(UTF_8), json.write(image(ALL, QUESTION)), SUBMITTED));

        // Then
        assertThat(read(enriched.readRecord()).revision()).isEqualTo(1);
        assertThat(enriched.isEmpty()).isTrue();
        assertThat(dlq.isEmpty()).isTrue();
    }

    @Test
    void erasesByWhicheverTopicItIsAsked() {
        // Given
        submit();
        backfill("other", "{\"id\":\"other\",\"image\":{\"uri\":\"file:/x\"}}");

        // When
        erase("other");
        erase(Topic.BACKFILL, ID);

        // Then
        assertThat(enriched.readRecordsToList()).hasSize(2).allSatisfy(record -> {
            assertThat(record.value()).isNull();
            assertThat(text(record.headers())).containsEntry("ce_type", EventType.IMAGE_ERASED);
        });
        assertThat(openImages()).isZero();
    }

    @Test
    void givesBackfillTheTimeItsTopicKeepsUnlessItsEventSaysALaterMoment() throws Exception {
        // Given
        backfill("plain", "{\"id\":\"plain\",\"image\":{\"uri\":\"file:/x\"}}");
        backfill(
                "again",
                "{\"id\":\"again\",\"image\":{\"uri\":\"file:/x\"},\"deadline\":\"" + SUBMITTED.minusSeconds(60)
                        + "\",\"submittedAt\":\"" + SUBMITTED.minus(Duration.ofDays(30)) + "\"}");
        backfill(
                "hurried",
                "{\"id\":\"hurried\",\"image\":{\"uri\":\"file:/x\"},\"deadline\":\"" + SUBMITTED.plusSeconds(5)
                        + "\"}");

        // When
        driver.advanceWallClockTime(Duration.ofSeconds(6));

        // Then
        assertThat(read(enriched.readRecord()).id()).isEqualTo("hurried");
        assertThat(enriched.isEmpty()).isTrue();

        // When
        driver.advanceWallClockTime(Duration.ofDays(7).minusSeconds(10));
        assertThat(enriched.isEmpty()).isTrue();
        driver.advanceWallClockTime(Duration.ofSeconds(5));

        // Then
        assertThat(enriched.readRecordsToList())
                .extracting(record -> new String(record.key(), UTF_8))
                .containsExactlyInAnyOrder("plain", "again");
    }

    @Test
    void takesTheTimeAtWhichBackfillWasWrittenForThatOfItsSubmission() throws Exception {
        // Given
        backfill(
                "late",
                "{\"id\":\"late\",\"image\":{\"uri\":\"file:/x\"},\"deadline\":\"" + SUBMITTED.plusSeconds(5) + "\"}");

        // When
        driver.advanceWallClockTime(Duration.ofSeconds(6));

        // Then
        assertThat(read(enriched.readRecord()).submittedAt()).isEqualTo(SUBMITTED);
    }

    @Test
    void sendsWhatIsNoEventOfBackfillToTheDeadLettersAsItCame() throws Exception {
        // When: with the header of ours that a sender could think of
        var headers = new RecordHeaders().add("saccade-written", "nonsense".getBytes(UTF_8));
        input(Topic.BACKFILL)
                .pipeInput(new TestRecord<>(ID.getBytes(UTF_8), "nonsense".getBytes(UTF_8), headers, SUBMITTED));

        // Then
        var letter = dlq.readRecord();
        assertThat(DeadLetter.fromHeaders(text(letter.headers())).topic()).isEqualTo("saccade.images.backfill");
        assertThat(text(letter.headers())).doesNotContainKey("saccade-written");
        assertThat(letter.getRecordTime()).isEqualTo(SUBMITTED);
        assertThat(read(enriched.readRecord()).status()).isEqualTo(Status.REFUSED);
    }

    @Test
    void takesARecordWithoutAValueForAMistakeUnlessItSaysOtherwise() {
        // When
        input(Topic.IMAGES).pipeInput(ID.getBytes(UTF_8), (byte[]) null);

        // Then
        assertThat(dlq.getQueueSize()).isEqualTo(1);
    }

    @Test
    void sendsARecordWithoutAnUsableKeyToTheDeadLettersAlone() {
        // When
        input(Topic.IMAGES).pipeInput(null, "nonsense".getBytes(UTF_8));

        // Then
        assertThat(dlq.getQueueSize()).isEqualTo(1);
        assertThat(enriched.isEmpty()).isTrue();
    }

    private int deadlines(Due.Kind kind) {
        int count = 0;
        try (var all =
                driver.<String, byte[]>getKeyValueStore(JoinProcessor.DEADLINES).all()) {
            while (all.hasNext()) {
                count += Due.parse(all.next().key).kind() == kind ? 1 : 0;
            }
        }
        return count;
    }

    private void send(String key, String event) {
        input(Topic.IMAGES).pipeInput(new TestRecord<>(key.getBytes(UTF_8), event.getBytes(UTF_8), SUBMITTED));
    }

    private void backfill(String key, String event) {
        input(Topic.BACKFILL).pipeInput(new TestRecord<>(key.getBytes(UTF_8), event.getBytes(UTF_8), SUBMITTED));
    }

    private void erase(String id) {
        erase(Topic.IMAGES, id);
    }

    private void erase(Topic topic, String id) {
        var headers = new RecordHeaders().add("ce_type", EventType.IMAGE_ERASED.getBytes(UTF_8));
        input(topic).pipeInput(new TestRecord<>(id.getBytes(UTF_8), null, headers, SUBMITTED));
    }

    private double openImages() {
        return registry.get("saccade.join.open.images").gauge().value();
    }

    private void submit() {
        input(Topic.IMAGES)
                .pipeInput(new TestRecord<>(ID.getBytes(UTF_8), json.write(image(ALL, QUESTION)), SUBMITTED));
    }

    private void result(Task task) {
        input(task.topic()).pipeInput(ID.getBytes(UTF_8), json.write(done(task)));
    }

    private TestInputTopic<byte[], byte[]> input(Topic topic) {
        return driver.createInputTopic(topics.name(topic), new ByteArraySerializer(), new ByteArraySerializer());
    }

    private TestOutputTopic<byte[], byte[]> output(Topic topic) {
        return driver.createOutputTopic(topics.name(topic), new ByteArrayDeserializer(), new ByteArrayDeserializer());
    }

    private ImageEnriched read(TestRecord<byte[], byte[]> record) throws Exception {
        return json.read(EventType.IMAGE_ENRICHED, record.value());
    }

    private static Map<String, String> text(Headers headers) {
        var text = new HashMap<String, String>();
        for (Header header : headers) {
            text.put(header.key(), new String(header.value(), UTF_8));
        }
        return text;
    }
}
