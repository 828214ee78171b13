package io.saccade.modelserver;

import io.grpc.Status;
import io.saccade.modelserver.batching.BatchRules;
import io.saccade.modelserver.batching.Batcher;
import io.saccade.modelserver.batching.Job;
import io.saccade.modelserver.batching.RunException;
import io.saccade.modelserver.batching.Runner;
import io.saccade.modelserver.batching.Scheduler;
import io.saccade.modelserver.batching.Usage;
import io.saccade.modelserver.config.CompleteConfig;
import io.saccade.modelserver.config.ConfigException;
import io.saccade.modelserver.onnx.InputBuffers;
import io.saccade.modelserver.onnx.OnnxException;
import io.saccade.modelserver.onnx.OnnxModel;
import io.saccade.modelserver.onnx.RunClock;
import io.saccade.triton.Shape;
import io.saccade.triton.Tensor;
import io.saccade.triton.proto.ModelConfig;
import io.saccade.triton.proto.ModelInput;
import io.saccade.triton.proto.ModelOutput;
import io.saccade.triton.proto.ModelStatistics;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.concurrent.ScheduledExecutorService;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One version of a model that is loaded and can be asked. */
final class ServedModel implements AutoCloseable {
    private static final Logger LOGGER = LoggerFactory.getLogger(ServedModel.class);
    private static final String THREADS_PARAMETER = "intra_op_thread_count";

    private final long version;
    private final ModelConfig config;
    private final Scheduler scheduler;
    private final @Nullable OnnxModel graph;
    private final Map<String, List<String>> labels;
    private final Duration loadTime;

    private ServedModel(
            long version,
            ModelConfig config,
            Scheduler scheduler,
            @Nullable OnnxModel graph,
            Map<String, List<String>> labels,
            Duration loadTime) {
        this.version = version;
        this.config = config;
        this.scheduler = scheduler;
        this.graph = graph;
        this.labels = labels;
        this.loadTime = loadTime;
    }

    /**
     * Loads a version. Returns when it can be asked, and so after its warm-up.
     *
     * @param threads threads of one run, where the configuration names none
     * @param models  gives an ensemble the models of its steps
     */
    static ServedModel load(
            CompleteConfig given,
            long version,
            Path folder,
            int threads,
            ScheduledExecutorService timer,
            Executor answers,
            BiFunction<String, String, ServedModel> models)
            throws ConfigException, OnnxException {
        long begun = System.nanoTime();
        return switch (given.kind()) {
            case GRAPH -> graph(given, version, folder, threads, timer, answers);
            case ENSEMBLE ->
                new ServedModel(version, given.config(), Ensemble.of(given, models), null, Map.of(), since(begun));
            case REPEAT -> decoupled(given, version, new Repeat(), begun);
            case VLLM_ECHO -> decoupled(given, version, new VllmEcho(), begun);
        };
    }

    private static ServedModel decoupled(CompleteConfig given, long version, Decoupled.Script script, long begun) {
        return new ServedModel(
                version, given.config(), new Decoupled(given.config().getName(), script), null, Map.of(), since(begun));
    }

    private static Duration since(long nanoTime) {
        return Duration.ofNanos(System.nanoTime() - nanoTime);
    }

    private static ServedModel graph(
            CompleteConfig given,
            long version,
            Path folder,
            int threads,
            ScheduledExecutorService timer,
            Executor answers)
            throws ConfigException, OnnxException {
        long begun = System.nanoTime();
        OnnxModel graph = OnnxModel.open(
                folder.resolve(given.config().getDefaultModelFilename()), threads(given.config(), threads));
        try {
            ModelConfig config = given.with(graph.signature());
            Map<String, List<String>> labels = labels(given, config, folder);
            WarmUp.run(given, config, new GraphRunner(config, graph));
            Batcher batcher = new Batcher(
                    config.getName(), BatchRules.of(config), () -> new GraphRunner(config, graph), timer, answers);
            return new ServedModel(version, config, batcher, graph, labels, since(begun));
        } catch (ConfigException | RuntimeException e) {
            graph.close();
            throw e;
        }
    }

    /** The lines of each output's label file, which stands beside the versions. */
    private static Map<String, List<String>> labels(CompleteConfig given, ModelConfig config, Path folder)
            throws ConfigException {
        Map<String, List<String>> labels = new HashMap<>();
        for (int i = 0; i < config.getOutputCount(); i++) {
            String file = config.getOutput(i).getLabelFilename();
            if (file.isEmpty()) {
                continue;
            }
            if (file.contains("/") || file.contains("\\")) {
                throw given.problem(
                        "output", i, "label_filename: expected a file of the model's folder, got '" + file + "'");
            }
            try {
                labels.put(config.getOutput(i).getName(), Files.readAllLines(folder.resolveSibling(file)));
            } catch (IOException e) {
                throw given.problem("output", i, "label_filename: '" + file + "' cannot be read as UTF-8 text: " + e);
            }
        }
        return labels;
    }

    private static int threads(ModelConfig config, int otherwise) {
        String text = config.containsParameters(THREADS_PARAMETER)
                ? config.getParametersOrThrow(THREADS_PARAMETER).getStringValue()
                : "";
        return text.matches("[1-9]\\d{0,2}") ? Integer.parseInt(text) : otherwise;
    }

