package io.saccade.cli;

import io.saccade.cli.stack.Installation;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Which broker a command talks to. */
final class KafkaChoice {

    @Option(
            names = "--kafka",
            paramLabel = "BOOTSTRAP",
            description = "Kafka to talk to, HOST:PORT[,HOST:PORT...] (default: that of the running stack).")
    private @Nullable String kafka;

    /** Whether a user named one. */
    boolean isGiven() {
        return kafka != null;
    }

    /**
     * Where to connect.
     *
     * @throws CliException if none was named and no stack runs
     */
    String bootstrapServers(StackChoice stack, Installation installation) {
        if (kafka != null) {
            return kafka;
        }
        return stack.running(installation)
                .orElseThrow(() -> CliException.missing("stack '"
                        + stack.folder(installation).name() + "' should run, but does not; start it with 'saccade up"
                        + stack.asOptions() + "', or name a broker with --kafka"))
                .bootstrapServers();
    }
}
