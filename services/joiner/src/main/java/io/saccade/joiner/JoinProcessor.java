package io.saccade.joiner;

import static java.util.Objects.requireNonNull;

import io.opentelemetry.api.OpenTelemetry;
import io.saccade.contract.CloudEvent;
import io.saccade.contract.EventIds;
import io.saccade.contract.EventJson;
import io.saccade.contract.EventType;
import io.saccade.contract.MalformedEventException;
import io.saccade.contract.RequestReader;
import io.saccade.contract.event.DeadLetter;
import io.saccade.contract.event.Failure;
import io.saccade.contract.event.ImageEnriched;
import io.saccade.contract.event.StageResult;
import io.saccade.contract.topic.Topic;
import io.saccade.joiner.merge.JoinState;
import io.saccade.joiner.merge.JoinState.Answered;
import io.saccade.joiner.merge.JoinState.Erased;
import io.saccade.joiner.merge.JoinState.Move;
import io.saccade.joiner.merge.JoinState.Waiting;
import io.saccade.joiner.merge.Submission;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Pattern;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.streams.processor.PunctuationType;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.processor.api.RecordMetadata;
import org.apache.kafka.streams.state.KeyValueStore;
import org.jspecify.annotations.Nullable;

/**
 * The join of one partition: every record about an image comes here, in any order; joined answers and dead letters leave.
 * State, offsets and output are one transaction. Kafka Streams calls it from one thread.
 *
 * <p>A record of a topic of images that cannot be read ends here and nowhere else: as one dead letter and, when its key is
 * a usable id, as a refused answer. The stages only count it.
 */
final class JoinProcessor implements Processor<byte[], byte[], byte[], byte[]> {

    static final String STATES = "images";
    static final String DEADLINES = "deadlines";
    static final String ENRICHED = "enriched";
    static final String DLQ = "dlq";

    private static final String SOURCE = "/saccade/joiner";

    private static final Failure REUSED = new Failure(
            "event.id_reused",
            "another image was submitted under this id a short while ago; each image must have an id of its own",
            false);

    /**
     * Most deadlines that are looked at in one turn, if it does not last too long before. A million that are due at once must
     * neither outlast a transaction nor keep records and commits waiting: the next turn goes on where this one stopped.
     */
    static final int MOST_AT_ONCE = 1_000;

    private static final Duration LONGEST_TURN = Duration.ofMillis(100);

    /** How far ahead the index is read, so that the time of the next deadline is known and nothing is read until then. */
    private static final Duration AHEAD = Duration.ofSeconds(1);

    private static final String FIRST = Due.firstAt(Instant.EPOCH);

    private static final Pattern USABLE_ID = Pattern.compile("[\\x21-\\x7e]{1,200}");

    private final JoinConfig.Join config;
    private final Map<String, Topic> topics;
    private final EventJson json = EventJson.create();
    private final RequestReader reader = new RequestReader(json);
    private final JoinMetrics metrics;
    private final JoinTracing tracing;
    private final ThreadLocal<Pace> paces;

    private @Nullable ProcessorContext<byte[], byte[]> context;
    private @Nullable KeyValueStore<String, byte[]> states;
    private @Nullable KeyValueStore<String, byte[]> deadlines;
    private final AtomicLong open = new AtomicLong();
    private Instant quietUntil = Instant.MIN;
    private Pace pace = new Pace();

    /** It asked for the end of a transaction, which comes before it is called again to look at deadlines. */
    private boolean asked;

    /**
     * There is no key in the index before this one. A range that began earlier would walk over every deleted deadline again, and of a
     * million that have the same time over most of them, turn after turn.
     */
    private String lookFrom = FIRST;

    /**
     * One for each partition.
     *
     * @param topics by the name the broker knows
     * @param paces  of the threads, each shared by the partitions of its thread
     */
    JoinProcessor(
            JoinConfig.Join config,
            Map<String, Topic> topics,
            JoinMetrics metrics,
            OpenTelemetry telemetry,
            ThreadLocal<Pace> paces) {
        this.config = config;
        this.paces = paces;
        this.topics = topics;
        this.metrics = metrics;
        this.tracing = new JoinTracing(telemetry);
    }

