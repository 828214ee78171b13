package io.saccade.joiner;

import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * When one thread of the join ends its transactions. A transaction is of all partitions of its thread, so all of them share a pace: the
 * end that one asks for is the end for all.
 *
 * <p>Kafka Streams cannot decide this here. It takes every look at the deadlines for work, and would end ten transactions a second for
 * each thread when nothing happens at all: each writes to three brokers a few times, one after the other, and a deadline that passes
 * meanwhile waits.
 *
 * <p>Not thread-safe: of one thread.
 */
final class Pace {

    /**
     * How long work lies in a transaction that nobody is in a hurry for, and how long a thread does other things between two ends, at
     * least. With less of it, a busy join would do little but end transactions; with more, readers wait.
     */
    static final Duration INTERVAL = Duration.ofMillis(100);

    /** The same at most: an end that took minutes tells of brokers that were away, not of how long the next one takes. */
    static final Duration LONGEST = Duration.ofSeconds(2);

    private @Nullable Instant oldest;
    private boolean answered;
    private boolean overdue;
    private Instant ended = Instant.MIN;
    private Duration pause = INTERVAL;

    /** Something was read or written. */
    void worked(Instant now) {
        if (oldest == null) {
            oldest = now;
        }
    }

    /** An answer was written: somebody waits for it. */
    void answered(Instant now) {
        worked(now);
        answered = true;
    }

    /** An answer was written whose deadline is past, and no other one is due: whoever waits for it has waited enough. */
    void overdue(Instant now) {
        answered(now);
        overdue = true;
    }

    /** Whether to end the transaction. If so, the caller does it, and calls {@link #ended} when it is called again. */
    boolean shouldEnd(Instant now) {
        boolean end = oldest != null && (overdue || (answered ? isLongSince(ended, now) : isLongSince(oldest, now)));
        if (end) {
            oldest = null;
            answered = false;
            overdue = false;
            ended = now;
        }
        return end;
    }

    /**
     * The transaction has ended. While one ends its thread does nothing else, so the next may begin only after as long as this one
     * took: where ends take a second, a thread that waits a tenth of one between two would join a tenth of what it can.
     */
    void ended(Instant now) {
        var asked = ended;
        ended = now;
        var took = asked.isAfter(now) || asked.equals(Instant.MIN) ? INTERVAL : Duration.between(asked, now);
        pause = took.compareTo(INTERVAL) < 0 ? INTERVAL : took.compareTo(LONGEST) > 0 ? LONGEST : took;
    }

    /** A clock that was set back tells nothing, and must not keep a transaction open. */
    private boolean isLongSince(Instant then, Instant now) {
        return now.isBefore(then) || !now.isBefore(then.plus(pause));
    }
}
