package io.saccade.modelserver.batching;

import io.grpc.Status;
import io.saccade.triton.Shape;
import io.saccade.triton.Tensor;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs the requests of one model version: a queue, and one thread for each instance that takes batches from it. Each accepted job is
 * answered exactly once, whatever happens to its run.
 */
public final class Batcher implements Scheduler {
    private static final Logger LOGGER = LoggerFactory.getLogger(Batcher.class);

    private final String name;
    private final BatchRules rules;
    private final RequestQueue queue;
    private final Usage usage = new Usage();
    private final ScheduledExecutorService timer;
    private final Executor answers;
    private final List<Thread> instances = new ArrayList<>();
    private final AtomicInteger running = new AtomicInteger();

    /**
     * Starts the instances.
     *
     * @param name    of the model, for messages and threads
     * @param runners gives each instance its own
     * @param timer   ends waits in the queue
     * @param answers tells the jobs' listeners, so that an instance goes on running meanwhile
     */
    public Batcher(
            String name, BatchRules rules, Supplier<Runner> runners, ScheduledExecutorService timer, Executor answers) {
        this.name = name;
        this.rules = rules;
        this.queue = new RequestQueue(rules);
        this.timer = timer;
        this.answers = answers;
        for (int i = 0; i < rules.instances(); i++) {
            Runner runner = runners.get();
            Thread thread = Thread.ofPlatform().daemon().name(name + "_" + i).start(() -> work(runner));
            instances.add(thread);
        }
    }

    /** Takes a job, or answers it at once that there is no room. */
    @Override
    public void submit(Job job) {
        switch (queue.offer(job)) {
            case TAKEN -> startTimer(job);
            case FULL ->
                refuse(
                        job,
                        Usage.Reason.REJECTED,
                        Status.UNAVAILABLE.withDescription(job.label() + "Exceeds maximum queue size"));
            case CLOSED -> refuse(job, Usage.Reason.OTHER, Scheduler.closed(job));
        }
    }

    private void startTimer(Job job) {
        BatchRules.Lane lane = rules.lanes().get(rules.lane(job.priority()));
        Duration timeout = lane.timeout(job.timeout());
        if (timeout == null) {
            return;
        }
        job.endsWith(timer.schedule(
                () -> {
                    if (lane.delayInstead()) {
                        queue.postpone(job);
                    } else if (queue.remove(job)) {
                        fail(job, Usage.Reason.REJECTED, Status.UNAVAILABLE.withDescription("Request timeout expired"));
                    }
                },
                timeout.toNanos(),
                TimeUnit.NANOSECONDS));
    }

    /** Takes a job out of the queue that nobody waits for any more; one that already runs goes on. */
    @Override
    public void cancel(Job job) {
        if (queue.remove(job)) {
            drop(job);
        }
    }

    private void drop(Job job) {
        fail(job, Usage.Reason.CANCELED, Scheduler.cancelled(job));
    }

    /** Requests that wait. */
    @Override
    public int pending() {
        return queue.size();
    }

    /** Instances that run a batch now. */
    @Override
    public int running() {
        return running.get();
    }

    /** What happened so far. */
    @Override
    public Usage.Snapshot usage() {
        return usage.snapshot();
    }

    private void work(Runner runner) {
        try {
            List<Job> batch = queue.take(this::drop);
            while (batch != null) {
                running.incrementAndGet();
                try {
                    run(runner, List.copyOf(batch));
                } finally {
                    running.decrementAndGet();
                }
                batch = queue.take(this::drop);
            }
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt(); // closed without waiting any longer
        }
    }

    private void run(Runner runner, List<Job> jobs) {
        long taken = System.nanoTime();
        jobs.forEach(Job::stopWaiting);
        long[] marks = {taken, taken};
        Set<String> outputs = new LinkedHashSet<>();
        jobs.forEach(job -> outputs.addAll(job.outputs()));
        try {
            Map<String, Tensor> results =
                    runner.run(jobs.stream().map(Job::inputs).toList(), outputs, new Runner.Stage() {
                        @Override
                        public void inputsReady() {
                            marks[0] = System.nanoTime();
                        }

                        @Override
                        public void ran() {
                            marks[1] = System.nanoTime();
                        }
                    });
            List<Map<String, Tensor>> parts = split(jobs, results.values());
            usage.ran(jobs, taken, marks[0], marks[1], System.nanoTime());
            for (int i = 0; i < jobs.size(); i++) {
                Job job = jobs.get(i);
                Map<String, Tensor> part = parts.get(i);
                answers.execute(() -> job.succeed(part));
            }
        } catch (RunException e) {
            LOGGER.atWarn()
                    .addKeyValue("model", name)
                    .addKeyValue("error", e.getMessage())
                    .log("a run failed");
            jobs.forEach(job -> fail(job, Usage.Reason.BACKEND, e.status()));
        } catch (Throwable e) { // NOPMD: an Error, too, must not leave a caller without an answer
            LOGGER.atError().addKeyValue("model", name).setCause(e).log("a run failed in a way nobody thought of");
            jobs.forEach(job ->
                    fail(job, Usage.Reason.BACKEND, Status.INTERNAL.withDescription(job.label() + "run failed: " + e)));
        }
    }

    private List<Map<String, Tensor>> split(List<Job> jobs, Collection<Tensor> results) throws RunException {
        List<Map<String, Tensor>> parts = new ArrayList<>();
        jobs.forEach(_ -> parts.add(new LinkedHashMap<>()));
        int items = jobs.stream().mapToInt(Job::batch).sum();
        for (Tensor result : results) {
            if (rules.batched() && (result.shape().rank() == 0 || result.shape().dim(0) != items)) {
                throw new RunException(
                        Status.INTERNAL.withDescription("output '" + result.name() + "' of model '" + name
                                + "' must have " + items + " as its first dimension, which is the batch, got shape "
                                + result.shape()),
                        new IllegalStateException("batch lost"));
            }
            int from = 0;
            for (int i = 0; i < jobs.size(); i++) {
                int to = from + jobs.get(i).batch();
                parts.get(i).put(result.name(), jobs.size() == 1 ? result : slice(result, from, to));
                from = to;
            }
        }
        return parts;
    }

    /** Items of a batch, sharing its bytes. */
    private static Tensor slice(Tensor batch, int from, int to) {
        Shape item = batch.shape().withoutFirst();
        Shape shape = item.prepend(to - from);
        if (batch.type().isFixedSize()) {
            int size = Math.toIntExact(item.elements()) * batch.type().size();
            return Tensor.of(batch.name(), batch.type(), shape, batch.data().substring(from * size, to * size));
        }
        int perItem = Math.toIntExact(item.elements());
        return Tensor.bytes(batch.name(), shape, batch.asBytes().subList(from * perItem, to * perItem));
    }

    private void refuse(Job job, Usage.Reason reason, Status status) {
        usage.failed(job, reason);
        answers.execute(() -> job.refuse(status));
    }

    private void fail(Job job, Usage.Reason reason, Status status) {
        job.stopWaiting();
        usage.failed(job, reason);
        answers.execute(() -> job.fail(status));
    }

    /** Takes no more jobs, runs those that wait, and returns when the last is through. */
    @Override
    public void close() {
        queue.close();
        boolean interrupted = false;
        for (Thread instance : instances) {
            while (true) {
                try {
                    instance.join();
                    break;
                } catch (InterruptedException _) {
                    interrupted = true;
                }
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
