package io.saccade.modelserver.batching;

import io.saccade.triton.proto.InferBatchStatistics;
import io.saccade.triton.proto.InferResponseStatistics;
import io.saccade.triton.proto.InferStatistics;
import io.saccade.triton.proto.ModelStatistics;
import io.saccade.triton.proto.StatisticDuration;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What happened to the requests of one model version. The numbers add up: each successful request counts once in success, queue and the
 * three computes; items are the sum of batch sizes times their runs; runs are the sum of the runs of all batch sizes.
 */
public final class Usage {
    /** Why a request failed, as Triton's metrics name it. */
    public enum Reason {
        /** Refused by the queue: full, or waited too long. */
        REJECTED,
        /** Nobody waited for the answer any more. */
        CANCELED,
        /** The run failed. */
        BACKEND,
        /** Anything else. */
        OTHER
    }

    /** What became of one answer of a decoupled model. */
    public enum ResponseKind {
        /** It has outputs. */
        SUCCESS,
        /** It is an error. */
        FAIL,
        /** It only says that there are no more. */
        EMPTY,
        /** It says that the request was cancelled. */
        CANCEL
    }

    /** Counts and times at one moment. */
    public record Snapshot(ModelStatistics statistics, Map<Reason, Long> failures) {}

    private static final class Timer {
        private long count;
        private long nanos;

        private void add(long each) {
            count++;
            nanos += each;
        }

        private StatisticDuration message() {
            return StatisticDuration.newBuilder().setCount(count).setNs(nanos).build();
        }
    }

    private static final class Batch {
        private final Timer input = new Timer();
        private final Timer infer = new Timer();
        private final Timer output = new Timer();
    }

    private static final class Response {
        private final Timer infer = new Timer();
        private final Timer output = new Timer();
        private final Map<ResponseKind, Timer> kinds = new EnumMap<>(ResponseKind.class);

        private StatisticDuration of(ResponseKind kind) {
            return kinds.getOrDefault(kind, new Timer()).message();
        }
    }

    /** Answers beyond this position are not told apart, so that an endless model does not fill the memory. */
    private static final int MOST_POSITIONS = 1_000;

    /** By the position of the answer. */
    private final SortedMap<Integer, Response> responses = new TreeMap<>();

    private final Timer success = new Timer();
    private final Timer fail = new Timer();
    private final Timer queue = new Timer();
    private final Timer input = new Timer();
    private final Timer infer = new Timer();
    private final Timer output = new Timer();
    private final SortedMap<Integer, Batch> batches = new TreeMap<>();
    private final Map<Reason, Long> failures = new EnumMap<>(Reason.class);
    private long lastInference;
    private long items;
    private long runs;

    /** Nothing happened yet. */
    public Usage() {
        for (Reason reason : Reason.values()) {
            failures.put(reason, 0L);
        }
    }

    /** A run and its requests. Times are those of {@link System#nanoTime()}. */
    synchronized void ran(List<Job> jobs, long taken, long ready, long ran, long done) {
        int size = jobs.stream().mapToInt(Job::batch).sum();
        runs++;
        items += size;
        lastInference = System.currentTimeMillis();
        Batch batch = batches.computeIfAbsent(size, _ -> new Batch());
        batch.input.add(ready - taken);
        batch.infer.add(ran - ready);
        batch.output.add(done - ran);
        for (Job job : jobs) {
            Job.Timing timing = new Job.Timing(taken - job.queued(), ready - taken, ran - ready, done - ran);
            succeeded(job, timing, done);
            job.timed(timing);
        }
    }

    private void succeeded(Job job, Job.Timing timing, long done) {
        success.add(done - job.received());
        queue.add(timing.queue());
        input.add(timing.input());
        infer.add(timing.infer());
        output.add(timing.output());
    }

    /** A request that was a run of its own, with the times of its parts. */
    public synchronized void ran(Job job, Job.Timing timing) {
        runs++;
        items += job.batch();
        lastInference = System.currentTimeMillis();
        Batch batch = batches.computeIfAbsent(job.batch(), _ -> new Batch());
        batch.input.add(timing.input());
        batch.infer.add(timing.infer());
        batch.output.add(timing.output());
        succeeded(job, timing, System.nanoTime());
        job.timed(timing);
    }

    /** A request that was answered with an error. */
    public synchronized void failed(Job job, Reason reason) {
        fail.add(System.nanoTime() - job.received());
        failures.merge(reason, 1L, Long::sum);
        lastInference = System.currentTimeMillis();
    }

    /**
     * An answer of a decoupled model.
     *
     * @param position of the answer among those to its request, from 0
     * @param infer    nanoseconds from the answer before it, or from the beginning, until it was there
     * @param output   nanoseconds until it was sent
     */
    public synchronized void responded(int position, ResponseKind kind, long infer, long output) {
        Response response = responses.computeIfAbsent(Math.min(position, MOST_POSITIONS), _ -> new Response());
        if (kind == ResponseKind.SUCCESS || kind == ResponseKind.FAIL) {
            response.infer.add(infer);
        }
        if (kind == ResponseKind.SUCCESS) {
            response.output.add(output);
        }
        response.kinds.computeIfAbsent(kind, _ -> new Timer()).add(infer + output);
    }

    /** The numbers now. */
    public synchronized Snapshot snapshot() {
        ModelStatistics.Builder statistics = ModelStatistics.newBuilder()
                .setLastInference(lastInference)
                .setInferenceCount(items)
                .setExecutionCount(runs)
                .setInferenceStats(InferStatistics.newBuilder()
                        .setSuccess(success.message())
                        .setFail(fail.message())
                        .setQueue(queue.message())
                        .setComputeInput(input.message())
                        .setComputeInfer(infer.message())
                        .setComputeOutput(output.message())
                        .setCacheHit(StatisticDuration.getDefaultInstance())
                        .setCacheMiss(StatisticDuration.getDefaultInstance()));
        batches.forEach((size, batch) -> statistics.addBatchStats(InferBatchStatistics.newBuilder()
                .setBatchSize(size)
                .setComputeInput(batch.input.message())
                .setComputeInfer(batch.infer.message())
                .setComputeOutput(batch.output.message())));
        responses.forEach((position, response) -> statistics.putResponseStats(
                Integer.toString(position),
                InferResponseStatistics.newBuilder()
                        .setComputeInfer(response.infer.message())
                        .setComputeOutput(response.output.message())
                        .setSuccess(response.of(ResponseKind.SUCCESS))
                        .setFail(response.of(ResponseKind.FAIL))
                        .setEmptyResponse(response.of(ResponseKind.EMPTY))
                        .setCancel(response.of(ResponseKind.CANCEL))
                        .build()));
        return new Snapshot(statistics.build(), new EnumMap<>(failures));
    }
}
