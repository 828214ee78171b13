package io.saccade.triton.metrics;

import static java.util.Objects.requireNonNull;

import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.Collections;
import java.util.Map;
import java.util.TreeMap;

/**
 * What a server's metrics say of a model. Durations are sums over all requests, as the server counts them; a model on several GPUs is
 * the sum of its lines.
 *
 * @param model             name of the model
 * @param version           its version
 * @param success           requests answered
 * @param failures          requests failed, by the server's reason ({@code REJECTED}, {@code CANCELED}, {@code BACKEND},
 *                          {@code OTHER}); a server that gives none has them under an empty name
 * @param items             inferences: a request with a batch of 8 counts 8
 * @param executions        runs of the model
 * @param request           time of answered requests in the server
 * @param queue             thereof waiting for a batch and an instance
 * @param computeInput      bringing inputs to the model
 * @param computeInfer      running the model
 * @param computeOutput     bringing outputs back
 * @param pending           requests that wait now, not since the start; 0 where the server does not tell
 */
public record ModelMetrics(
        String model,
        String version,
        long success,
        Map<String, Long> failures,
        long items,
        long executions,
        Duration request,
        Duration queue,
        Duration computeInput,
        Duration computeInfer,
        Duration computeOutput,
        long pending) {

    /** Copies the map. */
    public ModelMetrics {
        requireNonNull(model, "model");
        requireNonNull(version, "version");
        failures = Collections.unmodifiableMap(new TreeMap<>(failures));
    }

    /** Requests failed, for whatever reason. */
    public long failure() {
        return failures.values().stream().mapToLong(Long::longValue).sum();
    }

    /** Items per run, the real batch size; 0 before the first run. */
    public double averageBatch() {
        return executions == 0 ? 0 : (double) items / executions;
    }

    /** Time in the server of one answered request on average; zero before the first. */
    public Duration averageRequest() {
        return success == 0 ? Duration.ZERO : request.dividedBy(success);
    }

    /** Wait of one answered request on average; zero before the first. */
    public Duration averageQueue() {
        return success == 0 ? Duration.ZERO : queue.dividedBy(success);
    }

    /**
     * What was done between two readings of the page; {@link #pending()} stays that of this one.
     *
     * @param earlier an earlier reading of the same model and version
     * @return this reading if the model was loaded again in between, as its counters then began anew
     * @throws IllegalArgumentException for another model or version
     */
    public ModelMetrics since(ModelMetrics earlier) {
        if (!earlier.model.equals(model) || !earlier.version.equals(version)) {
            throw new IllegalArgumentException("a difference needs two readings of '" + model + "' version " + version
                    + ", got '" + earlier.model + "' version " + earlier.version);
        }
        if (earlier.success > success || earlier.items > items || earlier.executions > executions) {
            return this;
        }
        Map<String, Long> failed = new TreeMap<>(failures);
        earlier.failures.forEach((reason, count) -> failed.merge(reason, -count, Long::sum));
        return new ModelMetrics(
                model,
                version,
                success - earlier.success,
                failed,
                items - earlier.items,
                executions - earlier.executions,
                request.minus(earlier.request),
                queue.minus(earlier.queue),
                computeInput.minus(earlier.computeInput),
                computeInfer.minus(earlier.computeInfer),
                computeOutput.minus(earlier.computeOutput),
                pending);
    }

    /** Adds up the lines of one model. */
    static final class Counters {
        private final Map<String, Long> sums = new TreeMap<>();
        private final Map<String, Long> failures = new TreeMap<>();

        void add(MetricSample sample) {
            if (sample.name().equals("nv_inference_request_failure")) {
                failures.merge(sample.labels().getOrDefault("reason", ""), sample.asLong(), Counters::sum);
            } else {
                sums.merge(sample.name(), sample.asLong(), Counters::sum);
            }
        }

        private static long sum(long one, long other) {
            return one > Long.MAX_VALUE - other ? Long.MAX_VALUE : one + other;
        }

        ModelMetrics of(String model, String version) {
            return new ModelMetrics(
                    model,
                    version,
                    count("nv_inference_request_success"),
                    failures,
                    count("nv_inference_count"),
                    count("nv_inference_exec_count"),
                    time("nv_inference_request_duration_us"),
                    time("nv_inference_queue_duration_us"),
                    time("nv_inference_compute_input_duration_us"),
                    time("nv_inference_compute_infer_duration_us"),
                    time("nv_inference_compute_output_duration_us"),
                    count("nv_inference_pending_request_count"));
        }

        private long count(String name) {
            return sums.getOrDefault(name, 0L);
        }

        private Duration time(String name) {
            return Duration.of(count(name), ChronoUnit.MICROS);
        }
    }
}
