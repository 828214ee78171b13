package io.saccade.triton;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * What a caller needs of a model. {@link #require(ModelInfo)} compares it with what the model says of itself and names
 * everything that does not fit at once, so that a wrong model is one failed start and not a series of them.
 *
 * <pre>{@code
 * ModelContract.of()
 *         .input("image", DataType.UINT8, -1, -1, 3)
 *         .output("embedding", DataType.FP32, 512)
 *         .parameter("embedding.space")
 *         .require(client.describe("image-embedding"));
 * }</pre>
 *
 * <p>Immutable: each step gives a new contract.
 */
public final class ModelContract {
    private sealed interface Need {
        record Tensor(boolean isInput, String name, DataType type, Shape dims) implements Need {}

        record Parameter(String name) implements Need {}

        record Batch(int atLeast) implements Need {}

        record OneAnswer() implements Need {}
    }

    private final List<Need> needs;

    private ModelContract(List<Need> needs) {
        this.needs = needs;
    }

    /** A contract that needs nothing yet. */
    public static ModelContract of() {
        return new ModelContract(List.of());
    }

    /** Needs this input; dims without the batch, {@link Shape#VARIABLE} for any. */
    public ModelContract input(String name, DataType type, long... dims) {
        return with(new Need.Tensor(true, name, type, Shape.of(dims)));
    }

    /** Needs this output; dims without the batch, {@link Shape#VARIABLE} for any. */
    public ModelContract output(String name, DataType type, long... dims) {
        return with(new Need.Tensor(false, name, type, Shape.of(dims)));
    }

    /** Needs this parameter, whatever its value. */
    public ModelContract parameter(String name) {
        return with(new Need.Parameter(name));
    }

    /** Needs tensors with a batch dimension, and room for this many items in one request. */
    public ModelContract batchOf(int atLeast) {
        return with(new Need.Batch(atLeast));
    }

    /** Needs one answer for one request: not a decoupled model. */
    public ModelContract oneAnswer() {
        return with(new Need.OneAnswer());
    }

    private ModelContract with(Need need) {
        return new ModelContract(Stream.concat(needs.stream(), Stream.of(need)).toList());
    }

    /**
     * Gives the model back if it fits.
     *
     * @throws ModelMismatchException with all sentences about what does not fit
     */
    public ModelInfo require(ModelInfo model) {
        List<String> problems = new ArrayList<>();
        for (Need need : needs) {
            problem(need, model).ifPresent(problems::add);
        }
        if (!problems.isEmpty()) {
            throw new ModelMismatchException(model.name(), problems);
        }
        return model;
    }

    private static Optional<String> problem(Need need, ModelInfo model) {
        return switch (need) {
            case Need.Tensor tensor -> tensorProblem(tensor, model);
            case Need.Parameter(String name) ->
                model.parameters().containsKey(name)
                        ? Optional.empty()
                        : Optional.of("Parameter '" + name + "' was expected, got "
                                + (model.parameters().isEmpty()
                                        ? "none"
                                        : model.parameters().keySet().stream()
                                                .sorted()
                                                .toList())
                                + ": add it to the parameters of the model's config.pbtxt.");
            case Need.Batch(int atLeast) ->
                model.maxBatchSize() >= atLeast
                        ? Optional.empty()
                        : Optional.of("A max_batch_size of at least " + atLeast + " was expected, got "
                                + model.maxBatchSize() + ": raise it in the model's config.pbtxt.");
            case Need.OneAnswer() ->
                model.decoupled()
                        ? Optional.of("One answer per request was expected, got a decoupled model: set"
                                + " model_transaction_policy.decoupled to false or ask another model.")
                        : Optional.empty();
        };
    }

    private static Optional<String> tensorProblem(Need.Tensor need, ModelInfo model) {
        String kind = need.isInput() ? "Input" : "Output";
        Optional<TensorSpec> found = need.isInput() ? model.input(need.name()) : model.output(need.name());
        if (found.isEmpty()) {
            List<TensorSpec> specs = need.isInput() ? model.inputs() : model.outputs();
            return Optional.of(kind + " '" + need.name() + "' (" + need.type() + " " + need.dims()
                    + ") was expected, got "
                    + specs.stream().map(spec -> "'" + spec.name() + "'").toList()
                    + ": ask the right model, or rename the tensor in its graph and config.pbtxt.");
        }
        TensorSpec spec = found.get();
        if (spec.type() != need.type() || !need.dims().fits(spec.dims())) {
            return Optional.of(kind + " '" + need.name() + "' must be " + need.type() + " " + need.dims()
                    + " (without the batch), got " + spec + ": export the model with this type and shape, or use the"
                    + " version of this service that was made for it.");
        }
        return Optional.empty();
    }
}
