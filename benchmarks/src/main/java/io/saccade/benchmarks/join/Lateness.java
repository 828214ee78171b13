package io.saccade.benchmarks.join;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.saccade.contract.EventJson;
import io.saccade.contract.EventType;
import io.saccade.contract.MalformedEventException;
import io.saccade.contract.event.ImageEnriched;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.WakeupException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/** Reads the joined answers as their reader does, committed ones only, and notes how late each was. A thread of its own reads. */
final class Lateness implements AutoCloseable {

    private final EventJson json = EventJson.create();
    private final KafkaConsumer<byte[], byte[]> consumer;
    private final Map<String, Answer> answers = new ConcurrentHashMap<>();
    private final Thread thread;

    /**
     * The first answer to an image.
     *
     * @param due     its deadline
     * @param stamped when the joiner made it, by the joiner's clock
     * @param read    when a reader of committed records had it
     */
    private record Answer(Instant due, Instant stamped, Instant read) {}

    /** From now on. */
    Lateness(String bootstrapServers, String topic) {
        consumer = new KafkaConsumer<>(
                Map.of(
                        "bootstrap.servers",
                        bootstrapServers,
                        "isolation.level",
                        "read_committed",
                        "max.poll.records",
                        5_000,
                        "fetch.max.wait.ms",
                        20),
                new ByteArrayDeserializer(),
                new ByteArrayDeserializer());
        var partitions = consumer.partitionsFor(topic).stream()
                .map(info -> new TopicPartition(topic, info.partition()))
                .toList();
        consumer.assign(partitions);
        consumer.seekToBeginning(partitions);
        thread = Thread.ofPlatform().daemon().name("lateness").start(this::run);
    }

    private void run() {
        try (consumer) {
            while (true) {
                var records = consumer.poll(Duration.ofMillis(200));
                var now = Instant.now();
                for (var record : records) {
                    var enriched = json.read(EventType.IMAGE_ENRICHED, record.value());
                    answers.putIfAbsent(
                            new String(record.key(), UTF_8),
                            new Answer(enriched.deadline(), enriched.completedAt(), now));
                }
            }
        } catch (WakeupException e) {
            // closed
        } catch (MalformedEventException e) {
            throw new IllegalStateException("an answer cannot be read: " + ImageEnriched.class, e);
        }
    }

    /** How many images are answered whose ids begin so. */
    int answered(String prefix) {
        return (int)
                answers.keySet().stream().filter(id -> id.startsWith(prefix)).count();
    }

    /** A row of a table; of images whose ids begin so. */
    String row(String prefix) {
        var all = answers.entrySet().stream()
                .filter(entry -> entry.getKey().startsWith(prefix))
                .map(Map.Entry::getValue)
                .toList();
        var stamped = late(all.stream()
                .mapToLong(a -> Duration.between(a.due(), a.stamped()).toMillis())
                .toArray());
        var read = late(all.stream()
                .mapToLong(a -> Duration.between(a.due(), a.read()).toMillis())
                .toArray());
        long within = all.stream()
                .filter(a -> Duration.between(a.due(), a.stamped()).toMillis() <= 250)
                .count();
        var first = all.stream().map(Answer::due).min(Comparator.naturalOrder()).orElseThrow();
        var last = all.stream().map(Answer::read).max(Comparator.naturalOrder()).orElseThrow();
        return String.format(
                Locale.ROOT,
                "%s | %s | %.1f %% | %.2f",
                stamped,
                read,
                100.0 * within / all.size(),
                Duration.between(first, last).toMillis() / 1e3);
    }

    private static String late(long[] millis) {
        Arrays.sort(millis);
        return millis[0] + " / " + millis[millis.length / 2] + " / " + millis[(int) (millis.length * 0.99)] + " / "
                + millis[millis.length - 1];
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
