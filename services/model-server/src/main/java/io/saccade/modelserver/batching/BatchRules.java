package io.saccade.modelserver.batching;

import io.saccade.triton.proto.ModelConfig;
import io.saccade.triton.proto.ModelDynamicBatching;
import io.saccade.triton.proto.ModelInstanceGroup;
import io.saccade.triton.proto.ModelQueuePolicy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * How a model batches, read from its configuration.
 *
 * @param instances       runs at the same time
 * @param batched         whether inputs have a batch dimension
 * @param maxBatch        most items of one run; 1 request to a run when the model does not batch dynamically
 * @param dynamic         whether requests are joined
 * @param preferred       batch sizes worth sending at once; empty for none but the largest
 * @param delay           how long the oldest request may wait for others
 * @param defaultPriority lane of requests that name none
 * @param lanes           the queue policy of each priority, the most urgent first
 */
public record BatchRules(
        int instances,
        boolean batched,
        int maxBatch,
        boolean dynamic,
        Set<Integer> preferred,
        Duration delay,
        int defaultPriority,
        List<Lane> lanes) {

    /**
     * The queue of one priority.
     *
     * @param maxSize       most requests waiting; 0 for any number
     * @param timeout       longest wait; null for any
     * @param mayShorten    whether a request may ask for a shorter wait
     * @param delayInstead  after the wait, let all others go first instead of refusing
     */
    public record Lane(int maxSize, @Nullable Duration timeout, boolean mayShorten, boolean delayInstead) {
        static Lane of(ModelQueuePolicy policy) {
            long micros = policy.getDefaultTimeoutMicroseconds();
            return new Lane(
                    policy.getMaxQueueSize(),
                    micros == 0 ? null : Duration.ofNanos(micros * 1000),
                    policy.getAllowTimeoutOverride(),
                    policy.getTimeoutAction() == ModelQueuePolicy.TimeoutAction.DELAY);
        }

        /** The wait of one request: its own wish counts only where allowed, and only to shorten. */
        @Nullable
        Duration timeout(@Nullable Duration wish) {
            if (timeout == null || wish == null || !mayShorten || wish.compareTo(timeout) >= 0) {
                return timeout;
            }
            return wish;
        }
    }

    /** Copies the collections. */
    public BatchRules {
        preferred = Set.copyOf(preferred);
        lanes = List.copyOf(lanes);
    }

    /** The rules in a complete configuration. */
    public static BatchRules of(ModelConfig config) {
        boolean batched = config.getMaxBatchSize() > 0;
        boolean dynamic = batched && config.hasDynamicBatching();
        ModelDynamicBatching batching = config.getDynamicBatching();
        List<Lane> lanes = new ArrayList<>();
        int levels = (int) Math.max(1, batching.getPriorityLevels());
        for (long level = 1; level <= levels; level++) {
            lanes.add(Lane.of(batching.getPriorityQueuePolicyOrDefault(level, batching.getDefaultQueuePolicy())));
        }
        return new BatchRules(
                config.getInstanceGroupList().stream()
                        .mapToInt(ModelInstanceGroup::getCount)
                        .sum(),
                batched,
                Math.max(1, config.getMaxBatchSize()),
                dynamic,
                new HashSet<>(batching.getPreferredBatchSizeList()),
                Duration.ofNanos(batching.getMaxQueueDelayMicroseconds() * 1000),
                (int) Math.max(1, batching.getDefaultPriorityLevel()),
                lanes);
    }

    /** The lane of a request, from 0; priorities beyond the last go to the default, as in Triton. */
    int lane(int priority) {
        return (priority < 1 || priority > lanes.size() ? defaultPriority : priority) - 1;
    }
}
