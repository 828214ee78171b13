package io.saccade.cli;

import picocli.CommandLine.Command;

/** The root: says what there is. */
@Command(
        name = "saccade",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        synopsisSubcommandLabel = "COMMAND",
        description = "Images go into Kafka; captions, vectors, answers and verdicts come out, joined.",
        footerHeading =
                "%nThree more are part of the script ./saccade: 'build' builds what is stale, 'test' runs all tests, 'serve'%n"
                        + "serves a folder of models alone.%n",
        footer = {
            "%nStart here:",
            "  saccade demo            a stack of its own, pictures in, answers out",
            "  saccade up              a stack that stays; then, in another window:",
            "  saccade send PICTURE --question 'what is this?' --wait",
            "%nExit codes: 0 done; 1 the answer is no; 2 wrongly asked; 3 something is missing."
        })
final class SaccadeCommand {}
