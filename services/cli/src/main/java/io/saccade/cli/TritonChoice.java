package io.saccade.cli;

import io.saccade.cli.stack.ModelServerChoice;
import java.util.List;
import picocli.CommandLine.Option;

/** Which model server a stack that is started uses. */
final class TritonChoice {

    /** What picocli sets when the option stands without a value; an address has a colon. */
    private static final String INSTALLED = "installed";

    @Option(
            names = "--triton",
            arity = "0..1",
            fallbackValue = INSTALLED,
            defaultValue = "",
            paramLabel = "HOST:PORT",
            description = {
                "Without a value: start NVIDIA's Triton instead of our model server; deploy/triton/install.sh installs it.",
                "With one: use the Triton (gRPC) that runs there."
            })
    private String triton = "";

    boolean isGiven() {
        return !triton.isEmpty();
    }

    ModelServerChoice modelServer() {
        return switch (triton) {
            case "" -> new ModelServerChoice.Ours();
            case INSTALLED -> new ModelServerChoice.Triton();
            default -> new ModelServerChoice.Elsewhere(triton);
        };
    }

    /** The option as it was given, for another process; nothing when it was not. */
    List<String> asArguments() {
        return switch (modelServer()) {
            case ModelServerChoice.Ours _ -> List.of();
            case ModelServerChoice.Triton _ -> List.of("--triton");
            case ModelServerChoice.Elsewhere(var address) -> List.of("--triton=" + address);
        };
    }
}
