package io.saccade.joiner;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.ApplicationRecoverableException;
import org.apache.kafka.common.errors.FencedInstanceIdException;
import org.apache.kafka.common.errors.InvalidTxnStateException;
import org.apache.kafka.common.errors.OutOfOrderSequenceException;
import org.apache.kafka.common.errors.RetriableException;
import org.apache.kafka.common.errors.TransactionAbortableException;
import org.apache.kafka.common.errors.TransactionAbortedException;
import org.apache.kafka.common.errors.UnknownServerException;
import org.jspecify.annotations.Nullable;

/**
 * What to do when a thread of the join has broken: whether a new one, with a new producer, would get past it. What the broken one had
 * not committed is rolled back and read again.
 *
 * <p>A thread that stood still for longer than a transaction may last is such a case: the broker has ended its transaction meanwhile, and
 * Kafka Streams does not take that for a passing error. An error that comes again and again is not mended by trying again and again.
 */
final class Mending {

    private static final int MOST = 10;
    private static final Duration WITHIN = Duration.ofMinutes(5);

    private final Deque<Instant> mended = new ArrayDeque<>();

    /** Whether the thread is to be replaced; else the process must end. Thread-safe. */
    synchronized boolean mayReplace(Throwable broken, Instant now) {
        if (!isOfOneProducer(broken)) {
            return false;
        }
        while (!mended.isEmpty() && mended.peekFirst().plus(WITHIN).isBefore(now)) {
            mended.removeFirst();
        }
        if (mended.size() >= MOST) {
            return false;
        }
        mended.addLast(now);
        return true;
    }

    /** Whether somewhere below lies an error that the state of a producer, a transaction or a connection explains. */
    private static boolean isOfOneProducer(@Nullable Throwable error) {
        int depth = 0;
        for (var cause = error; cause != null && depth < 20; cause = cause.getCause(), depth++) {
            if (cause instanceof FencedInstanceIdException) {
                return false; // another process has this replica's name: one of the two must go
            }
            if (cause instanceof InvalidTxnStateException
                    || cause instanceof TransactionAbortableException
                    || cause instanceof TransactionAbortedException
                    || cause instanceof OutOfOrderSequenceException
                    || cause instanceof ApplicationRecoverableException
                    || cause instanceof RetriableException
                    || isUnexpectedAnswer(cause)) {
                return true;
            }
        }
        return false;
    }

    /**
     * What a producer says of an answer that it knows no name for. A broker that is about to lose its partitions ends a transaction
     * with "an unexpected error", and whether it has ended is then open: the next producer of the same name decides it.
     */
    private static boolean isUnexpectedAnswer(Throwable cause) {
        return cause instanceof UnknownServerException
                || (cause.getClass() == KafkaException.class && cause.getCause() == null);
    }
}
