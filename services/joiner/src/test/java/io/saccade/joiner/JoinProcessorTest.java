package io.saccade.joiner;

import static io.saccade.joiner.merge.Given.DEADLINE;
import static io.saccade.joiner.merge.Given.ID;
import static io.saccade.joiner.merge.Given.NOW;
import static io.saccade.joiner.merge.Given.SUBMITTED;
import static io.saccade.joiner.merge.Given.image;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.opentelemetry.api.OpenTelemetry;
import io.saccade.contract.EventJson;
import io.saccade.contract.event.Question;
import io.saccade.contract.event.Task;
import io.saccade.contract.topic.Topic;
import io.saccade.contract.topic.TopicCatalogue;
import java.io.File;
import java.lang.reflect.Proxy;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.processor.StateStore;
import org.apache.kafka.streams.processor.TaskId;
import org.apache.kafka.streams.processor.api.MockProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.Stores;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** When the join of a partition asks for the end of its transaction, and when it reads its index: what a test driver does not show. */
class JoinProcessorTest {

    private static final Duration TICK = new MemoryJoin().tick();

    private final EventJson json = EventJson.create();
    private final TopicCatalogue topics = TopicCatalogue.load();
    private final ThreadLocal<Pace> paces = ThreadLocal.withInitial(Pace::new);

    @TempDir
    Path folder;

    @Test
    void endsNoTransactionWhenNothingHappens() {
        // Given
        var partition = new Partition(0);
        partition.submit(NOW);
        partition.tick(NOW.plusSeconds(1));
        partition.context.resetCommit();

        // When
        for (var now = NOW.plusSeconds(2); now.isBefore(DEADLINE); now = now.plus(TICK)) {
            partition.tick(now);
        }

        // Then
        assertThat(partition.context.committed()).isFalse();
    }

    @Test
    void endsTheTransactionOfAnAnswerAtItsDeadlineAtOnce() {
        // Given
        var partition = new Partition(0);
        partition.submit(NOW);
        partition.tick(NOW.plusSeconds(1));
        partition.context.resetCommit();

        // When
        partition.tick(DEADLINE);

        // Then
        assertThat(partition.answers()).isEqualTo(1);
        assertThat(partition.context.committed()).isTrue();
    }

    @Test
    void endsTheTransactionOfAResultThatMakesNoAnswerAfterAWhile() {
        // Given
        var partition = new Partition(0);
        partition.submit(NOW);
        partition.tick(NOW);
        boolean atOnce = partition.context.committed();

        // When
        partition.tick(NOW.plus(Pace.INTERVAL));

        // Then
        assertThat(atOnce).isFalse();
        assertThat(partition.answers()).isZero();
        assertThat(partition.context.committed()).isTrue();
    }

    @Test
    void leavesThePartitionsOfAThreadOneTransaction() {
        // Given
        var one = new Partition(0);
        var other = new Partition(1);
        one.submit(NOW);
        other.submit(NOW);

        // When
        one.tick(NOW.plus(Pace.INTERVAL));
        other.tick(NOW.plus(Pace.INTERVAL));

        // Then
        assertThat(List.of(one.context.committed(), other.context.committed())).containsExactly(true, false);
    }

    @Test
    void readsItsIndexOnceASecondAtMostWhenNothingIsDue() {
        // Given
        var partition = new Partition(0);
        partition.submit(NOW);
        partition.tick(NOW);
        partition.looks.clear();

        // When
        for (var now = NOW; now.isBefore(NOW.plusSeconds(10)); now = now.plus(TICK)) {
            partition.tick(now);
        }

        // Then
        assertThat(partition.looks).hasSizeBetween(5, 10);
    }

    @Test
    void missesNoDeadlineThatIsSetBeforeTheNextLook() {
        // Given
        var partition = new Partition(0);
        var shortlyBefore = DEADLINE.minusMillis(500);
        partition.tick(shortlyBefore);

        // When
        partition.submit(shortlyBefore.plusMillis(100));
        partition.tick(DEADLINE.minusMillis(1));
        int before = partition.answers();
        partition.tick(DEADLINE);

        // Then
        assertThat(before).isZero();
        assertThat(partition.answers()).isEqualTo(1);
    }

