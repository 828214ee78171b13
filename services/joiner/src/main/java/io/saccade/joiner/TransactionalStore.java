package io.saccade.joiner;

import io.saccade.joiner.Transactions.Participant;
import java.io.IOException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Map.Entry;
import java.util.NavigableMap;
import java.util.NoSuchElementException;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentSkipListMap;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.errors.InvalidStateStoreException;
import org.apache.kafka.streams.errors.ProcessorStateException;
import org.apache.kafka.streams.errors.TaskCorruptedException;
import org.apache.kafka.streams.processor.BatchingStateRestoreCallback;
import org.apache.kafka.streams.processor.StateStore;
import org.apache.kafka.streams.processor.StateStoreContext;
import org.apache.kafka.streams.query.Position;
import org.apache.kafka.streams.state.KeyValueBytesStoreSupplier;
import org.apache.kafka.streams.state.KeyValueIterator;
import org.apache.kafka.streams.state.KeyValueStore;
import org.jspecify.annotations.Nullable;
import org.rocksdb.RocksDBException;
import org.rocksdb.RocksIterator;
import org.rocksdb.Status;

/**
 * A store whose files hold what transactions have committed and nothing else: a joiner that was killed goes on from there. The stores of
 * Kafka Streams 4.3 write at once, so after a kill their files may hold what was taken back; it throws them away and reads the whole
 * changelog again. Kafka Streams 4.4 is to have this itself (KIP-892, {@code enable.transactional.statestores}); this can go then.
 *
 * <p>What a transaction writes lies in memory until {@link Transactions} tells of its end, and then goes to the files together with the
 * offset in the changelog. What is read from the changelog is committed and goes there at once; read twice it is the same.
 *
 * <p>For one thread at a time, and {@link #get} for any thread besides.
 */
final class TransactionalStore implements KeyValueStore<Bytes, byte[]>, Participant {

    private final String name;
    private final RocksMemory memory;
    private final Transactions transactions;
    private final Duration fresh;
    private final InstantSource clock;

    /** What this transaction has written; empty for what it has deleted. */
    private final NavigableMap<Bytes, Optional<byte[]>> uncommitted = new ConcurrentSkipListMap<>();

    private final Set<Range> ranges = new HashSet<>();
    private @Nullable TopicPartition changelog;
    private @Nullable StateFiles files;
    private @Nullable RocksDBException broken;

    /**
     * Closed.
     *
     * @param fresh for so long after the last commit the files are of use: much less than the changelog keeps the word that an entry was
     *              deleted, for what is deleted elsewhere meanwhile would live on in them
     */
    TransactionalStore(
            String name, RocksMemory memory, Transactions transactions, Duration fresh, InstantSource clock) {
        this.name = name;
        this.memory = memory;
        this.transactions = transactions;
        this.fresh = fresh;
        this.clock = clock;
    }

