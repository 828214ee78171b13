package io.saccade.cli.stack;

import java.net.URI;

/** How one learns that a process is ready. */
public sealed interface Probe {

    /**
     * By a line in its log.
     *
     * @param start how the line begins
     */
    record LogLine(String start) implements Probe {}

    /**
     * By a 200 to a GET.
     *
     * @param uri of the readiness check
     */
    record Http(URI uri) implements Probe {}
}
