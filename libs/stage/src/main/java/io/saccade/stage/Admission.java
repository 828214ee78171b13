package io.saccade.stage;

import io.saccade.contract.event.Priority;
import io.saccade.triton.limit.CallGate;
import java.util.ArrayDeque;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Who may call the model next, among the requests that were taken and wait for it. The {@link CallGate} says how many may
 * at once, and {@link CallRoom} how many of them a server takes that is full; here it is decided whose turn it is: live requests before backfill, but of {@value #TURNS} turns one is
 * backfill's when it waits; and within each, tenants in turn, so that one who sends a thousand images holds up another's
 * one by one call.
 *
 * <p>It can order only what was taken. Kafka hands out a partition in its order: what lies behind a million others there
 * is not here yet. Thread-safe.
 */
final class Admission {

    private static final int TURNS = 10;

    private final CallGate gate;
    private final CallRoom room;
    private final ReentrantLock lock = new ReentrantLock();
    private final Map<Priority, LinkedHashMap<String, ArrayDeque<CompletableFuture<Permit>>>> waiting =
            new EnumMap<>(Priority.class);
    private int liveTurns;

    /**
     * In front of a gate that nobody else uses.
     *
     * @param most calls at once when the server refuses none, at least 1
     */
    Admission(CallGate gate, int most) {
        this.gate = gate;
        this.room = new CallRoom(most);
        for (var priority : Priority.values()) {
            waiting.put(priority, new LinkedHashMap<>());
        }
    }

    /** The right to make one call. Ends once: what comes after the first end has no effect. For one thread. */
    final class Permit implements AutoCloseable {

        private final CallGate.Permit permit;

        private Permit(CallGate.Permit permit) {
            this.permit = permit;
        }

        /** The call was answered. */
        void answered() {
            learn(room::answered);
            permit.answered();
            admit();
        }

        /** The server was full, or did not answer in time. */
        void dropped() {
            learn(() -> room.refused(gate.inFlight()));
            permit.dropped();
            admit();
        }

        @Override
        public void close() {
            permit.close();
            admit();
        }
    }

    /**
     * Waits for a turn.
     *
     * @throws InterruptedException if interrupted; the place is given up
     */
    Permit enter(String tenant, Priority priority) throws InterruptedException {
        var place = whenFree(tenant, priority);
        try {
            return place.get();
        } catch (InterruptedException e) {
            if (!place.cancel(false)) {
                place.join().close(); // it came at the same moment
            }
            throw e;
        } catch (ExecutionException e) {
            throw new IllegalStateException("a place never fails", e);
        }
    }

    /** A permit when it is this one's turn; cancelling it gives the place up. */
    CompletableFuture<Permit> whenFree(String tenant, Priority priority) {
        var place = new CompletableFuture<Permit>();
        lock.lock();
        try {
            queues(priority).computeIfAbsent(tenant, _ -> new ArrayDeque<>()).add(place);
        } finally {
            lock.unlock();
        }
        admit();
        return place;
    }

    /** Calls in flight now. */
    int inFlight() {
        return gate.inFlight();
    }

    /** How many may be in flight now. */
    int limit() {
        lock.lock();
        try {
            return Math.min(gate.limit(), room.calls());
        } finally {
            lock.unlock();
        }
    }

    private void learn(Runnable lesson) {
        lock.lock();
        try {
            lesson.run();
        } finally {
            lock.unlock();
        }
    }

    private void admit() {
        while (true) {
            CompletableFuture<Permit> place;
            CallGate.Permit permit;
            lock.lock();
            try {
                if (waiting.values().stream().allMatch(Map::isEmpty)) {
                    return;
                }
                var entered = gate.inFlight() < room.calls() ? gate.tryEnter() : Optional.<CallGate.Permit>empty();
                if (entered.isEmpty()) {
                    return;
                }
                permit = entered.get();
                place = next();
            } finally {
                lock.unlock();
            }
            // Outside the lock: who waits for it may come back here.
            if (place == null || !place.complete(new Permit(permit))) {
                permit.close();
            }
        }
    }

    private @Nullable CompletableFuture<Permit> next() {
        var live = queues(Priority.LIVE);
        var backfill = queues(Priority.BACKFILL);
        boolean isLive = backfill.isEmpty() || (!live.isEmpty() && liveTurns < TURNS - 1);
        liveTurns = isLive && !backfill.isEmpty() ? liveTurns + 1 : 0;
        var queues = isLive ? live : backfill;
        var tenant = queues.firstEntry();
        queues.remove(tenant.getKey());
        var place = tenant.getValue().poll();
        if (!tenant.getValue().isEmpty()) {
            queues.put(tenant.getKey(), tenant.getValue()); // behind the other tenants
        }
        return place;
    }

    private LinkedHashMap<String, ArrayDeque<CompletableFuture<Permit>>> queues(Priority priority) {
        return java.util.Objects.requireNonNull(waiting.get(priority), "each has its queues");
    }
}