    @Override
    public void init(ProcessorContext<byte[], byte[]> context) {
        this.context = context;
        states = context.getStateStore(STATES);
        deadlines = context.getStateStore(DEADLINES);
        // Called again on the same object when a transaction was rolled back, and deadlines came back with it.
        lookFrom = FIRST;
        pace = paces.get();
        asked = false;
        metrics.keep(open);
        open.set(0);
        // One deadline for each open image, and nothing else of its kind: counting them reads no state.
        try (var known = deadlines().all()) {
            known.forEachRemaining(entry -> open.addAndGet(Due.parse(entry.key).kind() == Due.Kind.EXPIRE ? 1 : 0));
        }
        // After a restart, results may lie unread in the topics: read them before anything is called late.
        quietUntil = Instant.ofEpochMilli(context.currentSystemTimeMs()).plus(config.grace());
        context.schedule(config.tick(), PunctuationType.WALL_CLOCK_TIME, now -> tick(Instant.ofEpochMilli(now)));
    }

    @Override
    public void close() {
        metrics.drop(open);
    }

    @Override
    public void process(Record<byte[], byte[]> read) {
        var metadata = context().recordMetadata().orElseThrow();
        var record = topic(metadata) == Topic.BACKFILL ? BehindLive.asWritten(read) : read;
        var headers = headers(record);
        pace.worked(now());
        try {
            switch (topic(metadata)) {
                case IMAGES, BACKFILL -> image(record, metadata, headers);
                case EMBEDDINGS -> result(json.read(EventType.EMBEDDING, record.value()));
                case CAPTIONS -> result(json.read(EventType.CAPTION, record.value()));
                case ANSWERS -> result(json.read(EventType.ANSWERS, record.value()));
                case MODERATIONS -> result(json.read(EventType.MODERATION, record.value()));
                default -> throw new IllegalStateException("no part of the join: " + metadata.topic());
            }
        } catch (MalformedEventException e) {
            malformed(record, metadata, headers, String.valueOf(e.getMessage()));
        }
    }

    private void image(Record<byte[], byte[]> record, RecordMetadata metadata, Map<String, String> headers)
            throws MalformedEventException {
        if (RequestReader.isErasure(headers, record.value())) {
            erased(record);
        } else {
            submitted(record, metadata, headers);
        }
    }

    /** Forgets an image, and tells the readers of the joined answers: a record without a value. */
    private void erased(Record<byte[], byte[]> record) throws MalformedEventException {
        var id = usableId(record.key())
                .orElseThrow(() -> new MalformedEventException("an erasure must have the image's id as its key"));
        var now = now();
        var before = state(id);
        move(id, before, before.erased(now), now);
        var event = new CloudEvent(EventIds.erased(id), EventType.IMAGE_ERASED, SOURCE, id, now);
        context().forward(new Record<>(record.key(), null, now.toEpochMilli(), headers(event)), ENRICHED);
        pace.answered(now);
        metrics.erased();
    }

    private void submitted(Record<byte[], byte[]> record, RecordMetadata metadata, Map<String, String> headers)
            throws MalformedEventException {
        var now = now();
        var event = reader.image(record.key(), headers, record.value(), Instant.ofEpochMilli(record.timestamp()), now);
        var submittedAt = event.submittedAt() == null ? Instant.ofEpochMilli(record.timestamp()) : event.submittedAt();
        var asked = topic(metadata) == Topic.BACKFILL
                ? backfillDeadline(event.deadline(), Instant.ofEpochMilli(record.timestamp()), now)
                : event.deadline() == null ? submittedAt.plus(patience(event.tenant())) : event.deadline();
        var soonest = now.plus(config.grace());
        var deadline = asked.isBefore(now) ? soonest : asked;
        var source = source(metadata);
        var submission = Submission.of(event, submittedAt, deadline, headers.get(CloudEvent.TRACEPARENT), source);
        var before = state(event.id());
        if (before.submission() != null && before.submission().isOtherImage(submission)) {
            deadLetter(record, metadata, headers, REUSED);
            return;
        }
        move(event.id(), before, before.submitted(submission, now), now);
    }

    /** An archive is sent again with the deadlines it once had: what is past is none. */
    private Instant backfillDeadline(@Nullable Instant own, Instant written, Instant now) {
        return own != null && own.isAfter(now) ? own : written.plus(config.backfillDeadline());
    }

    private static Submission.Source source(RecordMetadata metadata) {
        return new Submission.Source(metadata.topic(), metadata.partition(), metadata.offset());
    }

