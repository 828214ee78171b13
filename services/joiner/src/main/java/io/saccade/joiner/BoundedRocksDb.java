package io.saccade.joiner;

import java.util.Map;
import org.apache.kafka.streams.state.RocksDBConfigSetter;
import org.jspecify.annotations.Nullable;
import org.rocksdb.BlockBasedTableConfig;
import org.rocksdb.Cache;
import org.rocksdb.CompressionType;
import org.rocksdb.LRUCache;
import org.rocksdb.Options;
import org.rocksdb.RocksDB;
import org.rocksdb.WriteBufferManager;

/**
 * One bound on what RocksDB holds in memory, for all stores of this process together. Kafka Streams gives every store a cache of 50 MB
 * and three write buffers of 16 MB, and there are two stores in each partition: outside of the heap, where no limit of the JVM reaches.
 *
 * <p>Kafka Streams makes an object for each store; cache and write buffers are shared by all and live as long as the process.
 */
public final class BoundedRocksDb implements RocksDBConfigSetter {

    /** Names the bound, in bytes, in the settings of Kafka Streams. */
    static final String BYTES = "saccade.join.memory";

    private static final long WRITE_BUFFER = 4 << 20;
    private static final long BLOCK = 16 << 10;

    private static @Nullable Memory memory;

    /** Found by Kafka Streams, which calls it. */
    public BoundedRocksDb() {}

    /**
     * What all stores share.
     *
     * @param cache   of blocks read, indexes, filters, and of what is written and not yet on disk
     * @param writing half of it at most is for what is written
     */
    private record Memory(Cache cache, WriteBufferManager writing) {

        static Memory of(long bytes) {
            RocksDB.loadLibrary();
            var cache = new LRUCache(bytes);
            return new Memory(cache, new WriteBufferManager(bytes / 2, cache));
        }
    }

    @Override
    public void setConfig(String store, Options options, Map<String, Object> settings) {
        var shared = shared(settings);
        var table = (BlockBasedTableConfig) options.tableFormatConfig();
        table.setBlockCache(shared.cache());
        table.setCacheIndexAndFilterBlocks(true);
        table.setPinTopLevelIndexAndFilter(true);
        table.setBlockSize(BLOCK);
        options.setTableFormatConfig(table);
        options.setWriteBufferManager(shared.writing());
        options.setWriteBufferSize(WRITE_BUFFER);
        // States are JSON and shrink to a third.
        options.setCompressionType(CompressionType.LZ4_COMPRESSION);
    }

    @Override
    public void close(String store, Options options) {
        // what is shared outlives a store
    }

    private static synchronized Memory shared(Map<String, Object> settings) {
        var known = memory;
        if (known == null) {
            known = Memory.of(Long.parseLong(String.valueOf(settings.get(BYTES))));
            memory = known;
        }
        return known;
    }
}
