package io.saccade.modelserver.config;

import io.saccade.triton.DataType;
import io.saccade.triton.Shape;
import io.saccade.triton.proto.ModelConfig;
import io.saccade.triton.proto.ModelEnsembling;
import io.saccade.triton.proto.ModelInput;
import io.saccade.triton.proto.ModelOutput;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/** The rules of models without a graph: their file must say all. */
final class DeclaredModels {
    private static final String VLLM_PROMPT = "text_input";

    /** Of the vLLM backend; see {@code io.saccade.modelserver.VllmEcho}. */
    private static final Map<String, DataType> VLLM_INPUTS = Map.ofEntries(
            Map.entry(VLLM_PROMPT, DataType.BYTES),
            Map.entry("image", DataType.BYTES),
            Map.entry("stream", DataType.BOOL),
            Map.entry("sampling_parameters", DataType.BYTES),
            Map.entry("exclude_input_in_output", DataType.BOOL),
            Map.entry("return_finish_reason", DataType.BOOL),
            Map.entry("return_cumulative_logprob", DataType.BOOL),
            Map.entry("return_logprobs", DataType.BOOL),
            Map.entry("return_num_input_tokens", DataType.BOOL),
            Map.entry("return_num_output_tokens", DataType.BOOL),
            Map.entry("embedding_request", DataType.BYTES));

    private static final Map<String, DataType> VLLM_OUTPUTS = Map.of(
            "text_output", DataType.BYTES,
            "finish_reason", DataType.BYTES,
            "cumulative_logprob", DataType.FP32,
            "logprobs", DataType.BYTES,
            "num_input_tokens", DataType.UINT32,
            "num_output_tokens", DataType.UINT32);

    private DeclaredModels() {}

    /** An ensemble, as far as it can be checked without its steps. */
    static CompleteConfig ensemble(ConfigFile file, ModelConfig.Builder config) throws ConfigException {
        if (!config.getPlatform().isEmpty() && !config.getPlatform().equals("ensemble")) {
            throw file.problem(
                    "platform",
                    "expected 'ensemble', as there is ensemble_scheduling, got '" + config.getPlatform() + "'");
        }
        if (!config.getBackend().isEmpty()) {
            throw file.problem("backend", "expected none in an ensemble, got '" + config.getBackend() + "'");
        }
        List<ModelEnsembling.Step> steps = config.getEnsembleScheduling().getStepList();
        if (steps.isEmpty()) {
            throw file.problem("ensemble_scheduling", "expected at least one step in an ensemble, got none");
        }
        for (int i = 0; i < steps.size(); i++) {
            ModelEnsembling.Step step = steps.get(i);
            if (step.getModelName().isEmpty() || step.getInputMapCount() == 0 || step.getOutputMapCount() == 0) {
                throw file.problem(
                        "ensemble_scheduling",
                        "step " + (i + 1) + ": expected model_name, input_map and output_map, got '"
                                + step.getModelName() + "', " + step.getInputMapCount() + " inputs and "
                                + step.getOutputMapCount() + " outputs");
            }
        }
        if (config.getInstanceGroupCount() > 0) {
            throw file.problem("instance_group", "expected none in an ensemble, whose steps have their own");
        }
        if (config.getModelWarmupCount() > 0) {
            throw file.problem("model_warmup", "expected none in an ensemble, whose steps have their own");
        }
        if (config.getModelTransactionPolicy().getDecoupled()) {
            throw file.problem("model_transaction_policy", "expected decoupled false in an ensemble, got true");
        }
        tensors(file, config);
        return CompleteConfig.withoutGraph(
                CompleteConfig.Kind.ENSEMBLE,
                file,
                config.setPlatform("ensemble").build());
    }

    /**
     * The decoupled model for tests, with the tensors of Triton's own backend of that name: an answer for each element of {@code IN}.
     */
    static CompleteConfig repeat(ConfigFile file, ModelConfig.Builder config) throws ConfigException {
        decoupled("repeat", file, config);
        tensors(file, config);
        Optional<DataType> repeated = Optional.empty();
        for (int i = 0; i < config.getInputCount(); i++) {
            ModelInput input = config.getInput(i);
            if (input.getDimsCount() != 1) {
                throw file.problem("input", i, "dims", "dims: expected one with backend 'repeat'");
            }
            switch (input.getName()) {
                case "IN" -> repeated = DataType.of(input.getDataType());
                case "DELAY", "WAIT", "FAIL" ->
                    expect(file, "input", i, input.getName(), input.getDataType(), DataType.UINT32);
                default ->
                    throw file.problem(
                            "input",
                            i,
                            "name",
                            "name: expected 'IN', 'DELAY', 'WAIT' or 'FAIL' with backend 'repeat', got '"
                                    + input.getName() + "'");
            }
        }
        if (repeated.isEmpty()) {
            throw file.problem("input", "expected 'IN' with backend 'repeat', got none");
        }
        boolean answers = false;
        for (int i = 0; i < config.getOutputCount(); i++) {
            ModelOutput output = config.getOutput(i);
            switch (output.getName()) {
                case "OUT" -> {
                    answers = true;
                    expect(file, "output", i, "OUT", output.getDataType(), repeated.get());
                }
                case "IDX" -> expect(file, "output", i, "IDX", output.getDataType(), DataType.UINT32);
                default ->
                    throw file.problem(
                            "output",
                            i,
                            "name",
                            "name: expected 'OUT' or 'IDX' with backend 'repeat', got '" + output.getName() + "'");
            }
        }
        if (!answers) {
            throw file.problem("output", "expected 'OUT' with backend 'repeat', got none");
        }
        return CompleteConfig.withoutGraph(CompleteConfig.Kind.REPEAT, file, config.build());
    }

