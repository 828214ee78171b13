package io.saccade.faults.lab;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.saccade.contract.CloudEvent;
import io.saccade.contract.EventJson;
import io.saccade.contract.EventType;
import io.saccade.contract.MalformedEventException;
import io.saccade.contract.event.DeadLetter;
import io.saccade.contract.event.ImageEnriched;
import io.saccade.contract.event.ModelRef;
import io.saccade.contract.event.Part;
import io.saccade.contract.event.StageResult;
import io.saccade.contract.event.Task;
import io.saccade.contract.topic.Topic;
import io.saccade.contract.topic.TopicCatalogue;
import io.saccade.faults.check.Seen;
import io.saccade.faults.check.Where;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.LongAdder;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.WakeupException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.jspecify.annotations.Nullable;

/**
 * Follows every topic that services write, committed records only, through all faults. A thread of its own reads;
 * everything else may be called by any.
 */
final class Tail implements AutoCloseable {

    private static final Duration POLL = Duration.ofMillis(200);

    private final KafkaConsumer<byte[], byte[]> consumer;
    private final Map<String, Topic> topics;
    private final Truths truths;
    private final EventJson json = EventJson.create();
    private final ConcurrentLinkedQueue<Seen> seen = new ConcurrentLinkedQueue<>();
    private final Map<String, ImageEnriched> answers = new ConcurrentHashMap<>();
    private final Map<String, Progress> progress = new ConcurrentHashMap<>();
    private final Map<String, LongAdder> answered = new ConcurrentHashMap<>();
    private final Map<String, Duration> late = new ConcurrentHashMap<>();
    private final ConcurrentLinkedQueue<CountDownLatch> waiting = new ConcurrentLinkedQueue<>();
    private final Map<String, LongAdder> named = new ConcurrentHashMap<>();
    private final Thread thread;
    private volatile boolean closed;

    /** How far an image is. */
    enum Progress {
        ANSWERED,
        WHOLE
    }

    Tail(String bootstrapServers, TopicCatalogue catalogue, Truths truths) {
        this.truths = truths;
        this.topics = Stream.concat(Topic.RESULTS.stream(), Stream.of(Topic.ENRICHED, Topic.DLQ))
                .collect(Collectors.toMap(catalogue::name, topic -> topic));
        Map<String, Object> settings = new HashMap<>();
        settings.put("bootstrap.servers", bootstrapServers);
        settings.put("isolation.level", "read_committed");
        settings.put("auto.offset.reset", "earliest");
        settings.put("request.timeout.ms", 5_000);
        settings.put("default.api.timeout.ms", 10_000);
        settings.put("fetch.max.wait.ms", 100);
        consumer = new KafkaConsumer<>(settings, new ByteArrayDeserializer(), new ByteArrayDeserializer());
        var partitions = new ArrayList<TopicPartition>();
        for (var topic : topics.keySet()) {
            consumer.partitionsFor(topic, Duration.ofSeconds(60))
                    .forEach(info -> partitions.add(new TopicPartition(topic, info.partition())));
        }
        consumer.assign(partitions);
        consumer.seekToBeginning(partitions);
        thread = Thread.ofPlatform().daemon().name("tail").start(this::run);
    }

    /** Everything since the last call, in order within each partition. */
    List<Seen> take() {
        var taken = new ArrayList<Seen>();
        for (Seen next; (next = seen.poll()) != null; ) {
            taken.add(next);
        }
        return taken;
    }

    /** How far an image is; null while it has no joined answer. */
    @Nullable
    Progress progress(String id) {
        return progress.get(id);
    }

    /** The last joined answer to a picture of the calibration. */
    @Nullable
    ImageEnriched answer(String id) {
        return answers.get(id);
    }

    /** How many images of a run have a joined answer; the run's prefix is what their ids have before the number. */
    long answered(String prefix) {
        var count = answered.get(prefix);
        return count == null ? 0 : count.sum();
    }

    /** How long after their deadlines the first answers of a run could be read that lack a part; the longest. */
    Optional<Duration> latestPartial(String prefix) {
        return late.entrySet().stream()
                .filter(entry -> entry.getKey().startsWith(prefix))
                .map(Map.Entry::getValue)
                .max(Duration::compareTo);
    }

    /** How many results of this run name a model, as {@code name/version}. */
    long named(Task task, String model) {
        var count = named.get(task + " " + model);
        return count == null ? 0 : count.sum();
    }

    /** Forgets the progress of a run that is over. */
    void forget(String prefix) {
        late.keySet().removeIf(id -> id.startsWith(prefix));
        named.clear();
        progress.keySet().removeIf(id -> id.startsWith(prefix));
        answered.remove(prefix);
        answers.clear();
    }

