package io.saccade.modelserver;

import io.grpc.Status;
import io.saccade.modelserver.batching.Job;
import io.saccade.modelserver.batching.Scheduler;
import io.saccade.modelserver.batching.Usage;
import io.saccade.triton.DataType;
import io.saccade.triton.Shape;
import io.saccade.triton.Tensor;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A decoupled model that computes nothing: for tests of clients that read several answers to one request. Its tensors are those of Triton's
 * own backend {@code repeat}, but {@code IN} may have any type.
 *
 * <ul>
 *   <li>{@code IN}: for each element there is one answer, whose {@code OUT} is that element and whose {@code IDX} is its position
 *   <li>{@code DELAY}: milliseconds before each answer, as many as elements in {@code IN}; may be left out where the configuration says
 *       optional
 *   <li>{@code WAIT}: milliseconds after the last answer, before the request is over; may be left out likewise
 *   <li>{@code FAIL}: ours; positions whose answer is an error instead
 * </ul>
 *
 * <p>As in Triton, the last answer does not know that it is the last: the final flag comes alone. Requests run all at once, each on a
 * virtual thread, which also waits when the reader of its answers is slow.
 */
final class Repeat implements Scheduler {
    private final String name;
    private final Usage usage = new Usage();

    /** Requests under way. Guarded by this object, as is {@link #closed}. */
    private final Map<Job, Thread> threads = new HashMap<>();

    private boolean closed;

    Repeat(String name) {
        this.name = name;
    }

    @Override
    public void submit(Job job) {
        Thread thread = Thread.ofVirtual().name(name).unstarted(() -> work(job));
        boolean taken;
        synchronized (this) {
            taken = !closed;
            if (taken) {
                threads.put(job, thread);
            }
        }
        if (taken) {
            thread.start();
        } else {
            usage.failed(job, Usage.Reason.OTHER);
            job.fail(Scheduler.closed(job));
        }
    }

    private void work(Job job) {
        try {
            run(job);
        } finally {
            synchronized (this) {
                threads.remove(job);
                notifyAll();
            }
        }
    }

    private void run(Job job) {
        long begun = System.nanoTime();
        Tensor in = input(job, "IN");
        if (in == null) {
            throw new IllegalStateException("a job without IN"); // the configuration demands it
        }
        int count = (int) in.shape().elements();
        long[] delays = values(job, "DELAY");
        if (delays.length > 0 && delays.length != count) {
            usage.failed(job, Usage.Reason.BACKEND);
            job.fail(Status.INVALID_ARGUMENT.withDescription(
                    "expected IN and DELAY shape to match, got [" + count + "] and [" + delays.length + "]"));
            return;
        }
        Set<Integer> failing = new HashSet<>();
        for (long position : values(job, "FAIL")) {
            failing.add((int) position);
        }
        try {
            for (int i = 0; i < count; i++) {
                pause(job, delays.length == 0 ? 0 : delays[i]);
                if (failing.contains(i)) {
                    job.failAnswer(Status.INTERNAL.withDescription("answer " + i + " fails, as FAIL asks for it"));
                } else {
                    job.answer(Map.of("OUT", element(in, i), "IDX", index(i)));
                }
            }
            long[] wait = values(job, "WAIT");
            pause(job, wait.length == 0 ? 0 : wait[0]);
        } catch (InterruptedException _) {
            // Only a cancellation interrupts, and this thread belongs to the request: nobody else needs to know.
            usage.failed(job, Usage.Reason.CANCELED);
            job.fail(Scheduler.cancelled(job));
            return;
        }
        usage.ran(job, new Job.Timing(0, 0, System.nanoTime() - begun, 0));
        job.end();
    }

    private static void pause(Job job, long millis) throws InterruptedException {
        if (millis > 0) {
            Thread.sleep(Duration.ofMillis(millis));
        }
        if (Thread.interrupted() || job.isCancelled()) {
            throw new InterruptedException();
        }
    }

    private static @Nullable Tensor input(Job job, String name) {
        return job.inputs().stream()
                .filter(input -> input.name().equals(name))
                .findFirst()
                .orElse(null);
    }

    private static long[] values(Job job, String name) {
        Tensor input = input(job, name);
        return input == null ? new long[0] : input.asLongs();
    }

    private static Tensor element(Tensor in, int index) {
        if (!in.type().isFixedSize()) {
            return Tensor.bytes("OUT", Shape.of(1), List.of(in.asBytes().get(index)));
        }
        int size = in.type().size();
        return Tensor.of("OUT", in.type(), Shape.of(1), in.data().substring(index * size, (index + 1) * size));
    }

    private static Tensor index(int index) {
        return Tensor.of(
                "IDX",
                DataType.UINT32,
                Shape.of(1),
                Tensor.int32("IDX", Shape.of(1), index).data());
    }

    @Override
    public void cancel(Job job) {
        Thread thread;
        synchronized (this) {
            thread = threads.get(job);
        }
        if (thread != null) {
            thread.interrupt();
        }
    }

    /** None: all requests run at once. */
    @Override
    public int pending() {
        return 0;
    }

    @Override
    public synchronized int running() {
        return threads.size();
    }

    @Override
    public Usage.Snapshot usage() {
        return usage.snapshot();
    }

    @Override
    public synchronized void close() {
        closed = true;
        boolean interrupted = false;
        while (!threads.isEmpty()) {
            try {
                wait();
            } catch (InterruptedException _) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
