package io.saccade.cli.stack;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What the supervisor of a stack tells the other commands, by a file.
 *
 * @param format           of this file
 * @param name             of the stack
 * @param supervisor       who started the processes and stops them
 * @param phase            of the stack as a whole
 * @param startedAt        when {@code up} began
 * @param bootstrapServers of Kafka
 * @param triton           {@code HOST:PORT}
 * @param processes        in the order they are shown
 */
public record StackState(
        int format,
        String name,
        ProcessIdentity supervisor,
        Phase phase,
        Instant startedAt,
        String bootstrapServers,
        String triton,
        List<Entry> processes) {

    /** Files of another format are of another version of this program. */
    public static final int FORMAT = 1;

    public StackState {
        if (format != FORMAT) {
            throw new IllegalArgumentException("format must be " + FORMAT + ", got " + format);
        }
        processes = List.copyOf(processes);
    }

    /** Of the stack as a whole. */
    public enum Phase {
        STARTING,
        READY,
        STOPPING
    }

    /**
     * One process.
     *
     * @param name     of the process
     * @param wave     when it stops
     * @param identity null before its start
     * @param state    as the supervisor last saw it
     * @param address  what a person connects to or looks at
     * @param health   what to ask whether it is ready
     * @param log      its log file
     */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public record Entry(
            String name,
            ProcessPlan.Wave wave,
            @Nullable ProcessIdentity identity,
            ProcessState state,
            String address,
            String health,
            String log) {

        /** The process, if it still runs. */
        public Optional<ProcessHandle> running() {
            return Optional.ofNullable(identity).flatMap(ProcessIdentity::running);
        }
    }
}
