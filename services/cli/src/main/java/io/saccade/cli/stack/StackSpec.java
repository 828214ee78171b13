package io.saccade.cli.stack;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * What a user wants of a stack.
 *
 * @param folder       name and place
 * @param kafka        bootstrap servers of a broker that runs elsewhere; null to start one
 * @param triton       {@code HOST:PORT} of a Triton that runs elsewhere; null to start our model server
 * @param otlpEndpoint where traces go; null for nowhere
 * @param joinDeadline how long the join waits for parts
 */
public record StackSpec(
        StackFolder folder,
        @Nullable String kafka,
        @Nullable String triton,
        @Nullable String otlpEndpoint,
        Duration joinDeadline) {}
