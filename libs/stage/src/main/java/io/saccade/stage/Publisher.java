package io.saccade.stage;

import io.opentelemetry.context.Context;
import io.saccade.contract.CloudEvent;
import io.saccade.contract.EventIds;
import io.saccade.contract.EventJson;
import io.saccade.contract.event.DeadLetter;
import io.saccade.contract.event.Retried;
import io.saccade.contract.event.StageResult;
import io.saccade.contract.event.Task;
import io.saccade.contract.topic.Topic;
import io.saccade.contract.topic.TopicCatalogue;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.header.Headers;
import org.jspecify.annotations.Nullable;

/** Writes endings to their topics; an ending is written when all in-sync replicas have acknowledged it. Thread-safe. */
final class Publisher {

    private final String stage;
    private final String resultType;
    private final Producer<byte[], byte[]> producer;
    private final TopicCatalogue topics;
    private final EventJson json;
    private final Tracing tracing;
    private final Clock clock;

    /**
     * Everything it needs.
     *
     * @param resultType CloudEvents type of the stage's results
     * @param producer   with acks=all and idempotence
     */
    Publisher(
            String stage,
            String resultType,
            Producer<byte[], byte[]> producer,
            TopicCatalogue topics,
            EventJson json,
            Tracing tracing,
            Clock clock) {
        this.stage = stage;
        this.resultType = resultType;
        this.producer = producer;
        this.topics = topics;
        this.json = json;
        this.tracing = tracing;
        this.clock = clock;
    }

    /**
     * Writes an ending and waits until it is acknowledged. For the thread that handles the record: a producer may block,
     * and its own thread must never wait for itself.
     *
     * @throws ExecutionException   if it can no longer be written
     * @throws InterruptedException if the stage is stopping
     */
    void publish(Ending ending, Incoming origin, Context trace) throws ExecutionException, InterruptedException {
        switch (ending) {
            case Ending.Nothing _ -> {
                // Nothing is owed to anybody.
            }
            case Ending.Result(var result) -> send(result, origin, trace).get();
            case Ending.GivenUp(var result, var story) -> {
                // The dead letter first: were only the failure written, the record would be gone.
                send(story, origin, trace).get();
                send(result, origin, trace).get();
            }
            case Ending.Later(var task, var retried) ->
                send(task, retried, origin, trace).get();
            case Ending.Unreadable(var story) -> send(story, origin, trace).get();
        }
    }

    /**
     * A result goes to the partition its request came from, whatever the partitioner of who sent that: all that belongs to
     * an image then meets in one partition of the join.
     */
    private CompletableFuture<Void> send(StageResult<?> result, Incoming origin, Context trace) {
        var model = result.model();
        var event = new CloudEvent(
                EventIds.result(
                        result.requestId(),
                        result.task().json(),
                        model == null ? result.end().name() : model.name(),
                        model == null ? "" : model.version()),
                resultType,
                "/saccade/" + stage,
                result.imageId(),
                clock.instant());
        var headers = new LinkedHashMap<>(event.headers());
        headers.put(CloudEvent.REQUEST_ID, result.requestId());
        headers.put(CloudEvent.END, result.end().name().toLowerCase(Locale.ROOT));
        return send(
                new ProducerRecord<>(
                        topics.name(result.task().topic()),
                        origin.partition(),
                        result.imageId().getBytes(StandardCharsets.UTF_8),
                        json.write(result)),
                headers,
                trace);
    }

    private CompletableFuture<Void> send(DeadLetter story, Incoming origin, Context trace) {
        return send(again(topics.name(Topic.DLQ), null, origin), story.headers(), trace);
    }

    /** Into the partition it came from: its result must go there. */
    private CompletableFuture<Void> send(Task task, Retried retried, Incoming origin, Context trace) {
        return send(again(topics.name(task.retry()), origin.partition(), origin), retried.headers(), trace);
    }

    /** The record as it came. */
    private static ProducerRecord<byte[], byte[]> again(String topic, @Nullable Integer partition, Incoming origin) {
        var record = new ProducerRecord<>(topic, partition, origin.key(), origin.value());
        origin.originals().forEach(header -> record.headers().add(header.name(), header.value()));
        return record;
    }

    private CompletableFuture<Void> send(
            ProducerRecord<byte[], byte[]> record, Map<String, String> headers, Context trace) {
        var span = tracing.publish(record.topic(), trace);
        headers.forEach((name, text) -> put(record.headers(), name, text));
        tracing.headers(span).forEach((name, text) -> put(record.headers(), name, text));
        var sent = new CompletableFuture<Void>();
        producer.send(record, (_, failure) -> {
            span.end();
            if (failure == null) {
                sent.complete(null);
            } else {
                sent.completeExceptionally(failure);
            }
        });
        return sent;
    }

    private static void put(Headers headers, String name, String text) {
        headers.remove(name);
        headers.add(name, text.getBytes(StandardCharsets.UTF_8));
    }
}
