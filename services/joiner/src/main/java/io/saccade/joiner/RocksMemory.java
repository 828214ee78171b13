package io.saccade.joiner;

import org.rocksdb.BlockBasedTableConfig;
import org.rocksdb.BloomFilter;
import org.rocksdb.Cache;
import org.rocksdb.ColumnFamilyOptions;
import org.rocksdb.CompactionStyle;
import org.rocksdb.CompressionType;
import org.rocksdb.DBOptions;
import org.rocksdb.Filter;
import org.rocksdb.InfoLogLevel;
import org.rocksdb.LRUCache;
import org.rocksdb.RocksDB;
import org.rocksdb.WriteBufferManager;

/**
 * One bound on what RocksDB holds in memory, for all stores of this process together: there are two in each partition, and no limit of
 * the JVM reaches what is outside of its heap. Lives as long as the process.
 */
final class RocksMemory {

    private static final long WRITE_BUFFER = 4 << 20;
    private static final long BLOCK = 16 << 10;
    private static final double BLOOM_BITS = 10;

    static {
        RocksDB.loadLibrary();
    }

    /** Of blocks read, indexes, filters, and of what is written and not yet in a table. */
    private final Cache cache;

    private final WriteBufferManager writing;
    private final Filter filter = new BloomFilter(BLOOM_BITS);

    /**
     * Nothing is taken yet.
     *
     * @param bytes the bound; half of it at most is for what is written
     */
    RocksMemory(long bytes) {
        cache = new LRUCache(bytes);
        writing = new WriteBufferManager(bytes / 2, cache);
    }

    /** Of a database, made if it is missing. To be closed after it. */
    DBOptions database() {
        return new DBOptions()
                .setCreateIfMissing(true)
                .setCreateMissingColumnFamilies(true)
                .setAtomicFlush(true)
                .setIncreaseParallelism(Math.max(2, Runtime.getRuntime().availableProcessors()))
                .setWriteBufferManager(writing)
                // Read again when it is opened after a kill -9.
                .setMaxTotalWalSize(2 * WRITE_BUFFER)
                .setInfoLogLevel(InfoLogLevel.ERROR_LEVEL);
    }

    /** Of what lies in a database. To be closed after it. */
    ColumnFamilyOptions table() {
        return new ColumnFamilyOptions()
                .setTableFormatConfig(new BlockBasedTableConfig()
                        .setBlockCache(cache)
                        .setCacheIndexAndFilterBlocks(true)
                        .setPinTopLevelIndexAndFilter(true)
                        .setFilterPolicy(filter)
                        .setBlockSize(BLOCK))
                .setOptimizeFiltersForHits(true)
                .setCompactionStyle(CompactionStyle.UNIVERSAL)
                .setWriteBufferSize(WRITE_BUFFER)
                // States are JSON and shrink to a third.
                .setCompressionType(CompressionType.LZ4_COMPRESSION);
    }
}