    /** The model with the contract of Triton's vLLM backend: its tensors, of which the configuration may leave out optional ones. */
    static CompleteConfig vllmEcho(ConfigFile file, ModelConfig.Builder config) throws ConfigException {
        decoupled("vllm_echo", file, config);
        tensors(file, config);
        for (int i = 0; i < config.getInputCount(); i++) {
            ModelInput input = config.getInput(i);
            expectOf(VLLM_INPUTS, "input", file, i, input.getName(), input.getDataType());
            if (!input.getName().equals(VLLM_PROMPT) && !input.getOptional()) {
                throw file.problem(
                        "input", i, "optional", "optional of '" + input.getName() + "': expected true, got false");
            }
        }
        for (int i = 0; i < config.getOutputCount(); i++) {
            ModelOutput output = config.getOutput(i);
            expectOf(VLLM_OUTPUTS, "output", file, i, output.getName(), output.getDataType());
        }
        if (config.getInputList().stream().noneMatch(input -> input.getName().equals(VLLM_PROMPT))) {
            throw file.problem("input", "expected '" + VLLM_PROMPT + "' with backend 'vllm_echo', got none");
        }
        return CompleteConfig.withoutGraph(CompleteConfig.Kind.VLLM_ECHO, file, config.build());
    }

    private static void expectOf(
            Map<String, DataType> known,
            String field,
            ConfigFile file,
            int index,
            String name,
            io.saccade.triton.proto.DataType type)
            throws ConfigException {
        DataType expected = known.get(name);
        if (expected == null) {
            throw file.problem(
                    field,
                    index,
                    "name",
                    "name: expected one of the vLLM backend's, which are " + new TreeSet<>(known.keySet()) + ", got '"
                            + name + "'");
        }
        expect(file, field, index, name, type, expected);
    }

    /** What is the same for all models that answer as often as they like. */
    private static void decoupled(String backend, ConfigFile file, ModelConfig.Builder config) throws ConfigException {
        if (!config.getModelTransactionPolicy().getDecoupled()) {
            throw file.problem(
                    "model_transaction_policy", "expected decoupled true with backend '" + backend + "', got false");
        }
        if (config.getMaxBatchSize() > 0) {
            throw file.problem(
                    "max_batch_size", "expected 0 with backend '" + backend + "', got " + config.getMaxBatchSize());
        }
        if (config.getSchedulingChoiceCase() != ModelConfig.SchedulingChoiceCase.SCHEDULINGCHOICE_NOT_SET) {
            throw file.problem(
                    config.hasDynamicBatching() ? "dynamic_batching" : "sequence_batching",
                    "expected none with backend '" + backend + "', which runs all requests at once");
        }
        if (config.getModelWarmupCount() > 0) {
            throw file.problem(
                    "model_warmup", "expected none with backend '" + backend + "', which has nothing to warm up");
        }
        if (config.getPlatform().isEmpty()) {
            config.setPlatform(backend); // as Triton does
        }
    }

    private static void expect(
            ConfigFile file,
            String field,
            int index,
            String name,
            io.saccade.triton.proto.DataType got,
            DataType expected)
            throws ConfigException {
        if (got != expected.configured()) {
            throw file.problem(
                    field,
                    index,
                    "data_type",
                    "data_type of '" + name + "': expected " + expected.configured() + ", got " + got);
        }
    }

    private static void tensors(ConfigFile file, ModelConfig.Builder config) throws ConfigException {
        if (config.getInputCount() == 0 || config.getOutputCount() == 0) {
            throw file.problem(
                    config.getInputCount() == 0 ? "input" : "output",
                    "expected at least one, as there is no graph that would tell them, got none");
        }
        Set<String> inputs = new HashSet<>();
        for (int i = 0; i < config.getInputCount(); i++) {
            ModelInput input = config.getInput(i);
            tensor(file, "input", i, input.getName(), input.getDataType(), input.getDimsList(), inputs);
            if (input.hasReshape()) {
                throw file.problem("input", i, "reshape", "reshape: expected none in a model without a graph");
            }
        }
        Set<String> outputs = new HashSet<>();
        for (int i = 0; i < config.getOutputCount(); i++) {
            ModelOutput output = config.getOutput(i);
            tensor(file, "output", i, output.getName(), output.getDataType(), output.getDimsList(), outputs);
            if (output.hasReshape()) {
                throw file.problem("output", i, "reshape", "reshape: expected none in a model without a graph");
            }
        }
    }

    private static void tensor(
            ConfigFile file,
            String field,
            int index,
            String name,
            io.saccade.triton.proto.DataType type,
            List<Long> dims,
            Set<String> names)
            throws ConfigException {
        if (name.isEmpty() || !names.add(name)) {
            throw file.problem(field, index, "name", "name: expected one that is not there yet, got '" + name + "'");
        }
        if (DataType.of(type).isEmpty()) {
            throw file.problem(field, index, "data_type", "data_type of '" + name + "': expected one, got none");
        }
        List<Long> wrong = new ArrayList<>(dims);
        wrong.removeIf(dim -> dim > 0 || dim == Shape.VARIABLE);
        if (dims.isEmpty() || !wrong.isEmpty()) {
            throw file.problem(
                    field, index, "dims", "dims of '" + name + "': expected 1 or more, or -1 for any, got " + dims);
        }
    }
}