    /** Makes one for each partition. */
    static KeyValueBytesStoreSupplier supplier(
            String name, RocksMemory memory, Transactions transactions, Duration fresh) {
        return new KeyValueBytesStoreSupplier() {

            @Override
            public String name() {
                return name;
            }

            @Override
            public KeyValueStore<Bytes, byte[]> get() {
                return new TransactionalStore(name, memory, transactions, fresh, InstantSource.system());
            }

            @Override
            public String metricsScope() {
                return "transactional";
            }
        };
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public synchronized void init(StateStoreContext context, StateStore root) {
        var task = context.taskId();
        changelog = new TopicPartition(context.applicationId() + "-" + name + "-changelog", task.partition());
        broken = null;
        try {
            var found = StateFiles.in(context.stateDir().toPath().resolve("transactional", name), memory);
            if (isStale(found)) {
                found.close();
                throw new TaskCorruptedException(Set.of(task)); // as below
            }
            files = found;
        } catch (RocksDBException e) {
            if (e.getStatus() != null && e.getStatus().getCode() == Status.Code.Corruption) {
                throw new TaskCorruptedException(Set.of(task)); // is deleted, and read from the changelog
            }
            throw failed("opened", e);
        } catch (IOException e) {
            throw failed("opened", e);
        }
        context.register(root, (BatchingStateRestoreCallback) this::restore);
    }

    private boolean isStale(StateFiles found) throws RocksDBException {
        var written = found.time();
        return written != null && written.plus(fresh).isBefore(clock.instant());
    }

    private synchronized void restore(Collection<KeyValue<byte[], byte[]>> records) {
        var changes = new HashMap<Bytes, Optional<byte[]>>();
        records.forEach(record -> changes.put(Bytes.wrap(record.key), Optional.ofNullable(record.value)));
        write(changes, Map.of());
    }

    @Override
    public synchronized void put(Bytes key, byte @Nullable [] value) {
        files();
        uncommitted.put(key, Optional.ofNullable(value));
        transactions.join(this);
    }

    @Override
    public synchronized byte @Nullable [] putIfAbsent(Bytes key, byte @Nullable [] value) {
        var before = get(key);
        if (before == null) {
            put(key, value);
        }
        return before;
    }

    @Override
    public synchronized void putAll(List<KeyValue<Bytes, byte[]>> entries) {
        entries.forEach(entry -> put(entry.key, entry.value));
    }

    @Override
    public synchronized byte @Nullable [] delete(Bytes key) {
        var before = get(key);
        put(key, null);
        return before;
    }

    @Override
    public synchronized byte @Nullable [] get(Bytes key) {
        var written = uncommitted.get(key);
        if (written != null) {
            return written.orElse(null);
        }
        try {
            return files().get(key);
        } catch (RocksDBException e) {
            throw failed("read", e);
        }
    }

    /** What is written while it is read may or may not be in it. */
    @Override
    public synchronized KeyValueIterator<Bytes, byte[]> range(@Nullable Bytes from, @Nullable Bytes to) {
        var range = new Range(files().iterator(), from, to);
        ranges.add(range);
        return range;
    }

    @Override
    public KeyValueIterator<Bytes, byte[]> all() {
        return range(null, null);
    }

    @Override
    public synchronized long approximateNumEntries() {
        try {
            return files().size() + uncommitted.size();
        } catch (RocksDBException e) {
            throw failed("read", e);
        }
    }

    @Override
    public synchronized void committed(Map<TopicPartition, Long> offsets) {
        if (files == null || broken != null) {
            return;
        }
        var own = offsets.get(changelog());
        try {
            files.write(uncommitted, own == null ? Map.of() : Map.of(changelog(), own), clock.instant());
            uncommitted.clear();
        } catch (RocksDBException e) {
            broken = e; // told to who writes next: Kafka has committed, and its producer must not hear of this
        }
    }

    /** After the last transaction, and while the changelog is read. */
    @Override
    public synchronized void commit(Map<TopicPartition, Long> offsets) {
        write(uncommitted, offsets);
        uncommitted.clear();
    }

    @Override
    public synchronized @Nullable Long committedOffset(TopicPartition partition) {
        try {
            return files().offset(partition);
        } catch (RocksDBException e) {
            throw failed("read", e);
        }
    }

    @Override
    @SuppressWarnings("deprecation") // until all stores do
    public boolean managesOffsets() {
        return true;
    }

    @Override
    public Position getPosition() {
        return Position.emptyPosition();
    }

    @Override
    public boolean persistent() {
        return true;
    }

    @Override
    public synchronized boolean isOpen() {
        return files != null;
    }

    /** What is not committed is lost, as it is in Kafka. */
    @Override
    public synchronized void close() {
        uncommitted.clear();
        Set.copyOf(ranges).forEach(Range::close);
        if (files != null) {
            files.close();
            files = null;
        }
    }

    private void write(Map<Bytes, Optional<byte[]>> changes, Map<TopicPartition, Long> offsets) {
        try {
            files().write(changes, offsets, clock.instant());
        } catch (RocksDBException e) {
            throw failed("written", e);
        }
    }

    private StateFiles files() {
        var open = files;
        if (open == null) {
            throw new InvalidStateStoreException("the store " + name + " is closed");
        }
        if (broken != null) {
            throw failed("written", broken);
        }
        return open;
    }

    private TopicPartition changelog() {
        if (changelog == null) {
            throw new InvalidStateStoreException("the store " + name + " was never opened");
        }
        return changelog;
    }

    private ProcessorStateException failed(String what, Exception cause) {
        return new ProcessorStateException(
                "the files of the store %s could not be %s: %s".formatted(name, what, cause.getMessage()), cause);
    }

    /** What is in the files and not written over, and what is written, both in the order of their keys. */
    private final class Range implements KeyValueIterator<Bytes, byte[]> {

        private final RocksIterator committed;
        private final Iterator<Entry<Bytes, Optional<byte[]>>> written;
        private final @Nullable Bytes to;
        private @Nullable Entry<Bytes, Optional<byte[]>> nextWritten;
        private @Nullable KeyValue<Bytes, byte[]> next;

        Range(RocksIterator committed, @Nullable Bytes from, @Nullable Bytes to) {
            this.committed = committed;
            this.to = to;
            if (from == null) {
                committed.seekToFirst();
            } else {
                committed.seek(from.get());
            }
            var tail = from == null ? uncommitted : uncommitted.tailMap(from, true);
            written = tail.entrySet().iterator();
            nextWritten = written.hasNext() ? written.next() : null;
            next = find();
        }

        private @Nullable KeyValue<Bytes, byte[]> find() {
            while (true) {
                var key = committedKey();
                var own = nextWritten;
                if (own == null || (key != null && key.compareTo(own.getKey()) < 0)) {
                    return key == null ? null : takeCommitted(key);
                }
                if (own.getKey().equals(key)) {
                    committed.next(); // written over
                }
                nextWritten = written.hasNext() ? written.next() : null;
                if (isBeyond(own.getKey())) {
                    return null;
                }
                if (own.getValue().isPresent()) {
                    return KeyValue.pair(own.getKey(), own.getValue().get());
                }
            }
        }

        private @Nullable Bytes committedKey() {
            if (committed.isValid()) {
                return Bytes.wrap(committed.key());
            }
            try {
                committed.status();
                return null; // that was the last one
            } catch (RocksDBException e) {
                throw failed("read", e);
            }
        }

        private @Nullable KeyValue<Bytes, byte[]> takeCommitted(Bytes key) {
            if (isBeyond(key)) {
                return null;
            }
            var value = committed.value();
            committed.next();
            return KeyValue.pair(key, value);
        }

        private boolean isBeyond(Bytes key) {
            return to != null && key.compareTo(to) > 0;
        }

        @Override
        public boolean hasNext() {
            synchronized (TransactionalStore.this) {
                return next != null;
            }
        }

        @Override
        public Bytes peekNextKey() {
            synchronized (TransactionalStore.this) {
                if (next == null) {
                    throw new NoSuchElementException();
                }
                return next.key;
            }
        }

        @Override
        public KeyValue<Bytes, byte[]> next() {
            synchronized (TransactionalStore.this) {
                var found = next;
                if (found == null) {
                    throw new NoSuchElementException();
                }
                next = find();
                return found;
            }
        }

        @Override
        public void close() {
            synchronized (TransactionalStore.this) {
                if (ranges.remove(this)) {
                    next = null;
                    committed.close();
                }
            }
        }
    }
}
