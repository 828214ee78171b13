package io.saccade.triton;

import static java.util.Objects.requireNonNull;

/**
 * What a model declares of one tensor.
 *
 * @param name     its name
 * @param type     its type
 * @param dims     its dimensions <em>without</em> the batch; {@link Shape#VARIABLE} where any will do
 * @param optional an input that may be left out
 */
public record TensorSpec(String name, DataType type, Shape dims, boolean optional) {
    /** Refuses null. */
    public TensorSpec {
        requireNonNull(name, "name");
        requireNonNull(type, "type");
        requireNonNull(dims, "dims");
    }

    @Override
    public String toString() {
        return type + " " + dims;
    }
}