    private Duration patience(String tenant) {
        return config.deadlines().getOrDefault(tenant, config.deadline());
    }

    private void result(StageResult<?> result) {
        var now = now();
        var before = state(result.imageId());
        if (before.isForeign(result)) {
            metrics.foreign();
            return;
        }
        var move = before.result(result, now);
        if (before instanceof Answered && move.changed()) {
            metrics.late();
        }
        move(result.imageId(), before, move, now);
    }

    private void malformed(
            Record<byte[], byte[]> record, RecordMetadata metadata, Map<String, String> headers, String message) {
        var failure = new Failure("event.malformed", message, false);
        deadLetter(record, metadata, headers, failure);
        if (!topic(metadata).isImages()) {
            return;
        }
        usableId(record.key()).ifPresent(id -> {
            var now = now();
            var submission = Submission.refused(
                    id,
                    failure,
                    Instant.ofEpochMilli(record.timestamp()),
                    headers.get(CloudEvent.TRACEPARENT),
                    source(metadata));
            var before = state(id);
            move(id, before, before.submitted(submission, now), now);
        });
    }

    private void deadLetter(
            Record<byte[], byte[]> record, RecordMetadata metadata, Map<String, String> headers, Failure failure) {
        var now = now();
        var story = new DeadLetter(
                failure,
                "joiner",
                metadata.topic(),
                metadata.partition(),
                metadata.offset(),
                1,
                now,
                now,
                JoinTracing.traceId(headers.get(CloudEvent.TRACEPARENT)),
                null);
        var out = new RecordHeaders(record.headers());
        story.headers().forEach((name, text) -> out.add(name, text.getBytes(StandardCharsets.UTF_8)));
        context().forward(record.withHeaders(out), DLQ);
        pace.answered(now);
        metrics.deadLetter(failure.code());
    }

    private static Optional<String> usableId(byte @Nullable [] key) {
        return Optional.ofNullable(key)
                .map(bytes -> new String(bytes, StandardCharsets.UTF_8))
                .filter(id -> USABLE_ID.matcher(id).matches());
    }

    private void move(String id, JoinState before, Move move, Instant now) {
        if (!move.changed()) {
            return;
        }
        open.addAndGet((isOpen(move.next()) ? 1 : 0) - (isOpen(before) ? 1 : 0));
        states().put(id, StoredState.write(move.next()));
        reschedule(due(id, before, now), requireNonNull(due(id, move.next(), now), "a changed state is not new"));
        move.emit().ifPresent(enriched -> emit(enriched, move.next(), now));
    }

    private void emit(ImageEnriched enriched, JoinState state, Instant now) {
        var submission = state.submission();
        var traceparent = submission == null ? null : submission.traceparent();
        var event = new CloudEvent(
                EventIds.enriched(enriched.id(), enriched.revision()),
                EventType.IMAGE_ENRICHED.type(),
                SOURCE,
                enriched.id(),
                now);
        var headers = headers(event);
        tracing.joined(traceparent, enriched)
                .forEach((name, text) -> headers.add(name, text.getBytes(StandardCharsets.UTF_8)));
        context()
                .forward(
                        new Record<>(
                                enriched.id().getBytes(StandardCharsets.UTF_8),
                                json.write(enriched),
                                now.toEpochMilli(),
                                headers),
                        ENRICHED);
        pace.answered(now);
        metrics.emitted(enriched);
    }

    private void tick(Instant now) {
        if (asked) {
            asked = false;
            pace.ended(now);
        }
        if (!now.isBefore(quietUntil) && lookFrom.compareTo(Due.firstAfter(now)) < 0) {
            turn(now);
        }
        if (pace.shouldEnd(now)) {
            asked = true;
            context().commit();
        }
    }

    /** Looks at what is due: images past their deadline are answered, images long answered are forgotten. */
    private void turn(Instant now) {
        var from = lookFrom;
        lookFrom = Due.firstAt(now.plus(AHEAD));
        boolean answered = false;
        long start = System.nanoTime();
        try (var due = deadlines().range(from, lookFrom)) {
            for (int looked = 0; due.hasNext(); looked++) {
                var entry = Due.parse(due.next().key);
                if (entry.when().isAfter(now)) {
                    lookAgainFrom(entry.key());
                    break;
                }
                long took = System.nanoTime() - start;
                if (looked == MOST_AT_ONCE || (looked > 0 && took > LONGEST_TURN.toNanos())) {
                    lookAgainFrom(entry.key());
                    return; // more is due: its transaction ends later, for more answers at once
                }
                deadlines().delete(entry.key());
                answered |= due(entry, now.plusMillis(took / 1_000_000));
            }
        }
        if (answered) {
            pace.overdue(now); // nobody can read an answer that is due before its transaction has ended
        }
    }