    /**
     * Reads to where the topics end now.
     *
     * @return whether it came there in time
     */
    boolean catchUp(Duration patience) throws InterruptedException {
        var latch = new CountDownLatch(1);
        waiting.add(latch);
        return latch.await(patience.toMillis(), java.util.concurrent.TimeUnit.MILLISECONDS);
    }

    @Override
    public void close() {
        closed = true;
        consumer.wakeup();
        try {
            thread.join(Duration.ofSeconds(15));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void run() {
        try (consumer) {
            while (!closed) {
                turn();
            }
        } catch (WakeupException e) {
            // closed
        }
    }

    private void turn() {
        try {
            var latch = waiting.peek();
            for (var record : consumer.poll(POLL)) {
                read(record);
            }
            if (latch != null && atEnd()) {
                waiting.remove(latch);
                latch.countDown();
            }
        } catch (WakeupException e) {
            throw e;
        } catch (KafkaException e) {
            // The brokers are what is broken: go on when they are back.
        }
    }

    private boolean atEnd() {
        return consumer.endOffsets(consumer.assignment()).entrySet().stream()
                .allMatch(end -> consumer.position(end.getKey()) >= end.getValue());
    }

    private void read(ConsumerRecord<byte[], byte[]> record) {
        var where = new Where(record.topic(), record.partition(), record.offset());
        var key = record.key() == null ? null : new String(record.key(), UTF_8);
        var headers = new HashMap<String, String>();
        record.headers()
                .forEach(header ->
                        headers.put(header.key(), header.value() == null ? "" : new String(header.value(), UTF_8)));
        var topic = topics.get(record.topic());
        try {
            switch (topic) {
                case ENRICHED -> joined(where, key, headers, json.read(EventType.IMAGE_ENRICHED, record.value()));
                case EMBEDDINGS -> result(where, key, headers, json.read(EventType.EMBEDDING, record.value()));
                case CAPTIONS -> result(where, key, headers, json.read(EventType.CAPTION, record.value()));
                case ANSWERS -> result(where, key, headers, json.read(EventType.ANSWERS, record.value()));
                case MODERATIONS -> result(where, key, headers, json.read(EventType.MODERATION, record.value()));
                case DLQ -> seen.add(dead(where, key, headers));
                case null, default -> throw new IllegalStateException("not followed: " + record.topic());
            }
        } catch (MalformedEventException e) {
            seen.add(new Seen.Unreadable(where, key, String.valueOf(e.getMessage())));
        }
    }

    private void joined(Where where, @Nullable String key, Map<String, String> headers, ImageEnriched event) {
        var parts = new EnumMap<Task, Seen.JoinedPart>(Task.class);
        boolean isWhole = true;
        for (var task : Task.values()) {
            Part<?> part = event.parts().of(task);
            parts.put(
                    task,
                    new Seen.JoinedPart(
                            part.state(),
                            truths.words(part.result(), part.model()),
                            part.reason() == null ? null : part.reason().code(),
                            name(part.model())));
            isWhole &= part.state() != Part.State.MISSING;
        }
        seen.add(new Seen.Joined(
                where,
                key,
                CloudEvent.idOf(headers),
                event.id(),
                event.tenant(),
                event.revision(),
                event.status(),
                event.reason() == null ? null : event.reason().code(),
                event.sha256(),
                event.attributes(),
                event.deadline(),
                event.completedAt(),
                parts));
        if (!isWhole && event.revision() == 1) {
            late.putIfAbsent(event.id(), Duration.between(event.deadline(), Instant.now()));
        }
        if (event.id().startsWith(Lab.CALIBRATION)) {
            answers.put(event.id(), event);
        }
        if (progress.put(event.id(), isWhole ? Progress.WHOLE : Progress.ANSWERED) == null) {
            answered.computeIfAbsent(Workload.prefixOf(event.id()), _ -> new LongAdder())
                    .increment();
        }
    }

    private void result(Where where, @Nullable String key, Map<String, String> headers, StageResult<?> event) {
        if (event.model() != null && !event.imageId().startsWith(Lab.CALIBRATION)) {
            named.computeIfAbsent(event.task() + " " + name(event.model()), _ -> new LongAdder())
                    .increment();
        }
        seen.add(new Seen.Result(
                where,
                key,
                CloudEvent.idOf(headers),
                event.imageId(),
                event.tenant(),
                event.task(),
                event.end(),
                truths.words(event.answer(), event.model()),
                event.failure() == null ? null : event.failure().code(),
                name(event.model()),
                event.sha256(),
                event.attempt()));
    }

    private static Seen.Dead dead(Where where, @Nullable String key, Map<String, String> headers) {
        try {
            return new Seen.Dead(where, key, DeadLetter.fromHeaders(headers), "");
        } catch (IllegalArgumentException e) {
            return new Seen.Dead(where, key, null, String.valueOf(e.getMessage()));
        }
    }

    private static @Nullable String name(@Nullable ModelRef model) {
        return model == null ? null : Truths.name(model);
    }
}