    @Test
    void missesNoneOfManyDeadlinesOfOneMoment() {
        // Given
        var partition = new Partition(0);
        int many = JoinProcessor.MOST_AT_ONCE + 10;
        for (int i = 0; i < many; i++) {
            partition.submit("m" + i, NOW);
        }
        partition.tick(DEADLINE);
        int atFirst = partition.answers();

        // When
        partition.submit("a", DEADLINE); // before all others in the index
        partition.submit("z", DEADLINE);
        var now = DEADLINE;
        for (int turns = 0; turns < many && partition.answers() < many + 2; turns++) {
            now = now.plus(TICK);
            partition.tick(now);
        }

        // Then
        assertThat(atFirst).isBetween(1, JoinProcessor.MOST_AT_ONCE);
        assertThat(partition.answers()).isEqualTo(many + 2);
        assertThat(partition.looks).doesNotHaveDuplicates();
    }

    /** A processor with its stores in memory, called as Kafka Streams calls it. */
    private final class Partition {

        final MockProcessorContext<byte[], byte[]> context;
        final List<String> looks = new ArrayList<>();
        private final JoinProcessor processor;
        private final int number;

        Partition(int number) {
            this.number = number;
            context = new MockProcessorContext<>(
                    new Properties(), new TaskId(0, number), new File(folder.toFile(), "p" + number));
            context.setCurrentSystemTimeMs(
                    SUBMITTED.minus(Duration.ofMinutes(1)).toEpochMilli());
            for (var name : List.of(JoinProcessor.STATES, JoinProcessor.DEADLINES)) {
                var store = Stores.keyValueStoreBuilder(
                                Stores.inMemoryKeyValueStore(name), Serdes.String(), Serdes.ByteArray())
                        .withLoggingDisabled()
                        .build();
                store.init(context.getStateStoreContext(), store);
                context.addStateStore(watched(store));
            }
            var byName = Topic.JOINED.stream().collect(Collectors.toMap(topics::name, topic -> topic));
            processor = new JoinProcessor(
                    new MemoryJoin(), byName, new JoinMetrics(new SimpleMeterRegistry()), OpenTelemetry.noop(), paces);
            processor.init(context);
        }

        /** The same store; what it is asked for a range of is noted. */
        private StateStore watched(KeyValueStore<String, byte[]> store) {
            return (StateStore) Proxy.newProxyInstance(
                    KeyValueStore.class.getClassLoader(),
                    new Class<?>[] {KeyValueStore.class},
                    (_, method, arguments) -> {
                        if (method.getName().equals("range")) {
                            looks.add(String.valueOf(arguments[0]));
                        }
                        return method.invoke(store, arguments);
                    });
        }

        void submit(Instant now) {
            submit(ID, json.write(image(Set.of(Task.values()), new Question("q1", "what?"))), now);
        }

        void submit(String id, Instant now) {
            var event = "{\"id\":\"" + id + "\",\"image\":{\"uri\":\"file:/x\"},\"deadline\":\"" + DEADLINE + "\"}";
            submit(id, event.getBytes(UTF_8), now);
        }

        private void submit(String id, byte[] event, Instant now) {
            context.setCurrentSystemTimeMs(now.toEpochMilli());
            context.setRecordMetadata(topics.name(Topic.IMAGES), number, 0);
            processor.process(new Record<>(id.getBytes(UTF_8), event, SUBMITTED.toEpochMilli(), new RecordHeaders()));
        }

        void tick(Instant now) {
            context.setCurrentSystemTimeMs(now.toEpochMilli());
            context.scheduledPunctuators()
                    .forEach(scheduled -> scheduled.getPunctuator().punctuate(now.toEpochMilli()));
        }

        int answers() {
            return context.forwarded(JoinProcessor.ENRICHED).size();
        }
    }
}
