package io.saccade.cli;

import io.saccade.cli.deadletter.Criteria;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Which dead letters a command is about. */
final class LetterChoice {

    @Parameters(
            arity = "0..*",
            paramLabel = "LETTER",
            description = "Ids of letters, or their first 8 characters, or ids of images.")
    private List<String> names = List.of();

    @Option(
            names = "--reason",
            paramLabel = "CODE",
            description = "With this failure code; 'model.*' for all that begin so.")
    private @Nullable String reason;

    @Option(names = "--stage", paramLabel = "STAGE", description = "Given up by this stage: encoder, joiner, ...")
    private @Nullable String stage;

    @Option(names = "--tenant", paramLabel = "TENANT", description = "Of this tenant.")
    private @Nullable String tenant;

    @Option(names = "--model", paramLabel = "MODEL", description = "Failed by this model: its name, or name/version.")
    private @Nullable String model;

    @Option(
            names = "--since",
            paramLabel = "TIME",
            converter = MomentConverter.class,
            description = "Last tried then or later: 2026-11-21T12:00:00Z, or 2h for two hours ago.")
    private @Nullable Instant since;

    @Option(
            names = "--until",
            paramLabel = "TIME",
            converter = MomentConverter.class,
            description = "Last tried before then.")
    private @Nullable Instant until;

    Criteria criteria() {
        for (var name : names) {
            if (name.isBlank()) {
                throw CliException.usage("a letter's name must not be blank");
            }
        }
        return new Criteria(reason, stage, tenant, model, since, until, names);
    }
}
