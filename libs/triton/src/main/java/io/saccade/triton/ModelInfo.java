package io.saccade.triton;

import static java.util.Objects.requireNonNull;

import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What a model says of itself: its tensors and the parameters of its {@code config.pbtxt}, from which a caller learns sizes,
 * tokenizer and thresholds instead of repeating them in a setting of its own.
 *
 * @param name         name of the model
 * @param version      version that described itself, empty if the server did not say
 * @param versions     versions that are ready
 * @param platform     what runs it, such as {@code onnxruntime_onnx}
 * @param maxBatchSize largest batch of one request; 0 means that tensors have no batch dimension
 * @param decoupled    answers any number of times: only a stream can ask it
 * @param inputs       declared inputs
 * @param outputs      declared outputs
 * @param parameters   the manifest, as strings
 */
public record ModelInfo(
        String name,
        String version,
        List<String> versions,
        String platform,
        int maxBatchSize,
        boolean decoupled,
        List<TensorSpec> inputs,
        List<TensorSpec> outputs,
        Map<String, String> parameters) {

    /** Copies the collections. */
    public ModelInfo {
        requireNonNull(name, "name");
        requireNonNull(version, "version");
        requireNonNull(platform, "platform");
        versions = List.copyOf(versions);
        inputs = List.copyOf(inputs);
        outputs = List.copyOf(outputs);
        parameters = Map.copyOf(parameters);
    }

    /** The declared input with this name. */
    public Optional<TensorSpec> input(String name) {
        return find(inputs, name);
    }

    /** The declared output with this name. */
    public Optional<TensorSpec> output(String name) {
        return find(outputs, name);
    }

    /** The parameter with this name. */
    public Optional<String> parameter(String name) {
        return Optional.ofNullable(parameters.get(name));
    }

    /** Whether tensors have a batch dimension in front. */
    public boolean batches() {
        return maxBatchSize > 0;
    }

    /**
     * The declared input, if it is what the caller will send.
     *
     * @param dims without the batch; {@link Shape#VARIABLE} accepts any
     * @throws ModelMismatchException with a sentence that says what was expected and what the model declares
     */
    public TensorSpec requireInput(String name, DataType type, long... dims) {
        ModelContract.of().input(name, type, dims).require(this);
        return input(name).orElseThrow();
    }

    /**
     * The declared output, if it is what the caller will read.
     *
     * @param dims without the batch; {@link Shape#VARIABLE} accepts any
     * @throws ModelMismatchException with a sentence that says what was expected and what the model declares
     */
    public TensorSpec requireOutput(String name, DataType type, long... dims) {
        ModelContract.of().output(name, type, dims).require(this);
        return output(name).orElseThrow();
    }

    /**
     * The value of a parameter that must be there.
     *
     * @throws ModelMismatchException if it is not
     */
    public String requireParameter(String name) {
        ModelContract.of().parameter(name).require(this);
        return parameter(name).orElseThrow();
    }

    /**
     * Gives a request back if this model would take it, so that a wrong one costs no way to the server. The rules are the
     * server's: names, types, shapes, and the batch.
     *
     * @throws TritonException with {@link Fault#PERMANENT} and all sentences about what does not fit
     */
    public InferRequest check(InferRequest request) {
        List<String> problems = problems(request);
        if (!problems.isEmpty()) {
            throw TritonException.refused(
                    name, "request to model '" + name + "' does not fit: " + String.join("; ", problems));
        }
        return request;
    }

    /** What does not fit, one sentence each: expected and got; empty for a request this model would take. */
    public List<String> problems(InferRequest request) {
        return RequestCheck.problems(this, request);
    }

    private static Optional<TensorSpec> find(List<TensorSpec> specs, String name) {
        return specs.stream().filter(spec -> spec.name().equals(name)).findFirst();
    }
}