    String name() {
        return config.getName();
    }

    long version() {
        return version;
    }

    ModelConfig config() {
        return config;
    }

    boolean batches() {
        return config.getMaxBatchSize() > 0;
    }

    /** Whether one request may have several answers, or none. */
    boolean isDecoupled() {
        return config.getModelTransactionPolicy().getDecoupled();
    }

    /** Names of the elements of an output, where it has such. */
    Map<String, List<String>> labels() {
        return labels;
    }

    Duration loadTime() {
        return loadTime;
    }

    void submit(Job job) {
        job.trace().ifPresent(trace -> LOGGER.atDebug()
                .addKeyValue("model", name())
                .addKeyValue("version", version)
                .addKeyValue("request", job.label().strip())
                .addKeyValue("trace", trace.traceId())
                .addKeyValue("parent", trace.spanId())
                .log("a model takes a request of a trace"));
        scheduler.submit(job);
    }

    void cancel(Job job) {
        scheduler.cancel(job);
    }

    int pending() {
        return scheduler.pending();
    }

    int running() {
        return scheduler.running();
    }

    Usage.Snapshot usage() {
        return scheduler.usage();
    }

    ModelStatistics statistics() {
        return usage().statistics().toBuilder()
                .setName(name())
                .setVersion(Long.toString(version))
                .build();
    }

    /** Takes no more requests, answers those it has, and lets the graph go. */
    @Override
    public void close() {
        scheduler.close();
        try {
            if (graph != null) {
                graph.close();
            }
        } catch (OnnxException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Runs the graph on one thread, with the dimensions of the configuration outside and those of the graph inside. */
    private static final class GraphRunner implements Runner {
        private final ModelConfig config;
        private final OnnxModel graph;
        private final boolean batches;
        private final Map<String, ModelInput> reshapedInputs = new HashMap<>();
        private final Map<String, ModelOutput> reshapedOutputs = new HashMap<>();
        private final InputBuffers buffers = new InputBuffers();

        GraphRunner(ModelConfig config, OnnxModel graph) {
            this.config = config;
            this.graph = graph;
            this.batches = config.getMaxBatchSize() > 0;
            config.getInputList().stream()
                    .filter(ModelInput::hasReshape)
                    .forEach(input -> reshapedInputs.put(input.getName(), input));
            config.getOutputList().stream()
                    .filter(ModelOutput::hasReshape)
                    .forEach(output -> reshapedOutputs.put(output.getName(), output));
        }

        @Override
        public Map<String, Tensor> run(List<List<Tensor>> requests, Set<String> outputs, Stage stage)
                throws RunException {
            try {
                Map<String, Tensor> results = graph.run(inward(requests), outputs, buffers, new RunClock() {
                    @Override
                    public void inputsReady() {
                        stage.inputsReady();
                    }

                    @Override
                    public void ran() {
                        stage.ran();
                    }
                });
                return outward(results);
            } catch (OnnxException e) {
                throw new RunException(
                        Status.INTERNAL.withDescription("model '" + config.getName() + "': " + e.getMessage()), e);
            }
        }

        private List<List<Tensor>> inward(List<List<Tensor>> requests) {
            if (reshapedInputs.isEmpty()) {
                return requests;
            }
            List<List<Tensor>> inward = new ArrayList<>();
            for (List<Tensor> request : requests) {
                inward.add(request.stream()
                        .map(input -> {
                            ModelInput reshaped = reshapedInputs.get(input.name());
                            return reshaped == null
                                    ? input
                                    : reshape(
                                            input,
                                            reshaped.getDimsList(),
                                            reshaped.getReshape().getShapeList());
                        })
                        .toList());
            }
            return inward;
        }

        private Map<String, Tensor> outward(Map<String, Tensor> results) {
            if (reshapedOutputs.isEmpty()) {
                return results;
            }
            Map<String, Tensor> outward = new LinkedHashMap<>();
            results.forEach((name, output) -> {
                ModelOutput reshaped = reshapedOutputs.get(name);
                outward.put(
                        name,
                        reshaped == null
                                ? output
                                : reshape(output, reshaped.getReshape().getShapeList(), reshaped.getDimsList()));
            });
            return outward;
        }

        /** The same bytes under other dimensions; open ones keep their values, in their order. */
        private Tensor reshape(Tensor tensor, List<Long> from, List<Long> to) {
            int shift = batches ? 1 : 0;
            Deque<Long> open = new ArrayDeque<>();
            for (int i = 0; i < from.size(); i++) {
                if (from.get(i) == Shape.VARIABLE) {
                    open.add(tensor.shape().dim(i + shift));
                }
            }
            long[] dims = new long[to.size() + shift];
            if (batches) {
                dims[0] = tensor.shape().dim(0);
            }
            for (int i = 0; i < to.size(); i++) {
                dims[i + shift] = to.get(i) == Shape.VARIABLE ? open.remove() : to.get(i);
            }
            return Tensor.of(tensor.name(), tensor.type(), Shape.of(dims), tensor.data());
        }
    }
}
