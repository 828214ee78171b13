package io.saccade.stage;

import io.saccade.contract.topic.Topic;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;

/**
 * Which requests were answered a short while ago, so that what comes again, after a crash or because somebody sent it
 * twice, is not computed again. Bounded in number and time; a request that is forgotten is computed again, which costs
 * only work. Of equal requests at work at once, one is answered and the others wait for it. Thread-safe.
 *
 * <p>Results lie in the partition of their requests, so each partition has an index of its own, filled from the end of
 * that partition's results when it is assigned, and dropped when it is taken away.
 */
final class Answered {

    private final int most;
    private final Duration remember;
    private final Clock clock;
    private final Tail tail;
    private final Map<Integer, Index> indexes = new ConcurrentHashMap<>();

    /** Reads what was published last. */
    interface Tail {

        /** Hands over the requests that were answered last in some partitions, in order within each. */
        void read(Set<Integer> partitions, Found found);
    }

    /** Takes a request that was answered. */
    interface Found {
        void accept(int partition, String requestId, Instant at);
    }

    /**
     * An empty memory.
     *
     * @param most     most requests remembered for each partition; 0 to remember none
     * @param remember how long; shorter than the join remembers an image, or what it has forgotten would never be answered
     */
    Answered(int most, Duration remember, Clock clock, Tail tail) {
        this.most = most;
        this.remember = remember;
        this.clock = clock;
        this.tail = tail;
    }

    /**
     * Partitions with these numbers are read from now on, and no others. For the poll loop.
     *
     * @param partitions all numbers
     * @param added      those of which a partition is new here, of whichever topic: another replica may have answered its last
     *                   records, so the tails of these are read first
     */
    void keep(Set<Integer> partitions, Set<Integer> added) {
        indexes.keySet().retainAll(partitions);
        if (most == 0 || added.isEmpty()) {
            return;
        }
        added.forEach(partition -> indexes.computeIfAbsent(partition, _ -> new Index()));
        tail.read(added, (partition, requestId, at) -> {
            var index = indexes.get(partition);
            if (index != null) {
                index.readBack(requestId, new Known(at, true, null, null));
            }
        });
    }

    /**
     * An image was taken: of those under one id the first goes first, as the join takes the first for the image and the others
     * for none. For the poll loop, in the order of the partition; ends with {@link #left}.
     */
    void taken(int partition, String id, Place place) {
        var index = indexes.get(partition);
        if (index != null) {
            index.taken(id, place);
        }
    }

    /** An image that was taken has its end, or has none here. */
    void left(int partition, String id, Place place) {
        var index = indexes.get(partition);
        if (index != null) {
            index.left(id, place);
        }
    }

    /**
     * Asks for the right to answer a request, and waits while an equal one is at work, or an earlier image under its id.
     *
     * @throws InterruptedException if the stage is stopping
     */
    Claim claim(int partition, Asked asked) throws InterruptedException {
        var index = indexes.get(partition);
        return index == null ? new Claim(null, asked, false) : index.claim(asked);
    }

    /**
     * Where a request lies in partitions of one number. Of two in one topic the order is Kafka's; between topics there is
     * none, and any that all agree on will do: live first.
     *
     * @param topic  from which it came first
     * @param offset and at which offset
     */
    record Place(Topic topic, long offset) implements Comparable<Place> {

        private static final Comparator<Place> ORDER =
                Comparator.comparing(Place::topic).thenComparingLong(Place::offset);

        @Override
        public int compareTo(Place that) {
            return ORDER.compare(this, that);
        }
    }

    /**
     * A request that is to be answered.
     *
     * @param id     of the request
     * @param place  where it came first
     * @param sha256 digest of the image's bytes, if the event tells it; asked for only where that matters
     * @param sent   when it was written
     * @param again  whether to answer even what was answered
     */
    record Asked(String id, Place place, Supplier<Optional<String>> sha256, Instant sent, boolean again) {}

    /** An image was erased: sent anew, it is another one. For the poll loop, before it takes what lies behind. */
    void forget(int partition, String requestId) {
        var index = indexes.get(partition);
        if (index != null) {
            index.forget(requestId);
        }
    }

    /** How many requests are remembered. */
    int size() {
        return indexes.values().stream().mapToInt(Index::size).sum();
    }

    /** The right to answer a request; to be closed when its end is acknowledged, or there is none. For one thread. */
    static final class Claim implements AutoCloseable {

        private final @org.jspecify.annotations.Nullable Index index;
        private final Asked asked;
        private final boolean answered;

