package io.saccade.stage;

import io.opentelemetry.context.Context;
import io.saccade.contract.event.Retried;
import io.saccade.contract.topic.Topic;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.WakeupException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The poll loop of a stage: takes records, gives each to a virtual thread, and commits an offset only when every record
 * up to it has been settled, which is when its end is acknowledged.
 *
 * <p>Records finish in any order. What is held at once is bounded; at the bound, or while the model is away, partitions
 * pause and the loop goes on polling, so that slow work never costs the membership in the group. When partitions are
 * taken away, or the stage stops, nothing more is taken, and what is at work may finish within a bound; what does not is
 * not committed and comes again elsewhere.
 *
 * <p>Records of backfill are taken as {@link BackfillShare} allows. What a poll brings of them beyond that waits here, its
 * partitions paused, and is neither tracked nor committed before it is taken: the position of the consumer is no position
 * of this loop.
 *
 * <p>One thread owns the consumer and the trackers; everything else talks to it through a queue.
 */
final class ConsumeLoop implements AutoCloseable {

    private static final Logger LOGGER = LoggerFactory.getLogger(ConsumeLoop.class);
    private static final Duration LOOK = Duration.ofMillis(50);

    /** Longest wait for a record, or for room for one: the loop comes round at least so often. */
    private static final Duration WAIT = Duration.ofMillis(100);

    /** The same while some partitions are paused and others may bring a record at any time. */
    private static final Duration SHORT_WAIT = Duration.ofMillis(5);

    private final Settings settings;
    private final Map<String, Topic> topics;
    private final KafkaConsumer<byte[], byte[]> consumer;
    private final Handler handler;
    private final Retries retries;
    private final ModelGate gate;
    private final InFlight inFlight;
    private final StageMetrics metrics;
    private final Tracing tracing;
    private final Partitions partitions;
    private final Clock clock;
    private final Consumer<Throwable> broken;

    private final Thread thread;
    private final ExecutorService workers = Executors.newThreadPerTaskExecutor(
            Thread.ofVirtual().name("record-", 0).factory());
    private final ConcurrentLinkedQueue<Settled> settled = new ConcurrentLinkedQueue<>();
    private final Map<TopicPartition, Assigned> assigned = new HashMap<>();
    private final ArrayDeque<Fetched> fetched = new ArrayDeque<>();
    private volatile boolean stopping;
    private volatile boolean joined;
    private volatile boolean woken;
    private volatile boolean waitsForRoom;
    private volatile boolean backfillWaitsForRoom;
    private volatile boolean liveWaits = true;
    private volatile @Nullable Throwable failure;
    private volatile long lastTurn = System.nanoTime();
    private long generations;
    private long lastCommit = System.nanoTime();
    private final Map<TopicPartition, Long> held = new HashMap<>();
    private boolean backfillWaits;
    private long looked = System.nanoTime();

    /**
     * Bounds of the loop.
     *
     * @param commitInterval how often settled offsets are committed; what lies between is done again after a crash
     * @param drain          longest wait for records at work on a rebalance or stop
     */
    record Settings(Duration commitInterval, Duration drain) {}

    /** Takes one record to its published end. */
    interface Handler {

        /** A record was taken. In the order of the partition, before {@link #handle}, on the thread of the loop: quick. */
        default void taken(Incoming record) {}

        Ending handle(Incoming record, Context trace) throws Exception;
    }

    /**
     * Which records are to wait.
     *
     * @param topic  where records lie that were tried before
     * @param budget of all further attempts
     * @param clock  tells the time
     */
    record Retries(Topic topic, RetryBudget budget, Clock clock) {

        private static final Duration WITHOUT_BUDGET = Duration.ofMillis(250);

