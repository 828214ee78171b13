package io.saccade.cli;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class MainTest {

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '"', textBlock = """
            staus                        | unknown command 'staus', did you mean 'status'?
            frobnicate                   | unknown command 'frobnicate', expected one of demo, up
            send --quesion x y           | unknown option '--quesion', did you mean '--question'?
            send                         | PATH
            send --task paint x.png      | a task must be one of embedding, caption, answers, moderation, got 'paint'
            up --join-deadline 30        | a duration must look like 500ms, 30s or 2m, got '30'
            up --join-deadline 0s        | a duration must look like
            up --kafka-port many         | 'many'
            show                         | ID
            preprocess x.png --out y     | --model
            preprocess x.png --out y --model clipp | there is no model 'clipp'
            status now                   | 'now' is one argument too many
            topics chekc                 | unknown command 'chekc', did you mean 'check'?
            watch --limit 0              | --limit must be at least 1, got 0
            dlq redrive                  | say which letters
            dlq redrive --all --stage x  | --all means every letter that waits
            dlq redrive --all --rate -1  | --rate must be at least 1
            dlq list --since yesterday   | a time must look like
            dlq drop --all               | --because
            dlq show                     | name a letter
            replay                       | say which records
            replay --from 1h --to 2h     | --from must be before --to
            replay --offsets 1..2        | beside --partition
            replay --partition 0 --offsets 2..1 | A not above B
            replay --from 1h --topic dlq | --topic must be one of
            status --name ../x           | a stack's name must be
            """)
    void saysInOneLineWhatWasWronglyAskedAndWhereItIsExplained(String args, String expected) {
        // When
        var run = CommandLineRun.of(args.split(" "));

        // Then
        assertThat(run.exitCode()).isEqualTo(2);
        assertThat(run.err()).startsWith("saccade: ").contains(expected);
        assertThat(run.err().strip().lines()).hasSize(1);
        assertThat(run.out()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "demo",
                "up",
                "status",
                "down",
                "send",
                "watch",
                "show",
                "preprocess",
                "corpus",
                "dlq",
                "dlq list",
                "dlq show",
                "dlq redrive",
                "dlq drop",
                "dlq export",
                "replay",
                "topics",
                "topics list",
                "topics apply",
                "topics check",
                "doctor"
            })
    void explainsEachCommandWithAnExample(String command) {
        // When
        var run = CommandLineRun.of((command + " --help").split(" "));

        // Then
        assertThat(run.exitCode()).isZero();
        assertThat(run.out())
                .contains("Usage: saccade " + command)
                .contains("Example")
                .contains("  saccade ");
    }

    @Test
    void tellsItsVersion() {
        assertThat(CommandLineRun.of("--version").out()).startsWith("saccade ").contains("Java ");
    }

    @Test
    void listsTheTopicsOfTheCatalogue() {
        // When
        var run = CommandLineRun.of("topics");

        // Then
        assertThat(run.exitCode()).isZero();
        assertThat(run.out())
                .contains("saccade.images")
                .contains("saccade.enriched")
                .contains("saccade.dlq");
    }

    @Test
    void saysWhatToDoWhenNoStackRuns() {
        // When
        var run = CommandLineRun.of("send", "pom.xml", "--home", "target/no-home", "--name", "nobody");

        // Then
        assertThat(run.exitCode()).isEqualTo(CliException.MISSING);
        assertThat(run.err()).contains("saccade up --name nobody --home").contains("--kafka");
    }

    @Test
    void findsNothingToStopWhenNothingRuns() {
        // When
        var run = CommandLineRun.of("down", "--home", "target/no-home");

        // Then
        assertThat(run.exitCode()).isZero();
        assertThat(run.out()).contains("does not run");
    }
}
