package io.saccade.joiner;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.utils.Bytes;
import org.jspecify.annotations.Nullable;
import org.rocksdb.ColumnFamilyDescriptor;
import org.rocksdb.ColumnFamilyHandle;
import org.rocksdb.ColumnFamilyOptions;
import org.rocksdb.DBOptions;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;
import org.rocksdb.RocksIterator;
import org.rocksdb.WriteBatch;
import org.rocksdb.WriteOptions;

/**
 * Entries on disk, and up to where in a changelog they are, both written in one step. What is written survives the end of the process at
 * once; of the end of the machine a prefix survives, for its log is not synced.
 *
 * <p>Thread-safe, but nothing may be asked during {@link #close()} or after it.
 */
final class StateFiles implements AutoCloseable {

    private static final byte[] OFFSETS = "offsets".getBytes(UTF_8);

    /** No name of a changelog, which has a number at its end. */
    private static final byte[] TIME = "time".getBytes(UTF_8);

    private final DBOptions settings;
    private final ColumnFamilyOptions table;
    private final WriteOptions writing = new WriteOptions();
    private final List<ColumnFamilyHandle> tables = new ArrayList<>();
    private final RocksDB database;

    private StateFiles(Path folder, RocksMemory memory) throws RocksDBException {
        settings = memory.database();
        table = memory.table();
        try {
            database = RocksDB.open(
                    settings,
                    folder.toString(),
                    List.of(
                            new ColumnFamilyDescriptor(RocksDB.DEFAULT_COLUMN_FAMILY, table),
                            new ColumnFamilyDescriptor(OFFSETS, table)),
                    tables);
        } catch (RocksDBException e) {
            closeSettings();
            throw e;
        }
    }

    /**
     * Those in a folder, which is made if it is missing.
     *
     * @throws RocksDBException if they cannot be read; with the code {@code Corruption} if they never can be
     * @throws IOException      if the folder cannot be made
     */
    static StateFiles in(Path folder, RocksMemory memory) throws RocksDBException, IOException {
        Files.createDirectories(folder);
        return new StateFiles(folder, memory);
    }

    byte @Nullable [] get(Bytes key) throws RocksDBException {
        return database.get(entries(), key.get());
    }

    /** From its first entry on, as they are now. To be closed before the files are. */
    RocksIterator iterator() {
        return database.newIterator(entries());
    }

    /**
     * Writes all or nothing.
     *
     * @param changes by key; empty for what is deleted
     * @param offsets up to where they are in their changelog; may be empty when that is not known
     * @param now     when that is so
     */
    void write(Map<Bytes, Optional<byte[]>> changes, Map<TopicPartition, Long> offsets, Instant now)
            throws RocksDBException {
        try (var batch = new WriteBatch()) {
            for (var change : changes.entrySet()) {
                var key = change.getKey().get();
                if (change.getValue().isPresent()) {
                    batch.put(entries(), key, change.getValue().get());
                } else {
                    batch.delete(entries(), key);
                }
            }
            for (var offset : offsets.entrySet()) {
                batch.put(offsets(), name(offset.getKey()), bytes(offset.getValue()));
                batch.put(offsets(), TIME, bytes(now.toEpochMilli()));
            }
            database.write(writing, batch);
        }
    }

    /** Up to where in a changelog the entries are; null if that was never written. */
    @Nullable
    Long offset(TopicPartition changelog) throws RocksDBException {
        return number(name(changelog));
    }

    /** When an offset was last written; null if none ever was. */
    @Nullable
    Instant time() throws RocksDBException {
        var millis = number(TIME);
        return millis == null ? null : Instant.ofEpochMilli(millis);
    }

    /** About how many there are. */
    long size() throws RocksDBException {
        return database.getLongProperty(entries(), "rocksdb.estimate-num-keys");
    }

    @Override
    public void close() {
        tables.forEach(ColumnFamilyHandle::close);
        database.close();
        closeSettings();
    }

    private void closeSettings() {
        writing.close();
        table.close();
        settings.close();
    }

    private ColumnFamilyHandle entries() {
        return tables.get(0);
    }

    private ColumnFamilyHandle offsets() {
        return tables.get(1);
    }

    private @Nullable Long number(byte[] key) throws RocksDBException {
        var value = database.get(offsets(), key);
        return value == null ? null : ByteBuffer.wrap(value).getLong();
    }

    private static byte[] bytes(long number) {
        return ByteBuffer.allocate(Long.BYTES).putLong(number).array();
    }

    private static byte[] name(TopicPartition changelog) {
        return changelog.toString().getBytes(UTF_8);
    }
}
