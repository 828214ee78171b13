package io.saccade.stage;

import java.time.Duration;

/**
 * How often and how soon to try again.
 *
 * @param attempts how often a request is tried in all while the model is ready, at least 1
 * @param first    longest wait before the second attempt
 * @param longest  longest wait before any attempt
 */
public record RetryPolicy(int attempts, Duration first, Duration longest) {

    public RetryPolicy {
        if (attempts < 1) {
            throw new IllegalArgumentException("attempts must be at least 1, got " + attempts);
        }
        if (!first.isPositive() || longest.compareTo(first) < 0) {
            throw new IllegalArgumentException(
                    "waits must be positive, the longest not below the first, got " + first + " and " + longest);
        }
    }

    /**
     * Exponential back-off with full jitter: {@code random * min(longest, first * 2^(n-1))}, as Marc Brooker describes it
     * in "Exponential Backoff And Jitter" (AWS Architecture Blog, 2015), so that requests that failed together do not
     * come back together.
     *
     * @param failures how many attempts have failed, at least 1
     * @param random   uniform in 0..1
     */
    Duration delay(int failures, double random) {
        double bound = Math.min(longest.toMillis(), first.toMillis() * Math.pow(2, failures - 1.0));
        return Duration.ofMillis(Math.round(bound * random));
    }
}
