package io.saccade.triton.limit;

import static java.util.Objects.requireNonNull;

import io.grpc.Status;
import io.saccade.triton.Fault;
import io.saccade.triton.TritonException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/**
 * Lets as many calls through as the limit says, and teaches the limit how long they took. Whoever finds no room chooses what that
 * means:
 *
 * <ul>
 *   <li>{@link #enter()} waits: for a virtual thread;
 *   <li>{@link #tryEnter()} is refused: for someone who has a better thing to do with the item;
 *   <li>{@link #whenFree()} is told later: for a consumer that pauses until then.
 * </ul>
 *
 * <p>Those who wait are let in in the order they came, and nobody overtakes them. Safe for any number of threads.
 *
 * <pre>{@code
 * var gate = new CallGate(Gradient2.between(1, 20, 200), System::nanoTime);
 * CompletableFuture<InferResult> answer = gate.call(() -> client.infer(request));
 * }</pre>
 */
public final class CallGate {
    private final Gradient2 limit;
    private final LongSupplier nanoTime;
    private final ReentrantLock lock = new ReentrantLock();
    private final ArrayDeque<CompletableFuture<Permit>> waiting = new ArrayDeque<>();
    private int inFlight;

    /**
     * A gate.
     *
     * @param limit    learned by this gate alone from now on
     * @param nanoTime {@code System::nanoTime}, or a test's clock
     */
    public CallGate(Gradient2 limit, LongSupplier nanoTime) {
        this.limit = requireNonNull(limit, "limit");
        this.nanoTime = requireNonNull(nanoTime, "nanoTime");
    }

    /** The right to make one call. Ends once: what comes after the first end has no effect. */
    public final class Permit implements AutoCloseable {
        private final long started = nanoTime.getAsLong();
        private final int crowd;
        private final AtomicBoolean ended = new AtomicBoolean();

        private Permit(int crowd) {
            this.crowd = crowd;
        }

        /** The call was answered: its duration teaches the limit. */
        public void answered() {
            leave(() -> limit.answered(Duration.ofNanos(Math.max(0, nanoTime.getAsLong() - started)), crowd));
        }

        /** The server was full, or did not answer in time: the limit falls. */
        public void dropped() {
            leave(limit::dropped);
        }

        /** The call says nothing about how busy the server is: it was cancelled, or failed for the item's sake. */
        @Override
        public void close() {
            leave(() -> {});
        }

        private void leave(Runnable lesson) {
            if (ended.compareAndSet(false, true)) {
                lock.lock();
                try {
                    lesson.run();
                } finally {
                    inFlight--;
                    lock.unlock();
                    admit();
                }
            }
        }
    }

    /**
     * Waits for room.
     *
     * @throws InterruptedException if interrupted; the place in the queue is given up
     */
    public Permit enter() throws InterruptedException {
        CompletableFuture<Permit> place = whenFree();
        try {
            return place.get();
        } catch (InterruptedException e) {
            if (!place.cancel(false)) {
                place.join().close(); // it came at the same moment
            }
            throw e;
        } catch (ExecutionException e) {
            throw new IllegalStateException("a place in the queue never fails", e);
        }
    }

    /** A permit if there is room and nobody waits for it. */
    public Optional<Permit> tryEnter() {
        lock.lock();
        try {
            return waiting.isEmpty() && hasRoom() ? Optional.of(take()) : Optional.empty();
        } finally {
            lock.unlock();
        }
    }

    /**
     * A permit as soon as there is room, in the order of asking. Cancelling it gives the place up. What is chained to it runs on the
     * thread that made the room and must not block.
     */
    public CompletableFuture<Permit> whenFree() {
        CompletableFuture<Permit> place = new CompletableFuture<>();
        lock.lock();
        try {
            waiting.add(place);
        } finally {
            lock.unlock();
        }
        admit();
        return place;
    }

    /**
     * Makes a call as soon as there is room, and gives the permit back in every case. An answer and a fault teach the limit:
     * {@link Fault#OVERLOADED} and a missed deadline lower it, other faults say nothing.
     *
     * @param call begins the call; cancelling the result cancels it, or keeps it from beginning
     */
    public <T> CompletableFuture<T> call(Supplier<CompletableFuture<T>> call) {
        CompletableFuture<Permit> place = whenFree();
        CompletableFuture<T> result = new CompletableFuture<>();
        CompletableFuture<?> _ = place.thenAccept(permit -> begin(call, permit, result));
        CompletableFuture<?> _ = result.whenComplete((_, _) -> {
            if (result.isCancelled()) {
                place.cancel(false);
            }
        });
        return result;
    }

    private static <T> void begin(Supplier<CompletableFuture<T>> call, Permit permit, CompletableFuture<T> result) {
        if (result.isDone()) {
            permit.close();
            return;
        }
        CompletableFuture<T> running;
        try {
            running = call.get();
        } catch (RuntimeException | Error e) {
            permit.close();
            result.completeExceptionally(e);
            return;
        }
        CompletableFuture<?> _ = running.whenComplete((answer, failure) -> {
            if (failure == null) {
                permit.answered();
                result.complete(answer);
            } else {
                end(permit, failure);
                result.completeExceptionally(failure);
            }
        });
        CompletableFuture<?> _ = result.whenComplete((_, _) -> {
            if (result.isCancelled()) {
                running.cancel(true);
            }
        });
    }

    private static void end(Permit permit, Throwable failure) {
        Throwable cause =
                failure instanceof CompletionException && failure.getCause() != null ? failure.getCause() : failure;
        if (cause instanceof TritonException triton
                && (triton.fault() == Fault.OVERLOADED || triton.code() == Status.Code.DEADLINE_EXCEEDED)) {
            permit.dropped();
        } else {
            permit.close();
        }
    }

    /** Calls in flight now. */
    public int inFlight() {
        lock.lock();
        try {
            return inFlight;
        } finally {
            lock.unlock();
        }
    }

    /** The limit now. */
    public int limit() {
        lock.lock();
        try {
            return limit.limit();
        } finally {
            lock.unlock();
        }
    }

    private boolean hasRoom() {
        return inFlight < limit.limit();
    }

    private Permit take() {
        inFlight++;
        return new Permit(inFlight);
    }

    private record Admitted(CompletableFuture<Permit> place, Permit permit) {}

    /** Completes futures outside the lock: what is chained to them may come back here. */
    private void admit() {
        List<Admitted> admitted = new ArrayList<>();
        lock.lock();
        try {
            while (!waiting.isEmpty() && (hasRoom() || waiting.peek().isDone())) {
                CompletableFuture<Permit> place = waiting.remove();
                if (!place.isDone()) { // else it was cancelled
                    admitted.add(new Admitted(place, take()));
                }
            }
        } finally {
            lock.unlock();
        }
        for (Admitted each : admitted) {
            if (!each.place().complete(each.permit())) {
                each.permit().close();
            }
        }
    }
}
