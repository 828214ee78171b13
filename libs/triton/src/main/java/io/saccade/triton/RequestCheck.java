package io.saccade.triton;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/** Whether a request fits a model, by the rules the server applies, and in sentences that name what was expected and what came. */
final class RequestCheck {
    private final ModelInfo model;
    private final InferRequest request;
    private final List<String> problems = new ArrayList<>();

    private RequestCheck(ModelInfo model, InferRequest request) {
        this.model = model;
        this.request = request;
    }

    static List<String> problems(ModelInfo model, InferRequest request) {
        RequestCheck check = new RequestCheck(model, request);
        check.names();
        request.inputs().forEach(check::input);
        check.batch();
        check.outputs();
        return List.copyOf(check.problems);
    }

    private void names() {
        if (!request.model().equals(model.name())) {
            problems.add("model '" + model.name() + "' was expected, got '" + request.model() + "'");
        }
        boolean isKnown = request.version().isEmpty()
                || model.versions().isEmpty()
                || model.versions().contains(request.version());
        if (!isKnown) {
            problems.add("version '" + request.version() + "' is none of the model's that are ready: "
                    + model.versions() + " may be asked");
        }
        for (TensorSpec spec : model.inputs()) {
            if (!spec.optional()
                    && request.inputs().stream().noneMatch(input -> input.name().equals(spec.name()))) {
                problems.add("input '" + spec.name() + "' (" + spec.type() + " " + whole(spec)
                        + ") was expected, got no input of this name");
            }
        }
    }

    private void input(Tensor input) {
        Optional<TensorSpec> declared = model.input(input.name());
        if (declared.isEmpty()) {
            problems.add(
                    "input '" + input.name() + "' is none of the model's: " + named(model.inputs()) + " were expected");
            return;
        }
        TensorSpec spec = declared.orElseThrow();
        if (input.type() != spec.type()) {
            problems.add("input '" + input.name() + "' must be " + spec.type() + ", got " + input.type());
        }
        if (!whole(spec).fits(input.shape())) {
            problems.add("input '" + input.name() + "' must have the shape " + whole(spec)
                    + (model.batches() ? " with the batch in front" : "") + ", got " + input.shape());
        }
    }

    private void batch() {
        if (!model.batches()) {
            return;
        }
        List<Tensor> batched = request.inputs().stream()
                .filter(input -> input.shape().rank() > 0)
                .toList();
        for (Tensor input : batched) {
            long size = input.shape().dim(0);
            if (size < 1 || size > model.maxBatchSize()) {
                problems.add("input '" + input.name() + "' must have a batch of 1 to " + model.maxBatchSize() + ", got "
                        + size);
            }
        }
        if (batched.stream().mapToLong(input -> input.shape().dim(0)).distinct().count() > 1) {
            problems.add("all inputs must have the same batch, got "
                    + batched.stream()
                            .map(input -> input.shape().dim(0) + " in '" + input.name() + "'")
                            .collect(Collectors.joining(", ")));
        }
    }

    private void outputs() {
        for (String output : request.outputs()) {
            if (model.output(output).isEmpty()) {
                problems.add("output '" + output + "' is none of the model's: " + named(model.outputs())
                        + " may be asked for");
            }
        }
    }

    /** The declared shape as it travels. */
    private Shape whole(TensorSpec spec) {
        return model.batches() ? spec.dims().prepend(Shape.VARIABLE) : spec.dims();
    }

    private static String named(List<TensorSpec> specs) {
        return specs.stream().map(TensorSpec::name).toList().toString();
    }
}
