package io.saccade.modelserver.config;

import static java.util.Objects.requireNonNull;

import io.saccade.triton.TensorSpec;
import java.util.List;

/**
 * What a graph takes and gives, as the graph itself says it: dimensions with the batch, if it has one.
 *
 * @param inputs  in the graph's order
 * @param outputs in the graph's order
 */
public record Signature(List<TensorSpec> inputs, List<TensorSpec> outputs) {
    /** Copies the lists. */
    public Signature {
        inputs = List.copyOf(requireNonNull(inputs));
        outputs = List.copyOf(requireNonNull(outputs));
    }
}
