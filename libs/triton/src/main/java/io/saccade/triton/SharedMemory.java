package io.saccade.triton;

import io.grpc.Status;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The slots of one client and one server, each a region of its own, made when a call first wants one. A call takes a slot or
 * goes over the network: it never waits for one. Safe for any number of threads.
 *
 * <p>A slot comes back when the server has answered. A call that ended otherwise (deadline, cancelled, connection lost) may still
 * be running there, reading and writing the slot's memory at any time: so its slot is retired, and another region takes its place.
 */
final class SharedMemory implements AutoCloseable {
    /** The server's side; each call blocks and fails with {@link TritonException}. */
    interface Server {
        void register(SharedRegion region);

        void unregister(String name);

        List<SharedRegion> registered();
    }

    private static final Logger LOGGER = LoggerFactory.getLogger(SharedMemory.class);

    private static final String ADVICE = "shared memory needs a server on this host that was started with"
            + " --allow-client-shm=true (Triton 26.04 and newer), has the same /dev/shm as this process, and may open files of"
            + " this user";

    /** A server that is away may be back soon; one that refuses needs someone to start it with another option. */
    private static final long AWAY_NANOS = TimeUnit.SECONDS.toNanos(1);

    private static final long REFUSED_NANOS = TimeUnit.MINUTES.toNanos(1);

    /** Calls in flight get this long when the client is closed. */
    private static final long CLOSE_NANOS = TimeUnit.SECONDS.toNanos(5);

    private final int most;
    private final long slotBytes;
    private final Path folder;
    private final Server server;
    private final LongSupplier nanoTime;
    private final AtomicLong carried = new AtomicLong();
    private final AtomicLong byNetwork = new AtomicLong();
    private final AtomicBoolean hasTidied = new AtomicBoolean();

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition gaveBack = lock.newCondition();
    private final Deque<SharedSlot> free = new ArrayDeque<>();
    private @Nullable SharedFolder owner;
    private int beingMade;
    private int inUse;
    private boolean isClosed;
    private boolean isDrained;
    private @Nullable String refusal;
    private long retryAt;

    /**
     * No slot yet; touches nothing but the files of dead owners, which are removed.
     *
     * @param most      slots at most, 1 or more
     * @param slotBytes size of each, 1 or more
     * @param folder    where shared memory has its names
     */
    SharedMemory(int most, long slotBytes, Path folder, Server server, LongSupplier nanoTime) {
        this.most = most;
        this.slotBytes = slotBytes;
        this.folder = folder;
        this.server = server;
        this.nanoTime = nanoTime;
        this.retryAt = nanoTime.getAsLong();
        try {
            owner = SharedFolder.open(folder);
        } catch (IOException e) {
            refuse(noMemory(e), REFUSED_NANOS);
        }
    }

    long slotBytes() {
        return slotBytes;
    }

    /** A slot for the caller alone, or null for the network; begins to make one more where that is allowed. */
    @Nullable
    SharedSlot take() {
        boolean make = false;
        SharedSlot slot;
        lock.lock();
        try {
            slot = isClosed ? null : free.poll();
            if (slot != null) {
                inUse++;
            } else if (mayMake() && nanoTime.getAsLong() - retryAt >= 0) {
                beingMade++;
                make = true;
            }
        } finally {
            lock.unlock();
        }
        if (make) {
            Thread.ofVirtual().name("saccade-shared-memory").start(this::makeQuietly);
        }
        if (slot != null) {
            carried.incrementAndGet();
        }
        return slot;
    }

    /** Counts a call that goes over the network. */
    void countNetwork() {
        byNetwork.incrementAndGet();
    }

    private boolean mayMake() {
        return !isClosed && free.size() + inUse + beingMade < most;
    }

    /** Makes all slots now, and fails if the server refuses one. */
    void makeAll() {
        while (true) {
            lock.lock();
            try {
                // What another thread makes may be refused as well.
                while (beingMade > 0 && !mayMake()) {
                    gaveBack.awaitUninterruptibly();
                }
                if (!mayMake()) {
                    return;
                }
                beingMade++;
            } finally {
                lock.unlock();
            }
            make();
        }
    }

    private void makeQuietly() {
        try {
            make();
        } catch (TritonException _) {
            // Logged, and told by use().
        }
    }

    /** Makes one of the slots that {@link #beingMade} counts. */
    private void make() {
        SharedSlot slot = null;
        boolean isReady = false;
        try {
            slot = owner().make(slotBytes);
            register(slot);
            isReady = true;
        } catch (IOException e) {
            TritonException failure = noMemory(e);
            refuse(failure, REFUSED_NANOS);
            throw failure;
        } catch (TritonException e) {
            TritonException failure = explained(e);
            refuse(failure, e.code() == Status.Code.UNAVAILABLE ? AWAY_NANOS : REFUSED_NANOS);
            throw failure;
        } finally {
            boolean isKept = false;
            lock.lock();
            try {
                beingMade--;
                if (isReady && slot != null && !isClosed) {
                    free.add(slot);
                    refusal = null;
                    isKept = true;
                }
                gaveBack.signalAll();
            } finally {
                lock.unlock();
            }
            if (slot != null && !isKept) {
                slot.close();
                if (isReady) {
                    forget(slot.name());
                }
            }
        }
        tidy();
    }

