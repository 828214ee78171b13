package io.saccade.modelserver.batching;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Requests that wait, by priority, and the choice of those that run next. Instances of a model wait here; whichever is free takes.
 *
 * <p>A batch is the head of the queue and those behind it of the same {@link Job.Kind}, up to the largest size. It goes at once when it can
 * not grow: it is full, or the next does not fit. Otherwise it goes when a preferred size is reached, or when its oldest request has waited
 * for the configured delay. Requests are never overtaken within their priority.
 */
final class RequestQueue {
    private final BatchRules rules;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final List<Deque<Job>> waiting = new ArrayList<>();
    private final List<Deque<Job>> delayed = new ArrayList<>();
    private boolean closed;

    RequestQueue(BatchRules rules) {
        this.rules = rules;
        for (int i = 0; i < rules.lanes().size(); i++) {
            waiting.add(new ArrayDeque<>());
            delayed.add(new ArrayDeque<>());
        }
    }

    /** What became of an offered job. */
    enum Offered {
        TAKEN,
        FULL,
        CLOSED
    }

    Offered offer(Job job) {
        int lane = rules.lane(job.priority());
        int limit = rules.lanes().get(lane).maxSize();
        lock.lock();
        try {
            if (closed) {
                return Offered.CLOSED;
            }
            if (limit > 0 && waiting.get(lane).size() + delayed.get(lane).size() >= limit) {
                return Offered.FULL;
            }
            job.queuedAt(System.nanoTime());
            waiting.get(lane).add(job);
            changed.signalAll();
            return Offered.TAKEN;
        } finally {
            lock.unlock();
        }
    }

    /** Takes a job out, if it still waits. */
    boolean remove(Job job) {
        int lane = rules.lane(job.priority());
        lock.lock();
        try {
            boolean removed = waiting.get(lane).remove(job) || delayed.get(lane).remove(job);
            if (removed) {
                changed.signalAll();
            }
            return removed;
        } finally {
            lock.unlock();
        }
    }

    /** Puts a job behind all others of its priority, if it still waits. */
    void postpone(Job job) {
        int lane = rules.lane(job.priority());
        lock.lock();
        try {
            if (waiting.get(lane).remove(job)) {
                delayed.get(lane).add(job);
                changed.signalAll();
            }
        } finally {
            lock.unlock();
        }
    }

    int size() {
        lock.lock();
        try {
            int size = 0;
            for (int i = 0; i < waiting.size(); i++) {
                size += waiting.get(i).size() + delayed.get(i).size();
            }
            return size;
        } finally {
            lock.unlock();
        }
    }

    /**
     * The next batch; waits for it.
     *
     * @param dropped is given, under the queue's lock, each job that nobody waits for any more
     * @return null once the queue is closed and empty
     */
    @Nullable
    List<Job> take(Consumer<Job> dropped) throws InterruptedException {
        lock.lockInterruptibly();
        try {
            while (true) {
                dropCancelled(dropped);
                Candidate candidate = candidate();
                if (candidate == null) {
                    if (closed) {
                        return null;
                    }
                    changed.await();
                    continue;
                }
                long wait = closed ? 0 : candidate.waitNanos(System.nanoTime());
                if (wait <= 0) {
                    List<Job> batch = candidate.batch();
                    HashSet<Job> taken = new HashSet<>(batch);
                    waiting.forEach(lane -> lane.removeAll(taken));
                    delayed.forEach(lane -> lane.removeAll(taken));
                    return batch;
                }
                long _ = changed.awaitNanos(wait);
            }
        } finally {
            lock.unlock();
        }
    }

    private void dropCancelled(Consumer<Job> dropped) {
        for (int i = 0; i < waiting.size(); i++) {
            dropCancelled(waiting.get(i), dropped);
            dropCancelled(delayed.get(i), dropped);
        }
    }

    private static void dropCancelled(Deque<Job> jobs, Consumer<Job> dropped) {
        for (Iterator<Job> each = jobs.iterator(); each.hasNext(); ) {
            Job job = each.next();
            if (job.isCancelled()) {
                each.remove();
                dropped.accept(job);
            }
        }
    }

    /** What could run now, and whether it is worth waiting for more. */
    private final class Candidate {
        private final List<Job> jobs = new ArrayList<>();
        private int size;
        private boolean canGrow = rules.dynamic();
        private int preferredJobs;
        private long oldest = Long.MAX_VALUE;

        /** Adds a job, or closes the batch. */
        private boolean add(Job job) {
            if (!jobs.isEmpty()
                    && (!canGrow
                            || size + job.batch() > rules.maxBatch()
                            || !job.kind().equals(jobs.getFirst().kind()))) {
                canGrow = false;
                return false;
            }
            jobs.add(job);
            size += job.batch();
            oldest = Math.min(oldest, job.queued());
            if (rules.preferred().contains(size)) {
                preferredJobs = jobs.size();
            }
            canGrow = canGrow && size < rules.maxBatch();
            return true;
        }

        private long waitNanos(long now) {
            if (!canGrow || preferredJobs > 0) {
                return 0;
            }
            return rules.delay().toNanos() - (now - oldest);
        }

        private List<Job> batch() {
            return canGrow && preferredJobs > 0 ? jobs.subList(0, preferredJobs) : jobs;
        }
    }

    private @Nullable Candidate candidate() {
        Candidate candidate = new Candidate();
        for (int i = 0; i < waiting.size(); i++) {
            for (Deque<Job> lane : List.of(waiting.get(i), delayed.get(i))) {
                for (Job job : lane) {
                    if (!candidate.add(job)) {
                        return candidate;
                    }
                }
            }
        }
        return candidate.jobs.isEmpty() ? null : candidate;
    }

    /** Takes no more jobs; what waits can still be taken. */
    void close() {
        lock.lock();
        try {
            closed = true;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }
}
