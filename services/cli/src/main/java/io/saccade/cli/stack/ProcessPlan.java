package io.saccade.cli.stack;

import java.util.List;
import java.util.Map;

/**
 * A process of the stack, before it runs.
 *
 * @param name        also of its log file
 * @param wave        when it starts and stops
 * @param command     program and arguments
 * @param environment added to the one of this process
 * @param address     what a person connects to or looks at
 * @param probe       how it says that it is ready
 * @param health      what answers whether it still is; {@code kafka://} for the broker
 */
public record ProcessPlan(
        String name,
        Wave wave,
        List<String> command,
        Map<String, String> environment,
        String address,
        Probe probe,
        String health) {

    public ProcessPlan {
        command = List.copyOf(command);
        environment = Map.copyOf(environment);
    }

    /** In this order processes start, and in the reverse order they stop. */
    public enum Wave {
        BROKER,
        MODEL_SERVER,
        SERVICES
    }
}
