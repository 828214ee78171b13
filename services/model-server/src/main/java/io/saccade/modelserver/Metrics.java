package io.saccade.modelserver;

import com.sun.management.OperatingSystemMXBean;
import io.saccade.modelserver.batching.Usage;
import io.saccade.triton.proto.InferStatistics;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;

/** Triton's metrics under Triton's names, in Prometheus' text format; counted where {@code ModelStatistics} is counted, so both agree. */
final class Metrics {
    private record Sample(ServedModel model, Usage.Snapshot usage, int pending) {}

    private Metrics() {}

    static String text(List<ServedModel> models) {
        List<Sample> samples = new ArrayList<>();
        for (ServedModel model : models) {
            samples.add(new Sample(model, model.usage(), model.pending()));
        }
        StringBuilder text = new StringBuilder();
        metric(
                text,
                "nv_inference_request_success",
                "counter",
                "Number of successful inference requests, all batch sizes",
                samples,
                sample -> stats(sample).getSuccess().getCount());
        header(text, "nv_inference_request_failure", "counter", "Number of failed inference requests, all batch sizes");
        for (Sample sample : samples) {
            for (Map.Entry<Usage.Reason, Long> reason :
                    sample.usage().failures().entrySet()) {
                line(
                        text,
                        "nv_inference_request_failure",
                        sample.model(),
                        ",reason=\"" + reason.getKey() + "\"",
                        reason.getValue());
            }
        }
        metric(
                text,
                "nv_inference_count",
                "counter",
                "Number of inferences performed (does not include cached requests)",
                samples,
                sample -> sample.usage().statistics().getInferenceCount());
        metric(
                text,
                "nv_inference_exec_count",
                "counter",
                "Number of model executions performed (does not include cached requests)",
                samples,
                sample -> sample.usage().statistics().getExecutionCount());
        metric(
                text,
                "nv_inference_request_duration_us",
                "counter",
                "Cumulative inference request duration in microseconds",
                samples,
                sample -> stats(sample).getSuccess().getNs() / 1000);
        metric(
                text,
                "nv_inference_queue_duration_us",
                "counter",
                "Cumulative inference queuing duration in microseconds",
                samples,
                sample -> stats(sample).getQueue().getNs() / 1000);
        metric(
                text,
                "nv_inference_compute_input_duration_us",
                "counter",
                "Cumulative compute input duration in microseconds",
                samples,
                sample -> stats(sample).getComputeInput().getNs() / 1000);
        metric(
                text,
                "nv_inference_compute_infer_duration_us",
                "counter",
                "Cumulative compute inference duration in microseconds",
                samples,
                sample -> stats(sample).getComputeInfer().getNs() / 1000);
        metric(
                text,
                "nv_inference_compute_output_duration_us",
                "counter",
                "Cumulative inference compute output duration in microseconds",
                samples,
                sample -> stats(sample).getComputeOutput().getNs() / 1000);
        metric(
                text,
                "nv_inference_pending_request_count",
                "gauge",
                "Instantaneous number of pending requests awaiting execution per-model",
                samples,
                sample -> (long) sample.pending());
        header(text, "nv_model_load_duration_secs", "gauge", "Model load time in seconds");
        for (Sample sample : samples) {
            text.append(String.format(
                    Locale.ROOT,
                    "nv_model_load_duration_secs{model=\"%s\",version=\"%d\"} %.6f\n",
                    sample.model().name(),
                    sample.model().version(),
                    sample.model().loadTime().toNanos() / 1e9));
        }
        machine(text);
        return text.toString();
    }

    /** The whole machine, or the container where the JVM knows of one; what it cannot tell is left out. */
    private static void machine(StringBuilder text) {
        if (!(ManagementFactory.getOperatingSystemMXBean() instanceof OperatingSystemMXBean system)) {
            return;
        }
        double load = system.getCpuLoad();
        if (load >= 0) {
            header(text, "nv_cpu_utilization", "gauge", "CPU utilization rate [0.0 - 1.0]");
            text.append(String.format(Locale.ROOT, "nv_cpu_utilization %.6f\n", load));
        }
        header(text, "nv_cpu_memory_total_bytes", "gauge", "CPU total memory (RAM), in bytes");
        text.append("nv_cpu_memory_total_bytes ")
                .append(system.getTotalMemorySize())
                .append('\n');
        header(text, "nv_cpu_memory_used_bytes", "gauge", "CPU used memory (RAM), in bytes");
        text.append("nv_cpu_memory_used_bytes ")
                .append(system.getTotalMemorySize() - system.getFreeMemorySize())
                .append('\n');
    }

    private static InferStatistics stats(Sample sample) {
        return sample.usage().statistics().getInferenceStats();
    }

    private static void metric(
            StringBuilder text,
            String name,
            String type,
            String help,
            List<Sample> samples,
            Function<Sample, Long> value) {
        header(text, name, type, help);
        for (Sample sample : samples) {
            line(text, name, sample.model(), "", value.apply(sample));
        }
    }

    private static void header(StringBuilder text, String name, String type, String help) {
        text.append("# HELP ").append(name).append(' ').append(help).append('\n');
        text.append("# TYPE ").append(name).append(' ').append(type).append('\n');
    }

    private static void line(StringBuilder text, String name, ServedModel model, String more, long value) {
        text.append(String.format(
                Locale.ROOT,
                "%s{model=\"%s\",version=\"%d\"%s} %d\n",
                name,
                model.name(),
                model.version(),
                more,
                value));
    }
}
