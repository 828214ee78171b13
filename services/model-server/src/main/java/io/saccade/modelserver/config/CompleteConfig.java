package io.saccade.modelserver.config;

import io.saccade.triton.DataType;
import io.saccade.triton.Shape;
import io.saccade.triton.TensorSpec;
import io.saccade.triton.proto.ModelConfig;
import io.saccade.triton.proto.ModelDynamicBatching;
import io.saccade.triton.proto.ModelInput;
import io.saccade.triton.proto.ModelInstanceGroup;
import io.saccade.triton.proto.ModelOutput;
import io.saccade.triton.proto.ModelTensorReshape;
import io.saccade.triton.proto.ModelVersionPolicy;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * A configuration brought to what the server can run. The rules are Triton's: {@code platform: "onnxruntime_onnx"} or nothing at all means
 * backend {@code onnxruntime} and file {@code model.onnx}; without inputs and outputs they come from the graph, and a graph whose every
 * tensor has an open first dimension then batches up to {@value #AUTOMATIC_BATCH}, dynamically.
 */
public final class CompleteConfig {
    private static final String BACKEND = "onnxruntime";
    private static final String PLATFORM = "onnxruntime_onnx";
    private static final int AUTOMATIC_BATCH = 4;
    private static final int AUTOMATIC_INSTANCES = 2;

    /** What answers the requests. */
    public enum Kind {
        /** A graph. */
        GRAPH,
        /** Other models, one after the other. */
        ENSEMBLE,
        /** Nothing but the input, given back element by element: a decoupled model for tests. */
        REPEAT,
        /** The words of the prompt, by the contract of Triton's vLLM backend: likewise for tests. */
        VLLM_ECHO
    }

    private static final String REPEAT = "repeat";
    private static final String VLLM_ECHO = "vllm_echo";
    private static final String ENSEMBLE = "ensemble";

    private final Kind kind;
    private final ConfigFile file;
    private final ModelConfig config;

    private CompleteConfig(Kind kind, ConfigFile file, ModelConfig config) {
        this.kind = kind;
        this.file = file;
        this.config = config;
    }

    /** Checks what can be checked without a graph, and fills in the names. */
    public static CompleteConfig of(String folder, ConfigFile file) throws ConfigException {
        ModelConfig given = file.config();
        ModelConfig.Builder config = given.toBuilder();
        if (!given.getName().isEmpty() && !given.getName().equals(folder)) {
            throw file.problem(
                    "name", "expected '" + folder + "' as the folder is called, got '" + given.getName() + "'");
        }
        config.setName(folder);
        if (given.getMaxBatchSize() < 0) {
            throw file.problem("max_batch_size", "expected 0 or more, got " + given.getMaxBatchSize());
        }
        versions(config);
        if (given.getPlatform().equals(ENSEMBLE) || given.hasEnsembleScheduling()) {
            return DeclaredModels.ensemble(file, config);
        }
        if (given.getBackend().equals(REPEAT)) {
            return DeclaredModels.repeat(file, config);
        }
        if (given.getBackend().equals(VLLM_ECHO)) {
            return DeclaredModels.vllmEcho(file, config);
        }
        if (!given.getBackend().isEmpty() && !given.getBackend().equals(BACKEND)) {
            throw file.problem(
                    "backend",
                    "expected '" + BACKEND + "', or '" + REPEAT + "' or '" + VLLM_ECHO + "' for tests, got '"
                            + given.getBackend() + "'");
        }
        if (!given.getPlatform().isEmpty() && !given.getPlatform().equals(PLATFORM)) {
            throw file.problem(
                    "platform", "expected '" + PLATFORM + "' or '" + ENSEMBLE + "', got '" + given.getPlatform() + "'");
        }
        config.setBackend(BACKEND).setPlatform(PLATFORM);
        if (given.getDefaultModelFilename().isEmpty()) {
            config.setDefaultModelFilename("model.onnx");
        } else if (given.getDefaultModelFilename().contains("/")
                || given.getDefaultModelFilename().contains("\\")) {
            throw file.problem(
                    "default_model_filename",
                    "expected the name of a file in the version's folder, got '" + given.getDefaultModelFilename()
                            + "'");
        }
        if (given.getModelTransactionPolicy().getDecoupled()) {
            throw file.problem(
                    "model_transaction_policy", "expected decoupled false, as a graph answers once, got true");
        }
        switch (given.getSchedulingChoiceCase()) {
            case SEQUENCE_BATCHING ->
                throw file.problem("sequence_batching", "expected dynamic_batching or nothing, got sequence_batching");
            case DYNAMIC_BATCHING -> checkBatching(file, given);
            case ENSEMBLE_SCHEDULING, SCHEDULINGCHOICE_NOT_SET -> {}
        }
        instances(file, config);
        return new CompleteConfig(Kind.GRAPH, file, config.build());
    }

    /** A configuration that needs no graph to be complete. */
    static CompleteConfig withoutGraph(Kind kind, ConfigFile file, ModelConfig config) {
        return new CompleteConfig(kind, file, config);
    }

    private static void versions(ModelConfig.Builder config) {
        if (!config.hasVersionPolicy()) {
            config.setVersionPolicy(ModelVersionPolicy.newBuilder()
                    .setLatest(ModelVersionPolicy.Latest.newBuilder().setNumVersions(1)));
        } else if (config.getVersionPolicy().hasLatest()
                && config.getVersionPolicy().getLatest().getNumVersions() == 0) {
            config.getVersionPolicyBuilder().getLatestBuilder().setNumVersions(1);
        }
    }

    private static void checkBatching(ConfigFile file, ModelConfig config) throws ConfigException {
        ModelDynamicBatching batching = config.getDynamicBatching();
        for (int size : batching.getPreferredBatchSizeList()) {
            if (size < 1 || size > config.getMaxBatchSize()) {
                throw file.problem(
                        "dynamic_batching",
                        "preferred_batch_size: expected 1 to max_batch_size, which is " + config.getMaxBatchSize()
                                + ", got " + size);
            }
        }
        if (batching.getPriorityLevels() == 0 && batching.getDefaultPriorityLevel() != 0) {
            throw file.problem(
                    "dynamic_batching",
                    "default_priority_level: expected priority_levels with it, got only "
                            + batching.getDefaultPriorityLevel());
        }
        if (batching.getPriorityLevels() > 0
                && (batching.getDefaultPriorityLevel() < 1
                        || batching.getDefaultPriorityLevel() > batching.getPriorityLevels())) {
            throw file.problem(
                    "dynamic_batching",
                    "default_priority_level: expected 1 to priority_levels, which is " + batching.getPriorityLevels()
                            + ", got " + batching.getDefaultPriorityLevel());
        }
    }

    private static void instances(ConfigFile file, ModelConfig.Builder config) throws ConfigException {
        if (config.getInstanceGroupCount() == 0) {
            config.addInstanceGroupBuilder().setName(config.getName()); // as Triton names the one that it adds
        }
        for (int i = 0; i < config.getInstanceGroupCount(); i++) {
            ModelInstanceGroup.Builder group = config.getInstanceGroupBuilder(i);
            if (group.getKind() == ModelInstanceGroup.Kind.KIND_GPU) {
                throw file.problem(
                        "instance_group",
                        i,
                        "kind",
                        "expected KIND_CPU or KIND_AUTO, got KIND_GPU: there is no GPU here");
            }
            if (group.getCount() < 0) {
                throw file.problem("instance_group", i, "count", "count: expected 1 or more, got " + group.getCount());
            }
            group.setKind(ModelInstanceGroup.Kind.KIND_CPU);
            if (group.getCount() == 0) {
                group.setCount(AUTOMATIC_INSTANCES);
            }
            if (group.getName().isEmpty()) {
                group.setName(config.getName() + "_" + i);
            }
        }
    }

    /** What answers. */
    public Kind kind() {
        return kind;
    }

    /** Models of the steps of an ensemble; empty for anything else. */
    public Set<String> steps() {
        Set<String> steps = new LinkedHashSet<>();
        config.getEnsembleScheduling().getStepList().forEach(step -> steps.add(step.getModelName()));
        return steps;
    }

    /** A complaint about a field, or about an entry of one that is repeated. */
    public ConfigException problem(String field, int index, String sentence) {
        return file.problem(field, index, "name", sentence);
    }

    /** The configuration as far as it is complete. */
    public ModelConfig config() {
        return config;
    }

    /** Fills in what only the graph knows, and checks that file and graph agree. */
    public ModelConfig with(Signature graph) throws ConfigException {
        ModelConfig.Builder complete = config.toBuilder();
        boolean fromGraph = config.getInputCount() == 0 && config.getOutputCount() == 0;
        if (fromGraph && config.getMaxBatchSize() == 0 && hasOpenBatch(graph)) {
            complete.setMaxBatchSize(AUTOMATIC_BATCH);
            if (config.getSchedulingChoiceCase() == ModelConfig.SchedulingChoiceCase.SCHEDULINGCHOICE_NOT_SET) {
                complete.setDynamicBatching(ModelDynamicBatching.getDefaultInstance());
            }
        }
        boolean batches = complete.getMaxBatchSize() > 0;
        if (config.getInputCount() == 0) {
            for (TensorSpec input : graph.inputs()) {
                complete.addInput(ModelInput.newBuilder()
                        .setName(input.name())
                        .setDataType(input.type().configured())
                        .addAllDims(dims(file, "input", input, batches)));
            }
        }
        if (config.getOutputCount() == 0) {
            for (TensorSpec output : graph.outputs()) {
                complete.addOutput(ModelOutput.newBuilder()
                        .setName(output.name())
                        .setDataType(output.type().configured())
                        .addAllDims(dims(file, "output", output, batches)));
            }
        }
        check(complete, graph);
        return complete.build();
    }

    private static boolean hasOpenBatch(Signature graph) {
        return graph.inputs().stream().allMatch(CompleteConfig::hasOpenBatch)
                && graph.outputs().stream().allMatch(CompleteConfig::hasOpenBatch);
    }

    private static boolean hasOpenBatch(TensorSpec spec) {
        return spec.dims().rank() > 0 && spec.dims().dim(0) == Shape.VARIABLE;
    }

    private static List<Long> dims(ConfigFile file, String field, TensorSpec spec, boolean batches)
            throws ConfigException {
        Shape dims = spec.dims();
        if (batches) {
            if (!hasOpenBatch(spec)) {
                throw file.problem(
                        "max_batch_size",
                        "expected 0, as " + field + " '" + spec.name() + "' of the graph has no open first dimension ("
                                + dims + "), got a batch");
            }
            dims = dims.withoutFirst();
        }
        return Arrays.stream(dims.dims()).boxed().toList();
    }

    private void check(ModelConfig.Builder complete, Signature graph) throws ConfigException {
        boolean batches = complete.getMaxBatchSize() > 0;
        Set<String> names = new HashSet<>();
        for (int i = 0; i < complete.getInputCount(); i++) {
            ModelInput input = complete.getInput(i);
            if (!names.add(input.getName())) {
                throw file.problem("input", i, "name", "expected each name once, got '" + input.getName() + "' again");
            }
            checkTensor(
                    "input",
                    i,
                    input.getName(),
                    DataType.of(input.getDataType()),
                    input.getDimsList(),
                    input.hasReshape() ? Optional.of(input.getReshape()) : Optional.empty(),
                    batches,
                    graph.inputs());
        }
        for (int i = 0; i < complete.getOutputCount(); i++) {
            ModelOutput output = complete.getOutput(i);
            checkTensor(
                    "output",
                    i,
                    output.getName(),
                    DataType.of(output.getDataType()),
                    output.getDimsList(),
                    output.hasReshape() ? Optional.of(output.getReshape()) : Optional.empty(),
                    batches,
                    graph.outputs());
        }
        for (TensorSpec input : graph.inputs()) {
            if (!input.optional() && !names.contains(input.name())) {
                throw file.problem(
                        "input",
                        "expected all inputs of the graph, got none for '" + input.name() + "' (" + input + ")");
            }
        }
    }

    private void checkTensor(
            String field,
            int index,
            String name,
            Optional<DataType> type,
            List<Long> dims,
            Optional<ModelTensorReshape> reshape,
            boolean batches,
            List<TensorSpec> graph)
            throws ConfigException {
        TensorSpec spec = graph.stream()
                .filter(each -> each.name().equals(name))
                .findFirst()
                .orElse(null);
        if (spec == null) {
            throw file.problem(
                    field,
                    index,
                    "name",
                    "name: expected one of the graph's, "
                            + graph.stream()
                                    .map(each -> "'" + each.name() + "'")
                                    .toList() + ", got '" + name + "'");
        }
        if (type.isEmpty()) {
            throw file.problem(
                    field,
                    index,
                    "data_type",
                    "data_type of '" + name + "': expected TYPE_"
                            + spec.type().configured().name().substring("TYPE_".length()) + ", got none");
        }
        if (type.get() != spec.type()) {
            throw file.problem(
                    field,
                    index,
                    "data_type",
                    "data_type of '" + name + "': expected "
                            + spec.type().configured() + " as the graph has it, got "
                            + type.get().configured());
        }
        for (long dim : dims) {
            if (dim < 1 && dim != Shape.VARIABLE) {
                throw file.problem(
                        field, index, "dims", "dims of '" + name + "': expected 1 or more, or -1 for any, got " + dim);
            }
        }
        Shape shape = Shape.of(reshape.map(ModelTensorReshape::getShapeList).orElse(dims));
        Shape full = batches ? shape.prepend(Shape.VARIABLE) : shape;
        // A graph that does not say its shape reports none: nothing to compare.
        if (spec.dims().rank() > 0 && !allows(spec.dims(), full)) {
            throw file.problem(
                    field,
                    index,
                    "dims",
                    "dims of '" + name + "': expected " + spec.dims() + " as the graph has it, got " + full
                            + (batches ? ", where the first -1 is the batch of max_batch_size" : ""));
        }
    }

    /** A graph with a fixed dimension cannot take any other; a graph with an open one takes what the file narrows it to. */
    private static boolean allows(Shape graph, Shape file) {
        if (graph.rank() != file.rank()) {
            return false;
        }
        for (int i = 0; i < graph.rank(); i++) {
            if (graph.dim(i) != Shape.VARIABLE && graph.dim(i) != file.dim(i)) {
                return false;
            }
        }
        return true;
    }
}