        /** How long a record has to wait before it is taken; zero or less for not at all. */
        Duration wait(Incoming record) {
            var earlier = record.earlier();
            if (earlier == null) {
                return Duration.ZERO;
            }
            var now = clock.instant();
            if (!now.isBefore(earlier.until())) {
                return Duration.ZERO; // it is given up without an attempt
            }
            if (now.isBefore(earlier.due())) {
                return Duration.between(now, earlier.due());
            }
            return budget.mayRetry(RetryBudget.Place.TOPIC) ? Duration.ZERO : WITHOUT_BUDGET;
        }
    }

    /** Is told which partitions are read. For the thread of the loop; may block a while. */
    interface Partitions {

        /**
         * Before a record of a new one is taken.
         *
         * @param numbers of all partitions that are read from now on, of whichever topic
         * @param added   numbers of those that are new
         */
        void read(Set<Integer> numbers, Set<Integer> added);
    }

    private record Settled(TopicPartition partition, long generation, long offset) {}

    private record Assigned(long generation, OffsetTracker tracker, Topic topic) {

        boolean isBackfill() {
            return topic == Topic.BACKFILL;
        }
    }

    /** A record of backfill that a poll brought and nobody has taken. */
    private record Fetched(TopicPartition partition, ConsumerRecord<byte[], byte[]> record) {}

    /**
     * Everything the loop needs; {@link #start()} starts it.
     *
     * @param topics   by the name the broker knows
     * @param consumer owned by the loop from now on
     * @param partitions told which partitions are read
     * @param broken   told when the loop ends though nobody stopped it
     */
    ConsumeLoop(
            String stage,
            Settings settings,
            Map<String, Topic> topics,
            KafkaConsumer<byte[], byte[]> consumer,
            Handler handler,
            Retries retries,
            ModelGate gate,
            InFlight inFlight,
            StageMetrics metrics,
            Tracing tracing,
            Partitions partitions,
            Clock clock,
            Consumer<Throwable> broken) {
        this.settings = settings;
        this.topics = Map.copyOf(topics);
        this.consumer = consumer;
        this.handler = handler;
        this.retries = retries;
        this.gate = gate;
        this.inFlight = inFlight;
        this.metrics = metrics;
        this.tracing = tracing;
        this.partitions = partitions;
        this.clock = clock;
        this.broken = broken;
        this.thread = Thread.ofPlatform().name(stage + "-poll").unstarted(this::run);
    }

    void start() {
        thread.start();
    }

    /** Whether the group has given this member its share, even if that is nothing. */
    boolean joined() {
        return joined;
    }

    /** How long ago the loop last came round; it does so many times a second. */
    Duration sinceLastTurn() {
        return Duration.ofNanos(System.nanoTime() - lastTurn);
    }