        private Claim(@org.jspecify.annotations.Nullable Index index, Asked asked, boolean answered) {
            this.index = index;
            this.asked = asked;
            this.answered = answered;
        }

        /** Whether the request was answered before: there is nothing to do. */
        boolean isAnswered() {
            return answered;
        }

        /**
         * The result is acknowledged.
         *
         * @param sha256 digest of the bytes it is of, or null
         */
        void answered(Instant at, @org.jspecify.annotations.Nullable String sha256) {
            if (index != null) {
                index.answered(asked.id(), new Known(at, false, asked.place(), sha256));
            }
        }

        @Override
        public void close() {
            if (index != null && !answered) {
                index.left(asked.id());
            }
        }
    }

    /**
     * An answered request.
     *
     * @param at       when its result was written
     * @param fromTail whether only its result is known: then it stands for requests that were written before, which come
     *                 again after a crash; an erasure may lie between it and a later one
     * @param place    where the request came; null where that is not known
     * @param sha256   digest of the bytes that were answered for, or null
     */
    private record Known(
            Instant at,
            boolean fromTail,
            @org.jspecify.annotations.Nullable Place place,
            @org.jspecify.annotations.Nullable String sha256) {

        /**
         * Whether what was answered is another image under the id of this one, of which the join may have taken this one: it
         * came later and was faster, as this one had to wait for its retry; or it came by another topic, and which of both was
         * first the join alone can tell. That was no answer to this one.
         */
        boolean isOfAnotherImage(Asked asked) {
            return place != null
                    && (asked.place().topic() != place.topic() || asked.place().offset() < place.offset())
                    && sha256 != null
                    && asked.sha256().get().filter(own -> !own.equals(sha256)).isPresent();
        }
    }

    private final class Index {

        private final ReentrantLock lock = new ReentrantLock();
        private final Condition changed = lock.newCondition();
        private final Set<String> atWork = new HashSet<>();
        private final Map<String, TreeSet<Place>> taken = new HashMap<>();
        private final LinkedHashMap<String, Known> known = new LinkedHashMap<>() {
            private static final long serialVersionUID = 1L;

            @Override
            protected boolean removeEldestEntry(Map.Entry<String, Known> eldest) {
                return size() > most;
            }
        };

        Claim claim(Asked asked) throws InterruptedException {
            lock.lockInterruptibly();
            try {
                while (true) {
                    var earlier = taken.get(asked.id());
                    if (earlier == null || earlier.first().compareTo(asked.place()) >= 0) {
                        if (!asked.again() && isKnown(asked)) {
                            return new Claim(this, asked, true);
                        }
                        if (atWork.add(asked.id())) {
                            return new Claim(this, asked, false);
                        }
                    }
                    changed.await();
                }
            } finally {
                lock.unlock();
            }
        }

        private boolean isKnown(Asked asked) {
            var answer = known.get(asked.id());
            return answer != null
                    && answer.at().plus(remember).isAfter(clock.instant())
                    && !(answer.fromTail() && asked.sent().isAfter(answer.at()))
                    && !answer.isOfAnotherImage(asked);
        }

        void taken(String id, Place place) {
            lock.lock();
            try {
                taken.computeIfAbsent(id, _ -> new TreeSet<>()).add(place);
            } finally {
                lock.unlock();
            }
        }

        void left(String id, Place place) {
            lock.lock();
            try {
                var places = taken.get(id);
                if (places != null && places.remove(place)) {
                    if (places.isEmpty()) {
                        taken.remove(id);
                    }
                    changed.signalAll();
                }
            } finally {
                lock.unlock();
            }
        }

        void forget(String requestId) {
            lock.lock();
            try {
                known.remove(requestId);
            } finally {
                lock.unlock();
            }
        }

        void answered(String requestId, Known answer) {
            lock.lock();
            try {
                known.remove(requestId); // so that it counts as the youngest
                known.put(requestId, answer);
            } finally {
                lock.unlock();
            }
        }

        /** Of a result that was read: what this replica knows of its own is more, unless it is older. */
        void readBack(String requestId, Known answer) {
            lock.lock();
            try {
                var known = this.known.get(requestId);
                if (known == null || known.fromTail() || known.at().isBefore(answer.at())) {
                    answered(requestId, answer);
                }
            } finally {
                lock.unlock();
            }
        }

        void left(String requestId) {
            lock.lock();
            try {
                atWork.remove(requestId);
                changed.signalAll();
            } finally {
                lock.unlock();
            }
        }

        int size() {
            lock.lock();
            try {
                return known.size();
            } finally {
                lock.unlock();
            }
        }
    }
}
