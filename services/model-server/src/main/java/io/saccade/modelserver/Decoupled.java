package io.saccade.modelserver;

import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.saccade.modelserver.batching.Job;
import io.saccade.modelserver.batching.Scheduler;
import io.saccade.modelserver.batching.Usage;
import io.saccade.triton.Tensor;
import java.time.Duration;
import java.util.Map;

/**
 * Lets a script answer each request as often as it likes. Requests run all at once, each on a virtual thread, which also waits when the
 * reader of its answers is slow.
 */
final class Decoupled implements Scheduler {
    /** What a model says to a request. */
    interface Script {
        /**
         * Gives the answers one after the other. When it returns without a last one, the end is told alone.
         *
         * @throws InterruptedException   if nobody waits for the answers any more
         * @throws StatusRuntimeException if the request ends in this failure
         */
        void answer(Job job, Answers answers) throws InterruptedException;
    }

    /** Takes the answers to one request, and counts them by their position. */
    static final class Answers {
        private final Job job;
        private final Usage usage;
        private long since = System.nanoTime();
        private int position;
        private boolean ended;

        private Answers(Job job, Usage usage) {
            this.job = job;
            this.usage = usage;
        }

        /** One answer; others follow. */
        void add(Map<String, Tensor> outputs) throws InterruptedException {
            give(outputs, false);
        }

        /** The last answer. */
        void addLast(Map<String, Tensor> outputs) throws InterruptedException {
            give(outputs, true);
        }

        private void give(Map<String, Tensor> outputs, boolean last) throws InterruptedException {
            checkWanted();
            long computed = System.nanoTime();
            ended = last;
            job.answer(outputs, last);
            count(Usage.ResponseKind.SUCCESS, computed);
        }

        /** One answer that could not be given; others follow. */
        void fail(Status status) throws InterruptedException {
            checkWanted();
            long computed = System.nanoTime();
            job.failAnswer(status);
            count(Usage.ResponseKind.FAIL, computed);
        }

        /** Waits. */
        void pause(long millis) throws InterruptedException {
            if (millis > 0) {
                Thread.sleep(Duration.ofMillis(millis));
            }
            checkWanted();
        }

        private void checkWanted() throws InterruptedException {
            if (Thread.interrupted() || job.isCancelled()) {
                throw new InterruptedException("nobody waits for the answers");
            }
        }

        private void end() {
            if (!ended) {
                long computed = System.nanoTime();
                job.end();
                count(Usage.ResponseKind.EMPTY, computed);
            }
        }

        private void endWith(Status status, Usage.ResponseKind kind) {
            long computed = System.nanoTime();
            job.fail(status);
            count(kind, computed);
        }

        private void count(Usage.ResponseKind kind, long computed) {
            long now = System.nanoTime();
            usage.responded(position++, kind, computed - since, now - computed);
            since = now;
        }
    }

    private final String name;
    private final Script script;
    private final Usage usage = new Usage();

    private final UnderWay<Thread> underWay = new UnderWay<>();

    Decoupled(String name, Script script) {
        this.name = name;
        this.script = script;
    }

    @Override
    public void submit(Job job) {
        Thread thread = Thread.ofVirtual().name(name).unstarted(() -> work(job));
        if (underWay.take(job, thread)) {
            thread.start();
        } else {
            usage.failed(job, Usage.Reason.OTHER);
            job.refuse(Scheduler.closed(job));
        }
    }

    private void work(Job job) {
        try {
            run(job);
        } finally {
            underWay.end(job);
        }
    }

    private void run(Job job) {
        long begun = System.nanoTime();
        Answers answers = new Answers(job, usage);
        try {
            script.answer(job, answers);
        } catch (InterruptedException _) {
            // Only a cancellation interrupts, and this thread belongs to the request: nobody else needs to know.
            usage.failed(job, Usage.Reason.CANCELED);
            answers.endWith(Scheduler.cancelled(job), Usage.ResponseKind.CANCEL);
            return;
        } catch (StatusRuntimeException e) {
            usage.failed(job, Usage.Reason.BACKEND);
            answers.endWith(e.getStatus(), Usage.ResponseKind.FAIL);
            return;
        }
        usage.ran(job, new Job.Timing(0, 0, System.nanoTime() - begun, 0));
        answers.end();
    }

    @Override
    public void cancel(Job job) {
        Thread thread = underWay.of(job);
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
    public int running() {
        return underWay.count();
    }

    @Override
    public Usage.Snapshot usage() {
        return usage.snapshot();
    }

    @Override
    public void close() {
        underWay.close();
    }
}