    /** Stops taking, lets records at work finish within the bound, commits, leaves the group. */
    @Override
    public void close() {
        stopping = true;
        consumer.wakeup();
        LockSupport.unpark(thread);
        try {
            thread.join(settings.drain().plusSeconds(10));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void run() {
        try {
            consumer.subscribe(topics.keySet(), new Rebalance());
            while (!stopping) {
                turn();
            }
            drain(Map.copyOf(assigned));
            assigned.clear(); // on closing, the consumer gives them back, and they would be waited for once more
        } catch (Throwable e) {
            failure = e;
            LOGGER.atError().setCause(e).log("the poll loop broke");
        } finally {
            workers.shutdownNow();
            try {
                consumer.close(org.apache.kafka.clients.consumer.CloseOptions.timeout(Duration.ofSeconds(5)));
            } catch (KafkaException e) {
                LOGGER.atWarn().setCause(e).log("the consumer could not leave its group, the broker will notice");
            }
        }
        var cause = failure;
        if (cause != null) {
            broken.accept(cause);
        }
    }

    private void turn() {
        lastTurn = System.nanoTime();
        look();
        boolean atOnce = pauseWhatMustWait();
        int paused = consumer.paused().size();
        try {
            var records = consumer.poll(atOnce || paused > 0 ? Duration.ZERO : WAIT);
            for (var partition : records.partitions()) {
                take(partition, records.records(partition));
            }
            takeFetched();
            if (paused > 0 && !atOnce && records.isEmpty()) {
                rest(paused == assigned.size() ? WAIT : SHORT_WAIT);
            }
        } catch (WakeupException e) {
            // The stage is stopping.
        }
        settle();
        if (System.nanoTime() - lastCommit >= settings.commitInterval().toNanos()) {
            lastCommit = System.nanoTime();
            commit(assigned, false);
        }
        var cause = failure;
        if (cause != null) {
            throw new IllegalStateException("a record could not be brought to an end", cause);
        }
    }

    /**
     * Waits until there is room again, for a while at most. Kafka's consumer must not do this waiting while it holds records of
     * paused partitions: it puts them back each time it looks, takes that for news, and asks as fast as it can until its time
     * is over, with two threads (KAFKA-21084).
     */
    private void rest(Duration longest) {
        if (!woken && !stopping) {
            LockSupport.parkNanos(longest.toNanos());
        }
    }

    /**
     * Asks the consumer what lies ready, as its last fetches told. Each question goes to its other thread and back, so it is
     * not asked at every turn. Of what is not known yet, live records may lie ready and backfill does not.
     */
    private void look() {
        long now = System.nanoTime();
        if (now - looked < LOOK.toNanos()) {
            return;
        }
        looked = now;
        if (assigned.values().stream().noneMatch(Assigned::isBackfill)) {
            return;
        }
        backfillWaits = liesReady(Assigned::isBackfill, 0);
        boolean matters = backfillWaits || !fetched.isEmpty() || inFlight.backfill() > 0;
        // What waits in the retry topic waits for its time, not for a slot.
        liveWaits = !matters || liesReady(owner -> !owner.isBackfill() && owner.topic() != retries.topic(), 1);
    }

    private boolean liesReady(Predicate<Assigned> which, long unknown) {
        return assigned.entrySet().stream()
                .filter(owner -> which.test(owner.getValue()))
                .anyMatch(owner -> consumer.currentLag(owner.getKey()).orElse(unknown) > 0);
    }

    /** Pauses what the next poll must not bring, and returns whether there is something to take besides. */
    private boolean pauseWhatMustWait() {
        woken = false;
        boolean full = inFlight.full();
        boolean open = gate.isOpen();
        boolean room = inFlight.roomForBackfill(liveWaits) > 0;
        metrics.paused(!open, full);
        waitsForRoom = open && full;
        backfillWaitsForRoom = open && !room && (backfillWaits || !fetched.isEmpty());
        // A record may have left between the questions and the flags.
        full = full && inFlight.full();
        room = room || inFlight.roomForBackfill(liveWaits) > 0;
        long now = System.nanoTime();
        held.values().removeIf(until -> until - now <= 0);
        pauseAllBut(NextPoll.of(open, full, room && fetched.isEmpty()));
        return open && room && !fetched.isEmpty();
    }

    private void pauseAllBut(NextPoll poll) {
        var paused = consumer.paused();
        var stop = new HashSet<TopicPartition>();
        var go = new HashSet<TopicPartition>();
        assigned.forEach((partition, owner) -> {
            boolean wanted = (owner.isBackfill() ? poll.backfill() : poll.live()) && !held.containsKey(partition);
            if (wanted == paused.contains(partition)) {
                var _ = (wanted ? go : stop).add(partition);
            }
        });
        consumer.pause(stop);
        consumer.resume(go);
    }

    private void take(TopicPartition partition, List<ConsumerRecord<byte[], byte[]>> records) {
        var owner = assigned.get(partition);
        if (owner == null) {
            throw new IllegalStateException("a record came from " + partition + ", which is not assigned");
        }
        for (var record : records) {
            if (owner.isBackfill()) {
                fetched.add(new Fetched(partition, record));
                continue;
            }
            var incoming = incoming(record);
            var wait = retries.wait(incoming);
            if (wait.isPositive()) {
                hold(partition, record.offset(), wait);
                return;
            }
            take(partition, owner, record.offset(), incoming);
        }
    }

    /** Takes records of backfill as long as there is room for them. */
    private void takeFetched() {
        while (!fetched.isEmpty() && gate.isOpen() && inFlight.roomForBackfill(liveWaits) > 0) {
            var next = fetched.remove();
            take(
                    next.partition(),
                    Objects.requireNonNull(assigned.get(next.partition()), "dropped with its partition"),
                    next.record().offset(),
                    incoming(next.record()));
        }
    }

    /** Goes on with a partition from this record on, a while later; the loop goes on with the others meanwhile. */
    private void hold(TopicPartition partition, long offset, Duration wait) {
        consumer.seek(partition, offset);
        consumer.pause(Set.of(partition));
        held.put(partition, System.nanoTime() + wait.toNanos());
    }

    private void take(TopicPartition partition, Assigned owner, long offset, Incoming incoming) {
        owner.tracker().taken(offset);
        handler.taken(incoming);
        var size = incoming.size();
        inFlight.entered(size, incoming.topic() == Topic.BACKFILL);
        workers.execute(() -> work(incoming, size, new Settled(partition, owner.generation(), offset)));
    }

    private void work(Incoming record, long size, Settled end) {
        var span = tracing.record(record);
        var trace = Context.root().with(span);
        try {
            var ending = handler.handle(record, trace);
            metrics.ended(ending, record.timestamp(), clock.instant());
            settled.add(end);
        } catch (InterruptedException e) {
            // Stopping: the record has no end, is not committed, and comes again.
            Thread.currentThread().interrupt();
        } catch (Throwable e) {
            LOGGER.atError()
                    .setCause(e)
                    .addKeyValue("topic", record.topicName())
                    .addKeyValue("partition", record.partition())
                    .addKeyValue("offset", record.offset())
                    .log("the end of a record could not be published");
            failure = e;
        } finally {
            span.end();
            inFlight.left(size, record.topic() == Topic.BACKFILL);
            wake();
        }
    }

    /** Wakes the loop if this is what it waits for. */
    private void wake() {
        if ((waitsForRoom && !inFlight.full()) || (backfillWaitsForRoom && inFlight.roomForBackfill(liveWaits) > 0)) {
            waitsForRoom = false;
            backfillWaitsForRoom = false;
            woken = true;
            LockSupport.unpark(thread);
        }
    }

    /** Hands what the workers have settled to the trackers; a partition that was lost meanwhile is not ours to commit. */
    private void settle() {
        for (Settled end; (end = settled.poll()) != null; ) {
            var owner = assigned.get(end.partition());
            if (owner != null && owner.generation() == end.generation()) {
                owner.tracker().settled(end.offset());
            }
        }
    }

    private void commit(Map<TopicPartition, Assigned> partitions, boolean wait) {
        var offsets = new HashMap<TopicPartition, OffsetAndMetadata>();
        partitions.forEach((partition, owner) -> owner.tracker()
                .toCommit()
                .ifPresent(position -> offsets.put(partition, new OffsetAndMetadata(position))));
        if (offsets.isEmpty()) {
            return;
        }
        if (wait) {
            consumer.commitSync(offsets, Duration.ofSeconds(5));
            offsets.forEach((partition, position) -> committed(partition, position.offset()));
        } else {
            consumer.commitAsync(offsets, (done, problem) -> {
                if (problem == null) {
                    done.forEach((partition, position) -> committed(partition, position.offset()));
                } else {
                    LOGGER.atDebug().setCause(problem).log("a commit failed, the next one will carry it");
                }
            });
        }
    }

    private void committed(TopicPartition partition, long position) {
        var owner = assigned.get(partition);
        if (owner != null) {
            owner.tracker().committed(position);
        }
    }

    /** Lets the records of some partitions finish within the bound, and commits how far they came. */
    private void drain(Map<TopicPartition, Assigned> partitions) {
        var until = System.nanoTime() + settings.drain().toNanos();
        settle();
        while (atWork(partitions) > 0 && System.nanoTime() < until && failure == null) {
            try {
                Thread.sleep(5); // not a poll: nothing more may be taken while partitions are on their way out
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                break;
            }
            settle();
        }
        int left = atWork(partitions);
        if (left > 0) {
            LOGGER.atInfo().addKeyValue("records", left).log("records did not finish in time, they will come again");
        }
        commitAndWait(partitions);
    }

    private void commitAndWait(Map<TopicPartition, Assigned> partitions) {
        while (true) {
            try {
                commit(partitions, true);
                return;
            } catch (WakeupException e) {
                // Meant for a poll: the commit is still owed.
            } catch (KafkaException e) {
                LOGGER.atWarn().setCause(e).log("offsets could not be committed, some records will come again");
                return;
            }
        }
    }

    private static int atWork(Map<TopicPartition, Assigned> partitions) {
        return partitions.values().stream()
                .mapToInt(owner -> owner.tracker().atWork())
                .sum();
    }

    private Incoming incoming(ConsumerRecord<byte[], byte[]> record) {
        var headers = new LinkedHashMap<String, String>();
        var originals = new ArrayList<Incoming.Header>();
        for (var header : record.headers()) {
            if (header.value() != null) {
                headers.put(header.key(), new String(header.value(), StandardCharsets.UTF_8));
            }
            if (!Retried.isStory(header.key())) {
                originals.add(new Incoming.Header(header.key(), header.value()));
            }
        }
        var topic = topic(record.topic());
        var earlier = topic == retries.topic() ? earlier(record.partition(), headers) : null;
        var origin = earlier == null ? null : topics.get(earlier.topic());
        return new Incoming(
                origin == null ? topic : origin,
                earlier == null ? record.topic() : earlier.topic(),
                record.partition(),
                earlier == null ? record.offset() : earlier.offset(),
                record.key(),
                record.value(),
                headers,
                originals,
                earlier == null ? Instant.ofEpochMilli(record.timestamp()) : earlier.sent(),
                earlier);
    }

    private Topic topic(String name) {
        var topic = topics.get(name);
        if (topic == null) {
            throw new IllegalStateException("a record came from " + name + ", which is not subscribed");
        }
        return topic;
    }

    /** Null when the record does not say what it has behind it; it is then no request of any kind. */
    private @Nullable Retried earlier(int partition, Map<String, String> headers) {
        try {
            var earlier = Retried.fromHeaders(headers);
            var origin = topics.get(earlier.topic());
            return origin != null && origin != retries.topic() && earlier.partition() == partition ? earlier : null;
        } catch (IllegalArgumentException e) {
            return null;
        }
    }

    private final class Rebalance implements ConsumerRebalanceListener {

        @Override
        public void onPartitionsAssigned(Collection<TopicPartition> partitions) {
            joined = true;
            for (var partition : partitions) {
                assigned.put(partition, new Assigned(++generations, new OffsetTracker(), topic(partition.topic())));
            }
            tellPartitions(numbers(partitions));
        }

        @Override
        public void onPartitionsRevoked(Collection<TopicPartition> partitions) {
            var leaving = new HashMap<>(assigned);
            leaving.keySet().retainAll(partitions);
            drain(leaving);
            forget(partitions);
        }

        @Override
        public void onPartitionsLost(Collection<TopicPartition> partitions) {
            forget(partitions);
        }

        private void forget(Collection<TopicPartition> partitions) {
            partitions.forEach(assigned::remove);
            partitions.forEach(held::remove);
            fetched.removeIf(record -> partitions.contains(record.partition()));
            tellPartitions(Set.of());
        }

        private void tellPartitions(Set<Integer> added) {
            ConsumeLoop.this.partitions.read(numbers(assigned.keySet()), added);
        }

        private static Set<Integer> numbers(Collection<TopicPartition> partitions) {
            return partitions.stream().map(TopicPartition::partition).collect(Collectors.toSet());
        }
    }
}
