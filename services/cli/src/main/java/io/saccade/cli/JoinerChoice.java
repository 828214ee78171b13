package io.saccade.cli;

import io.saccade.cli.stack.StackState;
import java.net.URI;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Which joiner a command asks; every replica knows the images of its own partitions. */
final class JoinerChoice {

    @Option(
            names = "--joiner",
            paramLabel = "URL",
            split = ",",
            description = "Joiners to ask, http://HOST:PORT[,...] (default: that of the running stack).")
    private @Nullable List<URI> joiners;

    /** Their addresses; none if none was named and no stack runs. */
    List<URI> addresses(StackChoice stack, KafkaChoice kafka, Context context) {
        if (joiners != null) {
            return joiners;
        }
        if (kafka.isGiven()) {
            return List.of(); // the broker named need not be that of the stack
        }
        return stack.running(context.installation()).map(StackState::processes).orElse(List.of()).stream()
                .filter(process -> process.name().equals("joiner"))
                .map(process -> URI.create(process.health()))
                .toList();
    }
}
