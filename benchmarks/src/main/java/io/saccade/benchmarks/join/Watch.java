package io.saccade.benchmarks.join;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.WakeupException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.jspecify.annotations.Nullable;

/** Reads the joined answers as their reader does, committed ones only, and notes when each came. A thread of its own reads. */
final class Watch implements AutoCloseable {

    private final KafkaConsumer<byte[], byte[]> consumer;
    private final String prefix;
    private final Map<String, Instant> others = new ConcurrentHashMap<>();
    private final BitSet seen;
    private final long[] arrivals;
    private final Thread thread;
    private volatile int answered;
    private volatile int twice;

    /**
     * From now on.
     *
     * @param prefix of the images that are counted, a number behind it; of others the last arrival is kept
     * @param images how many there are
     */
    Watch(String bootstrapServers, String topic, String prefix, int images) {
        this.prefix = prefix;
        this.seen = new BitSet(images);
        this.arrivals = new long[images];
        consumer = new KafkaConsumer<>(
                Map.of(
                        "bootstrap.servers",
                        bootstrapServers,
                        "isolation.level",
                        "read_committed",
                        "fetch.max.wait.ms",
                        20),
                new ByteArrayDeserializer(),
                new ByteArrayDeserializer());
        var partitions = new ArrayList<TopicPartition>();
        consumer.partitionsFor(topic).forEach(info -> partitions.add(new TopicPartition(topic, info.partition())));
        consumer.assign(partitions);
        consumer.seekToBeginning(partitions);
        thread = Thread.ofPlatform().daemon().name("watch").start(this::run);
    }

    private void run() {
        try (consumer) {
            while (true) {
                for (var record : consumer.poll(Duration.ofMillis(200))) {
                    saw(new String(record.key(), UTF_8), Instant.now());
                }
            }
        } catch (WakeupException e) {
            // closed
        }
    }

    private void saw(String id, Instant now) {
        if (!id.startsWith(prefix)) {
            others.put(id, now);
            return;
        }
        int number = Integer.parseInt(id.substring(prefix.length()));
        if (seen.get(number)) {
            twice++; // by this thread alone
            return;
        }
        seen.set(number);
        arrivals[answered] = now.toEpochMilli();
        answered++;
    }

    /** When an image that is not counted was answered; null if it was not. */
    @Nullable
    Instant arrival(String id) {
        return others.get(id);
    }

    /** How many of the images are answered. */
    int answered() {
        return answered;
    }

    /** How many answers came for images that had one. */
    int twice() {
        return twice;
    }

    /** How long after a moment a share of the answers had come. To be asked when no more come. */
    Duration after(Instant moment, double share) {
        var sorted = Arrays.copyOf(arrivals, answered);
        Arrays.sort(sorted);
        int index = Math.clamp((int) Math.ceil(share * sorted.length) - 1, 0, sorted.length - 1);
        return Duration.ofMillis(sorted[index] - moment.toEpochMilli());
    }

    @Override
    public void close() {
        consumer.wakeup();
        try {
            thread.join(Duration.ofSeconds(10));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
