package io.saccade.joiner;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.StreamsMetrics;
import org.apache.kafka.streams.errors.InvalidStateStoreException;
import org.apache.kafka.streams.errors.TaskCorruptedException;
import org.apache.kafka.streams.processor.BatchingStateRestoreCallback;
import org.apache.kafka.streams.processor.CommitCallback;
import org.apache.kafka.streams.processor.StateRestoreCallback;
import org.apache.kafka.streams.processor.StateStore;
import org.apache.kafka.streams.processor.StateStoreContext;
import org.apache.kafka.streams.processor.TaskId;
import org.apache.kafka.streams.processor.api.RecordMetadata;
import org.apache.kafka.streams.state.KeyValueIterator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TransactionalStoreTest {

    private static final TopicPartition CHANGELOG = new TopicPartition("app-images-changelog", 3);

    private final List<TransactionalStore> stores = new ArrayList<>();

    private Instant now = Instant.parse("2026-11-22T08:00:00Z");

    @TempDir
    Path folder;

    @AfterEach
    void close() {
        stores.forEach(TransactionalStore::close);
    }

    @Test
    void readsWhatItsTransactionHasWritten() {
        var store = open("one");
        store.put(key("a"), value("1"));
        store.put(key("b"), value("2"));
        store.committed(Map.of(CHANGELOG, 1L));

        // When
        store.put(key("c"), value("3"));
        store.put(key("b"), value("4"));
        var before = store.delete(key("a"));

        // Then
        assertThat(before).isEqualTo(value("1"));
        assertThat(store.get(key("a"))).isNull();
        assertThat(store.get(key("b"))).isEqualTo(value("4"));
        assertThat(read(store.all())).containsExactly("b=4", "c=3");
        assertThat(read(store.range(key("c"), key("d")))).containsExactly("c=3");
        assertThat(read(store.range(null, key("b")))).containsExactly("b=4");
    }

    @Test
    void hasInItsFilesWhatWasCommittedAndNothingElse() throws IOException {
        // Given
        var store = open("one");
        store.put(key("a"), value("1"));
        store.put(key("b"), value("2"));
        store.committed(Map.of(CHANGELOG, 7L, new TopicPartition("other", 0), 99L));
        store.delete(key("a"));
        store.put(key("b"), value("3"));
        store.put(key("c"), value("4"));

        // When
        copy(folder.resolve("one"), folder.resolve("killed")); // as it lies there when the process dies now
        var next = open("killed");

        // Then
        assertThat(read(next.all())).containsExactly("a=1", "b=2");
        assertThat(next.committedOffset(CHANGELOG)).isEqualTo(7);
    }

    @Test
    void losesWhatWasNotCommittedWhenItIsClosed() {
        // Given
        var store = open("one");
        store.put(key("a"), value("1"));
        store.commit(Map.of(CHANGELOG, 5L));
        store.put(key("a"), value("2"));
        store.put(key("b"), value("3"));

        // When
        store.close();
        store.committed(Map.of(CHANGELOG, 9L)); // comes too late
        store.init(new Context(folder.resolve("one")), store);

        // Then
        assertThat(read(store.all())).containsExactly("a=1");
        assertThat(store.committedOffset(CHANGELOG)).isEqualTo(5);
    }

    @Test
    void knowsNoOffsetBeforeOneIsCommitted() {
        assertThat(open("one").committedOffset(CHANGELOG)).isNull();
    }

    @Test
    void takesWhatTheChangelogHolds() throws IOException {
        // Given
        var context = new Context(folder.resolve("one"));
        var store = open(context);
        var changelog = List.of(
                KeyValue.pair("a".getBytes(UTF_8), value("1")),
                KeyValue.pair("b".getBytes(UTF_8), value("2")),
                KeyValue.pair("a".getBytes(UTF_8), (byte[]) null),
                KeyValue.pair("b".getBytes(UTF_8), value("3")));

        // When
        context.restore.restoreAll(changelog);
        store.commit(Map.of(CHANGELOG, 3L));
        context.restore.restoreAll(changelog.subList(0, 2)); // and dies in the middle of reading it again

        // Then
        copy(folder.resolve("one"), folder.resolve("killed"));
        var next = open("killed");
        assertThat(next.committedOffset(CHANGELOG)).isEqualTo(3);
        assertThat(read(next.all())).containsExactly("a=1", "b=2");
    }

    @Test
    void isTheSameAsAMapInMemory() {
        var random = new Random(5);
        var store = open("one");
        var model = new TreeMap<String, String>();
        for (int i = 0; i < 3_000; i++) {
            var key = "%02d".formatted(random.nextInt(60));
            switch (random.nextInt(5)) {
                case 0 -> {
                    var removed = store.delete(key(key));
                    assertThat(Optional.ofNullable(removed).map(bytes -> new String(bytes, UTF_8)))
                            .isEqualTo(Optional.ofNullable(model.remove(key)));
                }
                case 1 -> {
                    if (random.nextInt(4) == 0) {
                        store.committed(Map.of(CHANGELOG, (long) i));
                    }
                }
                case 2 -> {
                    var to = "%02d".formatted(random.nextInt(60));
                    var expected = key.compareTo(to) > 0 ? Map.<String, String>of() : model.subMap(key, true, to, true);
                    assertThat(read(store.range(key(key), key(to)))).isEqualTo(entries(expected));
                }
                default -> {
                    store.put(key(key), value("" + i));
                    model.put(key, "" + i);
                }
            }
        }
        assertThat(read(store.all())).isEqualTo(entries(model));
    }

    @Test
    void canBeWrittenWhileItIsRead() {
        // Given
        var store = open("one");
        for (var name : List.of("a", "b", "c")) {
            store.put(key(name), value("1"));
        }
        store.committed(Map.of());

        // When
        var seen = new ArrayList<String>();
        try (var all = store.all()) {
            while (all.hasNext()) {
                var entry = all.next();
                seen.add(entry.key.toString());
                store.delete(entry.key);
            }
        }

        // Then
        assertThat(seen).containsExactly("a", "b", "c");
        assertThat(read(store.all())).isEmpty();
    }

    @Test
    void endsItsRangesWithItself() {
        // Given
        var store = open("one");
        store.put(key("a"), value("1"));
        var all = store.all();

        // When
        store.close();

        // Then
        assertThat(all.hasNext()).isFalse();
        assertThatThrownBy(() -> store.get(key("a"))).isInstanceOf(InvalidStateStoreException.class);
    }

    @Test
    void isReadAgainFromTheChangelogWhenItsFilesAreBroken() throws IOException {
        // Given
        var store = open("one");
        store.put(key("a"), value("1"));
        store.commit(Map.of(CHANGELOG, 1L));
        store.close();
        try (var files = Files.walk(folder.resolve("one"))) {
            for (var manifest : files.filter(
                            file -> file.getFileName().toString().startsWith("MANIFEST"))
                    .toList()) {
                Files.write(manifest, new byte[] {1, 2, 3});
            }
        }

        // Then
        assertThatThrownBy(() -> open("one")).isInstanceOf(TaskCorruptedException.class);
    }

    @Test
    void isReadAgainFromTheChangelogWhenWhatWasDeletedMeanwhileMayBeForgottenThere() {
        // Given
        var store = open("one");
        store.put(key("a"), value("1"));
        store.committed(Map.of(CHANGELOG, 1L));
        store.close();

        // When
        now = now.plus(Duration.ofMinutes(29));
        open("one").close();
        now = now.plus(Duration.ofMinutes(2));

        // Then
        assertThatThrownBy(() -> open("one")).isInstanceOf(TaskCorruptedException.class);
        assertThatThrownBy(() -> open("one"))
                .as("nothing holds its files, which are deleted now")
                .isInstanceOf(TaskCorruptedException.class);
    }

    private TransactionalStore open(String name) {
        return open(new Context(folder.resolve(name)));
    }

    private TransactionalStore open(Context context) {
        var store = new TransactionalStore(
                "images", new RocksMemory(8 << 20), new Transactions(), Duration.ofMinutes(30), () -> now);
        stores.add(store);
        store.init(context, store);
        return store;
    }

    private static List<String> entries(Map<String, String> map) {
        return map.entrySet().stream()
                .map(entry -> entry.getKey() + "=" + entry.getValue())
                .toList();
    }

    private static List<String> read(KeyValueIterator<Bytes, byte[]> range) {
        var found = new ArrayList<String>();
        try (range) {
            while (range.hasNext()) {
                var key = range.peekNextKey();
                var entry = range.next();
                assertThat(entry.key).isEqualTo(key);
                found.add(entry.key + "=" + new String(entry.value, UTF_8));
            }
        }
        return found;
    }

    private static Bytes key(String text) {
        return Bytes.wrap(text.getBytes(UTF_8));
    }

    private static byte[] value(String text) {
        return text.getBytes(UTF_8);
    }

    private static void copy(Path from, Path to) throws IOException {
        try (var files = Files.walk(from)) {
            for (var file : files.toList()) {
                Files.copy(file, to.resolve(from.relativize(file).toString()));
            }
        }
    }

    /** The third partition's, as far as a store asks. */
    private static final class Context implements StateStoreContext {

        private final File folder;
        private BatchingStateRestoreCallback restore;

        private Context(Path folder) {
            this.folder = folder.toFile();
        }

        @Override
        public String applicationId() {
            return "app";
        }

        @Override
        public TaskId taskId() {
            return new TaskId(0, CHANGELOG.partition());
        }

        @Override
        public File stateDir() {
            return folder;
        }

        @Override
        public void register(StateStore store, StateRestoreCallback callback) {
            restore = (BatchingStateRestoreCallback) callback;
        }

        @Override
        public void register(StateStore store, StateRestoreCallback callback, CommitCallback committed) {
            throw new UnsupportedOperationException();
        }

        @Override
        public Optional<RecordMetadata> recordMetadata() {
            return Optional.empty();
        }

        @Override
        public Serde<?> keySerde() {
            return Serdes.Bytes();
        }

        @Override
        public Serde<?> valueSerde() {
            return Serdes.ByteArray();
        }

        @Override
        public StreamsMetrics metrics() {
            throw new UnsupportedOperationException();
        }

        @Override
        public Map<String, Object> appConfigs() {
            return Map.of();
        }

        @Override
        public Map<String, Object> appConfigsWithPrefix(String prefix) {
            return Map.of();
        }
    }
}
