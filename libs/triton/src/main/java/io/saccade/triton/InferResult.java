package io.saccade.triton;

import static java.util.Objects.requireNonNull;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.OptionalLong;

/**
 * What a model answered; each tensor's bytes agree with its type and shape.
 *
 * @param model   name of the model that answered
 * @param version its version
 * @param id      the id of the request
 * @param outputs by name, in the server's order
 */
public record InferResult(String model, String version, String id, Map<String, Tensor> outputs) {

    /** Copies the map and keeps its order. */
    public InferResult {
        requireNonNull(model, "model");
        requireNonNull(version, "version");
        requireNonNull(id, "id");
        outputs = Collections.unmodifiableMap(new LinkedHashMap<>(outputs));
    }

    /**
     * The output with this name.
     *
     * @throws TritonException with {@link Fault#PERMANENT} if the model did not answer it
     */
    public Tensor output(String name) {
        Tensor tensor = outputs.get(name);
        if (tensor == null) {
            throw TritonException.protocol(model, "output '" + name + "' was expected, got " + outputs.keySet(), null);
        }
        return tensor;
    }

    /**
     * This result, if no output holds a NaN or an infinity. A model that answers one for an input does so again: such numbers come of
     * half precision that ran over, or of weights that do not fit the graph.
     *
     * @throws TritonException with {@link Fault#PERMANENT}, naming the model, the output, and the first index
     */
    public InferResult requireFinite() {
        for (Tensor tensor : outputs.values()) {
            OptionalLong at = tensor.firstNotFinite();
            if (at.isPresent()) {
                throw TritonException.answer(
                        model,
                        "output '" + tensor.name() + "' (" + tensor.type() + " " + tensor.shape()
                                + ") must hold finite numbers, got NaN or an infinity at "
                                + tensor.shape().indexOf(at.getAsLong()));
            }
        }
        return this;
    }

    /**
     * The output with this name, if it has this type and shape.
     *
     * @param shape as expected; {@link Shape#VARIABLE} where any dimension will do
     * @throws TritonException with {@link Fault#PERMANENT} if it is missing or different
     */
    public Tensor output(String name, DataType type, Shape shape) {
        Tensor tensor = output(name);
        if (tensor.type() != type || !shape.fits(tensor.shape())) {
            throw TritonException.protocol(
                    model,
                    "output '" + name + "' must be " + type + " " + shape + ", got " + tensor.type() + " "
                            + tensor.shape(),
                    null);
        }
        return tensor;
    }
}
