package io.saccade.triton;

import static java.util.Objects.requireNonNull;

import io.saccade.triton.proto.InferBatchStatistics;
import io.saccade.triton.proto.ModelStatistics;
import io.saccade.triton.proto.StatisticDuration;
import java.time.Duration;
import java.time.Instant;
import java.util.Collections;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What a model has done since it was loaded, as the server counts it.
 *
 * @param model         name of the model
 * @param version       its version
 * @param lastInference time of the last request, 1970 if there was none
 * @param items         inferences: a request with a batch of 8 counts 8
 * @param executions    runs of the model
 * @param success       requests answered, and their whole time in the server
 * @param failure       requests failed
 * @param queue         waiting for a batch and an instance
 * @param computeInput  bringing inputs to the model
 * @param computeInfer  running the model
 * @param computeOutput bringing outputs back
 * @param runsByBatch   runs of the model by batch size, ascending
 */
public record ModelUsage(
        String model,
        String version,
        Instant lastInference,
        long items,
        long executions,
        Timing success,
        Timing failure,
        Timing queue,
        Timing computeInput,
        Timing computeInfer,
        Timing computeOutput,
        SortedMap<Long, Timing> runsByBatch) {

    /** Copies the map. */
    public ModelUsage {
        requireNonNull(model, "model");
        requireNonNull(version, "version");
        runsByBatch = Collections.unmodifiableSortedMap(new TreeMap<>(runsByBatch));
    }

    /**
     * How often, and how long together.
     *
     * @param count how often
     * @param total sum of the durations
     */
    public record Timing(long count, Duration total) {
        static Timing of(StatisticDuration duration) {
            return new Timing(duration.getCount(), Duration.ofNanos(duration.getNs()));
        }

        /** How long one took on average; zero before the first. */
        public Duration average() {
            return count == 0 ? Duration.ZERO : total.dividedBy(count);
        }

        private Timing since(Timing earlier) {
            return new Timing(count - earlier.count, total.minus(earlier.total));
        }
    }

    /** Items per run, the real batch size; 0 before the first run. */
    public double averageBatch() {
        return executions == 0 ? 0 : (double) items / executions;
    }

    /**
     * What was done between two readings: the server counts from the loading of the model, so only differences tell how it is now.
     *
     * @param earlier an earlier reading of the same model and version
     * @return this reading if the model was loaded again in between, as its counters then began anew
     * @throws IllegalArgumentException for another model or version
     */
    public ModelUsage since(ModelUsage earlier) {
        if (!earlier.model.equals(model) || !earlier.version.equals(version)) {
            throw new IllegalArgumentException("a difference needs two readings of '" + model + "' version " + version
                    + ", got '" + earlier.model + "' version " + earlier.version);
        }
        if (earlier.items > items || earlier.executions > executions || earlier.success.count > success.count) {
            return this;
        }
        SortedMap<Long, Timing> runs = new TreeMap<>();
        runsByBatch.forEach((size, timing) -> {
            Timing before = earlier.runsByBatch.get(size);
            Timing between = before == null ? timing : timing.since(before);
            if (between.count > 0) {
                runs.put(size, between);
            }
        });
        return new ModelUsage(
                model,
                version,
                lastInference,
                items - earlier.items,
                executions - earlier.executions,
                success.since(earlier.success),
                failure.since(earlier.failure),
                queue.since(earlier.queue),
                computeInput.since(earlier.computeInput),
                computeInfer.since(earlier.computeInfer),
                computeOutput.since(earlier.computeOutput),
                runs);
    }

    static ModelUsage of(ModelStatistics stats) {
        var inference = stats.getInferenceStats();
        Map<Long, Timing> runs = new TreeMap<>();
        for (InferBatchStatistics batch : stats.getBatchStatsList()) {
            runs.put(batch.getBatchSize(), Timing.of(batch.getComputeInfer()));
        }
        return new ModelUsage(
                stats.getName(),
                stats.getVersion(),
                Instant.ofEpochMilli(stats.getLastInference()),
                stats.getInferenceCount(),
                stats.getExecutionCount(),
                Timing.of(inference.getSuccess()),
                Timing.of(inference.getFail()),
                Timing.of(inference.getQueue()),
                Timing.of(inference.getComputeInput()),
                Timing.of(inference.getComputeInfer()),
                Timing.of(inference.getComputeOutput()),
                new TreeMap<>(runs));
    }
}
