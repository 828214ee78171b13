package io.saccade.stage;

import io.saccade.contract.event.Failure;
import org.jspecify.annotations.Nullable;

/** Why an attempt failed, by what helps against it. */
public sealed interface Fault {

    /** What to tell people. */
    Failure failure();

    /** Name and version of the model that failed, or null when it never came to that. */
    @Nullable
    String model();

    /** It will fail the same way again: dead letter. */
    record Permanent(Failure failure, @Nullable String model) implements Fault {}

    /** It may pass later: try again, within bounds. */
    record Passing(Failure failure, @Nullable String model) implements Fault {}

    /** The record is fine, the server is full: wait, and take no more records. */
    record Overloaded(Failure failure, @Nullable String model) implements Fault {}
}
