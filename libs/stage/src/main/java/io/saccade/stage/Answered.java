package io.saccade.stage;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
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

    /** These partitions are read from now on, and no others. Reads the tails of new ones first. For the poll loop. */
    void keep(Set<Integer> partitions) {
        indexes.keySet().retainAll(partitions);
        var added = new HashSet<>(partitions);
        added.removeAll(indexes.keySet());
        if (most == 0 || added.isEmpty()) {
            return;
        }
        added.forEach(partition -> indexes.put(partition, new Index()));
        tail.read(added, (partition, requestId, at) -> {
            var index = indexes.get(partition);
            if (index != null) {
                index.answered(requestId, new Known(at, true, -1, null));
            }
        });
    }

    /**
     * An image was taken: of those under one id the first goes first, as the join takes the first for the image and the others
     * for none. For the poll loop, in the order of the partition; ends with {@link #left}.
     */
    void taken(int partition, String id, long offset) {
        var index = indexes.get(partition);
        if (index != null) {
            index.taken(id, offset);
        }
    }

    /** An image that was taken has its end, or has none here. */
    void left(int partition, String id, long offset) {
        var index = indexes.get(partition);
        if (index != null) {
            index.left(id, offset);
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
     * A request that is to be answered.
     *
     * @param id     of the request
     * @param offset at which it came first
     * @param sha256 digest of the image's bytes, if the event tells it; asked for only where that matters
     * @param sent   when it was written
     * @param again  whether to answer even what was answered
     */
    record Asked(String id, long offset, Supplier<Optional<String>> sha256, Instant sent, boolean again) {}

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
                index.answered(asked.id(), new Known(at, false, asked.offset(), sha256));
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
     * @param offset   at which the request came; negative where that is not known
     * @param sha256   digest of the bytes that were answered for, or null
     */
    private record Known(
            Instant at,
            boolean fromTail,
            long offset,
            @org.jspecify.annotations.Nullable String sha256) {

        /**
         * Whether what was answered is another image, that came later under the id of this one and was faster, as this one
         * had to wait for its retry. That was no answer to this one.
         */
        boolean isOfALaterImage(Asked asked) {
            return asked.offset() < offset
                    && sha256 != null
                    && asked.sha256().get().filter(own -> !own.equals(sha256)).isPresent();
        }
    }

    private final class Index {

        private final ReentrantLock lock = new ReentrantLock();
        private final Condition changed = lock.newCondition();
        private final Set<String> atWork = new HashSet<>();
        private final Map<String, TreeSet<Long>> taken = new HashMap<>();
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
                    if (earlier == null || earlier.first() >= asked.offset()) {
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
                    && !answer.isOfALaterImage(asked);
        }

        void taken(String id, long offset) {
            lock.lock();
            try {
                taken.computeIfAbsent(id, _ -> new TreeSet<>()).add(offset);
            } finally {
                lock.unlock();
            }
        }

        void left(String id, long offset) {
            lock.lock();
            try {
                var offsets = taken.get(id);
                if (offsets != null && offsets.remove(offset)) {
                    if (offsets.isEmpty()) {
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