    private SharedFolder owner() throws IOException {
        lock.lock();
        try {
            if (owner == null) {
                owner = SharedFolder.open(folder);
            }
            return owner;
        } finally {
            lock.unlock();
        }
    }

    private void register(SharedSlot slot) {
        try {
            server.register(new SharedRegion(slot.name(), slot.key(), 0, slot.bytes()));
        } catch (TritonException e) {
            // The name is nobody else's: an earlier try of gRPC's arrived, and its answer was lost.
            if (e.code() != Status.Code.ALREADY_EXISTS) {
                throw e;
            }
        }
    }

    /**
     * Lets the server forget what clients registered that have been killed: else it keeps their memory until it ends. Only after it
     * has opened a region of ours, which shows that its folder is this one and the locks here tell the truth.
     */
    private void tidy() {
        if (!hasTidied.compareAndSet(false, true)) {
            return;
        }
        try {
            SharedFolder known = owner();
            for (SharedRegion region : server.registered()) {
                if (known.isOfTheDead(region.name())) {
                    server.unregister(region.name());
                }
            }
        } catch (TritonException | IOException e) {
            LOGGER.atDebug()
                    .addKeyValue("error", e.getMessage())
                    .log("shared memory of dead clients was not asked for");
        }
    }

    private void refuse(TritonException failure, long waitNanos) {
        boolean isNews;
        lock.lock();
        try {
            isNews = refusal == null;
            refusal = failure.getMessage();
            retryAt = nanoTime.getAsLong() + waitNanos;
        } finally {
            lock.unlock();
        }
        if (isNews) {
            LOGGER.atWarn()
                    .addKeyValue("error", failure.getMessage())
                    .log("shared memory cannot be used, tensors go over the network");
        }
    }

    private TritonException noMemory(IOException e) {
        return TritonException.of(
                "shared memory",
                "",
                Status.FAILED_PRECONDITION
                        .withDescription("a region of " + slotBytes + " bytes cannot be made in " + folder + ": " + e
                                + " (Linux has this folder; a container may need a larger one, as by --shm-size)")
                        .withCause(e)
                        .asRuntimeException());
    }

    private static TritonException explained(TritonException e) {
        return switch (e.code()) {
            case UNAVAILABLE, DEADLINE_EXCEEDED, CANCELLED -> e;
            default -> e.withAdvice(ADVICE);
        };
    }

    /** The server has answered the call that had the slot. */
    void giveBack(SharedSlot slot) {
        lock.lock();
        try {
            if (!isDrained) {
                inUse--;
                free.push(slot);
                gaveBack.signalAll();
                return;
            }
        } finally {
            lock.unlock();
        }
        retire(slot); // too late for close() to have waited for it
    }

    /** The call that had the slot may still be running at the server. */
    void retire(SharedSlot slot) {
        slot.close();
        lock.lock();
        try {
            inUse--;
            gaveBack.signalAll();
        } finally {
            lock.unlock();
        }
        Thread.ofVirtual().name("saccade-shared-memory").start(() -> forget(slot.name()));
    }

    /** The server does not know the slot: it was started again, or someone unregistered all regions. None of the others is known. */
    void lost(SharedSlot slot) {
        List<SharedSlot> unknown;
        slot.close();
        lock.lock();
        try {
            inUse--;
            unknown = List.copyOf(free);
            free.clear();
            gaveBack.signalAll();
        } finally {
            lock.unlock();
        }
        unknown.forEach(SharedSlot::close);
        Thread.ofVirtual().name("saccade-shared-memory").start(() -> unknown.forEach(each -> forget(each.name())));
    }

    private void forget(String name) {
        try {
            server.unregister(name);
        } catch (TritonException e) {
            LOGGER.atDebug().addKeyValue("error", e.getMessage()).log("shared memory was not unregistered");
        }
    }

    SharedMemoryUse use() {
        lock.lock();
        try {
            return new SharedMemoryUse(
                    free.size() + inUse, carried.get(), byNetwork.get(), Optional.ofNullable(refusal));
        } finally {
            lock.unlock();
        }
    }

    /** Gives out no more slots, waits up to 5 seconds for those in use, and removes all names here and at the server. */
    @Override
    public void close() {
        List<SharedSlot> slots;
        SharedFolder known;
        lock.lock();
        try {
            if (isClosed) {
                return;
            }
            isClosed = true;
            long left = CLOSE_NANOS;
            while (inUse + beingMade > 0 && left > 0) {
                left = gaveBack.awaitNanos(left);
            }
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        } finally {
            slots = List.copyOf(free);
            free.clear();
            isDrained = true;
            known = owner;
            lock.unlock();
        }
        slots.forEach(SharedSlot::close);
        try (var unregistering = Executors.newVirtualThreadPerTaskExecutor()) {
            slots.forEach(slot -> unregistering.execute(() -> forget(slot.name())));
        }
        if (known != null) {
            known.close();
        }
    }
}
