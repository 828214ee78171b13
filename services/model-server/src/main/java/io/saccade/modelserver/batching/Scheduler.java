package io.saccade.modelserver.batching;

import io.grpc.Status;

/** Answers the jobs of one model version, each exactly once. */
public interface Scheduler extends AutoCloseable {
    /** Takes a job, or answers it at once that it cannot. */
    void submit(Job job);

    /** Nobody waits for this job any more: what has not begun need not begin. */
    void cancel(Job job);

    /** Jobs that wait. */
    int pending();

    /** Runs under way. */
    int running();

    /** What happened so far. */
    Usage.Snapshot usage();

    /** Takes no more jobs, and returns when those it has are answered. */
    @Override
    void close();

    /** What a job is answered that comes after the end. */
    static Status closed(Job job) {
        return Status.UNAVAILABLE.withDescription(
                job.label() + "Server is stopping, scheduler for model has stopped accepting new inference requests");
    }

    /** What a job is answered for which nobody waits any more. */
    static Status cancelled(Job job) {
        return Status.CANCELLED.withDescription(job.label() + "Request cancelled");
    }
}
