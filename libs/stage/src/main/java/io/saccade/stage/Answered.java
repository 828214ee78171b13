package io.saccade.stage;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

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
                index.answered(requestId, new Known(at, true));
            }
        });
    }

    /**
     * Asks for the right to answer a request, and waits while an equal one is at work.
     *
     * @param sent  when the request was written
     * @param again whether to answer even what was answered
     * @throws InterruptedException if the stage is stopping
     */
    Claim claim(int partition, String requestId, Instant sent, boolean again) throws InterruptedException {
        var index = indexes.get(partition);
        return index == null ? new Claim(null, requestId, false) : index.claim(requestId, sent, again);
    }

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
        private final String requestId;
        private final boolean answered;

        private Claim(@org.jspecify.annotations.Nullable Index index, String requestId, boolean answered) {
            this.index = index;
            this.requestId = requestId;
            this.answered = answered;
        }

        /** Whether the request was answered before: there is nothing to do. */
        boolean isAnswered() {
            return answered;
        }

        /** The result is acknowledged. */
        void answered(Instant at) {
            if (index != null) {
                index.answered(requestId, new Known(at, false));
            }
        }

        @Override
        public void close() {
            if (index != null && !answered) {
                index.left(requestId);
            }
        }
    }

    /**
     * An answered request.
     *
     * @param at       when its result was written
     * @param fromTail whether only its result is known: then it stands for requests that were written before, which come
     *                 again after a crash; an erasure may lie between it and a later one
     */
    private record Known(Instant at, boolean fromTail) {}

    private final class Index {

        private final ReentrantLock lock = new ReentrantLock();
        private final Condition changed = lock.newCondition();
        private final Set<String> atWork = new HashSet<>();
        private final LinkedHashMap<String, Known> known = new LinkedHashMap<>() {
            private static final long serialVersionUID = 1L;

            @Override
            protected boolean removeEldestEntry(Map.Entry<String, Known> eldest) {
                return size() > most;
            }
        };

        Claim claim(String requestId, Instant sent, boolean again) throws InterruptedException {
            lock.lockInterruptibly();
            try {
                while (true) {
                    if (!again && isKnown(requestId, sent)) {
                        return new Claim(this, requestId, true);
                    }
                    if (atWork.add(requestId)) {
                        return new Claim(this, requestId, false);
                    }
                    changed.await();
                }
            } finally {
                lock.unlock();
            }
        }

        private boolean isKnown(String requestId, Instant sent) {
            var answer = known.get(requestId);
            return answer != null
                    && answer.at().plus(remember).isAfter(clock.instant())
                    && !(answer.fromTail() && sent.isAfter(answer.at()));
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
