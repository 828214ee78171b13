package io.saccade.stage;

import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * What happens after an attempt that failed and may pass later: once more at once, for a blip; later, by way of the retry
 * topic, so that nothing waits in a slot; or never.
 *
 * @param soon     attempts in all, and the waits before an attempt at once
 * @param here     attempts of one visit, at least 1: a record that comes from the retry topic makes another visit
 * @param later    waits before a later visit
 * @param patience how long after the first attempt a request is still tried, positive
 * @param budget   of all requests of the stage together
 */
record RetryPlan(RetryPolicy soon, int here, RetryPolicy later, Duration patience, RetryBudget budget) {

    RetryPlan {
        if (here < 1) {
            throw new IllegalArgumentException("attempts of one visit must be at least 1, got " + here);
        }
        if (!patience.isPositive()) {
            throw new IllegalArgumentException("the time for retries must be positive, got " + patience);
        }
    }

    /** What to do next. */
    sealed interface Next {

        /** Again after a short wait. */
        record Again(Duration pause) implements Next {}

        /** By the retry topic: not before {@code due}, given up from {@code until} on. */
        record Later(Instant due, Instant until) implements Next {}

        /** It is enough. */
        record GiveUp() implements Next {}
    }

    /**
     * Decides. While the image's deadline is ahead, a later visit is placed before it, or it would be of no use to the first
     * answer; after it, what comes repairs the answer, and there is time until the patience ends.
     *
     * @param attempt  how many attempts were made in all
     * @param visit    how many of them in this visit
     * @param first    when the first was made
     * @param deadline of the image, if it has one
     * @param random   uniform in 0..1
     */
    Next next(int attempt, int visit, Instant first, @Nullable Instant deadline, Instant now, double random) {
        var until = first.plus(patience);
        if (attempt >= soon.attempts() || !now.isBefore(until)) {
            return new Next.GiveUp();
        }
        if (visit < here && budget.mayRetryAtOnce()) {
            return new Next.Again(soon.delay(visit, random));
        }
        var end = deadline != null && deadline.isAfter(now) && deadline.isBefore(until) ? deadline : until;
        // Full jitter over the wait, or over the time there is if that is less.
        var wait = later.delay(attempt, random);
        var left = Duration.between(now, end);
        return new Next.Later(
                now.plus(wait.compareTo(left) <= 0 ? wait : Duration.ofMillis(Math.round(left.toMillis() * random))),
                until);
    }
}
