package io.saccade.cli.stack;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * What a user wants of a stack.
 *
 * @param folder       name and place
 * @param kafka        bootstrap servers of a broker that runs elsewhere; null to start one
 * @param modelServer  what runs the models
 * @param otlpEndpoint where traces go; null for nowhere
 * @param joinDeadline how long the join waits for parts
 * @param intake       whether the notifications of object stores are taken too
 */
public record StackSpec(
        StackFolder folder,
        @Nullable String kafka,
        ModelServerChoice modelServer,
        @Nullable String otlpEndpoint,
        Duration joinDeadline,
        boolean intake) {

    /** Without the intake. */
    public StackSpec(
            StackFolder folder,
            @Nullable String kafka,
            ModelServerChoice modelServer,
            @Nullable String otlpEndpoint,
            Duration joinDeadline) {
        this(folder, kafka, modelServer, otlpEndpoint, joinDeadline, false);
    }
}
