package io.saccade.stage;

import io.saccade.contract.event.Answer;
import io.saccade.contract.event.Failure;
import io.saccade.contract.event.ModelRef;

/**
 * What one attempt at a request came to.
 *
 * @param <A> the answer of the stage's task
 */
public sealed interface Outcome<A extends Answer> {

    /** There is an answer. */
    record Done<A extends Answer>(A answer, ModelRef model) implements Outcome<A> {}

    /** The input cannot be answered, and never will be. */
    record Refused<A extends Answer>(Failure reason) implements Outcome<A> {}

    /** Something else went wrong. */
    record Failed<A extends Answer>(Fault fault) implements Outcome<A> {}
}
