package io.saccade.triton;

import java.util.List;

/** A model that is not what its caller needs; found at start, before the first item. */
public final class ModelMismatchException extends RuntimeException {
    /** What does not fit. */
    private final List<String> problems;

    ModelMismatchException(String model, List<String> problems) {
        super("model '" + model + "' does not fit: " + String.join(" ", problems));
        this.problems = List.copyOf(problems);
    }

    /** One sentence for each thing that does not fit: expected, got, and what to do. */
    public List<String> problems() {
        return problems;
    }
}