    private void lookAgainFrom(String key) {
        if (key.compareTo(lookFrom) < 0) {
            lookFrom = key;
        }
    }

    /**
     * An entry says when to look, not what to do: the image may have moved on since it was written.
     *
     * @return whether there is an answer
     */
    private boolean due(Due entry, Instant now) {
        pace.worked(now);
        var bytes = states().get(entry.id());
        if (bytes == null) {
            return false;
        }
        var state = StoredState.read(bytes);
        return switch (entry.kind()) {
            case EXPIRE -> {
                var move = state.expired(now);
                move(entry.id(), state, move, now);
                yield move.emit().isPresent();
            }
            case FORGET -> {
                boolean forget =
                        switch (state) {
                            case Waiting waiting -> waiting.submission() == null; // results whose image never came
                            case Answered answered ->
                                !answered.answeredAt().plus(config.retention()).isAfter(now);
                            case Erased erased ->
                                !erased.erasedAt().plus(config.retention()).isAfter(now);
                        };
                if (forget) {
                    states().delete(entry.id());
                } else {
                    remember(entry.id(), state, now);
                }
                yield false;
            }
        };
    }

    /** Not yet to be forgotten, for images are remembered longer than when the entry was written: there must be another. */
    private void remember(String id, JoinState state, Instant now) {
        var next = due(id, state, now);
        if (next != null && next.kind() == Due.Kind.FORGET) {
            reschedule(null, next);
        }
    }

    /** Submitted and not answered. */
    private static boolean isOpen(JoinState state) {
        return state instanceof Waiting waiting && waiting.submission() != null;
    }

    /** When to look at an image in this state again; null for one of which nothing is known. */
    private @Nullable Due due(String id, JoinState state, Instant now) {
        return switch (state) {
            case Waiting waiting
            when waiting.submission() != null -> new Due(waiting.submission().deadline(), Due.Kind.EXPIRE, id);
            case Waiting results ->
                results.equals(JoinState.NEW) ? null : new Due(now.plus(config.retention()), Due.Kind.FORGET, id);
            case Answered answered -> new Due(answered.answeredAt().plus(config.retention()), Due.Kind.FORGET, id);
            case Erased erased -> new Due(erased.erasedAt().plus(config.retention()), Due.Kind.FORGET, id);
        };
    }

    private void reschedule(@Nullable Due before, Due next) {
        if (next.equals(before)) {
            return;
        }
        if (before != null && before.kind() == Due.Kind.EXPIRE) {
            deadlines().delete(before.key());
        }
        deadlines().put(next.key(), new byte[0]);
        lookAgainFrom(next.key());
    }

    private JoinState state(String id) {
        var bytes = states().get(id);
        return bytes == null ? JoinState.NEW : StoredState.read(bytes);
    }

    private Topic topic(RecordMetadata metadata) {
        var topic = topics.get(metadata.topic());
        if (topic == null) {
            throw new IllegalStateException("a record came from " + metadata.topic() + ", which is not subscribed");
        }
        return topic;
    }

    private Instant now() {
        return Instant.ofEpochMilli(context().currentSystemTimeMs());
    }

    private static RecordHeaders headers(CloudEvent event) {
        var headers = new RecordHeaders();
        event.headers().forEach((name, text) -> headers.add(name, text.getBytes(StandardCharsets.UTF_8)));
        return headers;
    }

    private static Map<String, String> headers(Record<byte[], byte[]> record) {
        var headers = new LinkedHashMap<String, String>();
        for (var header : record.headers()) {
            if (header.value() != null) {
                headers.put(header.key(), new String(header.value(), StandardCharsets.UTF_8));
            }
        }
        return headers;
    }

    private ProcessorContext<byte[], byte[]> context() {
        return requireNonNull(context, "init first");
    }

    private KeyValueStore<String, byte[]> states() {
        return requireNonNull(states, "init first");
    }

    private KeyValueStore<String, byte[]> deadlines() {
        return requireNonNull(deadlines, "init first");
    }
}
