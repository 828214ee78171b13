package io.saccade.cli.stack;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/**
 * A process that cannot be mistaken for a later one that got its number.
 *
 * @param pid     its number
 * @param started when it started, as the operating system tells
 */
public record ProcessIdentity(long pid, Instant started) {

    /** The system counts in ticks, and two readers may round differently. */
    private static final Duration TOLERANCE = Duration.ofSeconds(1);

    /** A process that runs now. */
    public static ProcessIdentity of(ProcessHandle process) {
        return new ProcessIdentity(process.pid(), process.info().startInstant().orElse(Instant.EPOCH));
    }

    /** The process, if it still runs. */
    public Optional<ProcessHandle> running() {
        return ProcessHandle.of(pid)
                .filter(ProcessHandle::isAlive)
                .filter(process -> isSame(process.info().startInstant().orElse(Instant.EPOCH)));
    }

    /** Whether a process with this number that started then is this one. */
    boolean isSame(Instant otherStarted) {
        return Duration.between(started, otherStarted).abs().compareTo(TOLERANCE) <= 0;
    }
}
