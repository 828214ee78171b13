package io.saccade.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.saccade.contract.event.DeadLetter;
import io.saccade.contract.event.Failure;
import io.saccade.contract.topic.Topic;
import io.saccade.contract.topic.TopicCatalogue;
import io.saccade.testkit.Brokers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Runs every command of {@code docs/guide/dead-letters-and-replay.md} as it stands there, in its order. */
class DeadLetterGuideDT {

    private static final Path GUIDE =
            Path.of(System.getProperty("saccade.root"), "docs", "guide", "dead-letters-and-replay.md");
    private static final Pattern BLOCK = Pattern.compile("```sh\n(.*?)```", Pattern.DOTALL);
    private static final Pattern WORD = Pattern.compile("'([^']*)'|(\\S+)");
    private static final Map<String, String> PROMISED = Map.of(
            "./saccade dlq list", "cat-1",
            "./saccade dlq show cat-1 --value", "model.unavailable",
            "./saccade dlq redrive --stage encoder --since 24h --dry-run", "1 letter would be sent back",
            "./saccade dlq redrive --stage encoder --since 24h --rate 20", "1 letter sent back",
            "./saccade dlq list --all", "redriven",
            "./saccade dlq export --tenant acme --to acme.jsonl", "letters written to",
            "./saccade replay --ids missing.txt --rate 20", "1 record sent to");

    @TempDir
    Path folder;

    @Test
    void everyCommandOfTheGuideDoesWhatItSays() throws Exception {
        // Given
        var kafka = Brokers.shared();
        var topics = TopicCatalogue.load();
        kafka.createTopics(topics, 2);
        kafka.createTopic("shadow.images", 2);
        var image = "{\"id\":\"cat-1\",\"tenant\":\"acme\",\"image\":{\"uri\":\"https://h/a\"}}".getBytes(UTF_8);
        var sent = kafka.send(topics.name(Topic.IMAGES), "cat-1", image, Map.of());
        var now = Instant.now();
        for (var failure : List.of(
                new Failure("model.unavailable", "the model did not answer", true),
                new Failure("event.malformed", "this is no JSON", false))) {
            var stage = failure.code().startsWith("event") ? "joiner" : "encoder";
            var story = new DeadLetter(
                    failure, stage, sent.topic(), sent.partition(), sent.offset(), 1, now, now, null, null);
            kafka.send(topics.name(Topic.DLQ), "cat-1", image, new LinkedHashMap<>(story.headers()));
        }
        var ids = Files.writeString(folder.resolve("missing.txt"), "cat-1\n");

        // When
        var outputs = new LinkedHashMap<String, String>();
        for (var command : commands()) {
            var run = run(command, kafka.bootstrapServers(), ids);
            assertThat(run.exitCode()).as(command + ": " + run.err()).isZero();
            outputs.put(command, run.out());
        }

        // Then
        assertThat(outputs).hasSizeGreaterThan(12);
        PROMISED.forEach(
                (command, said) -> assertThat(outputs.get(command)).as(command).contains(said));
    }

    private static List<String> commands() throws Exception {
        return BLOCK.matcher(Files.readString(GUIDE))
                .results()
                .flatMap(block -> block.group(1).lines())
                .filter(line -> line.startsWith("./saccade "))
                .toList();
    }

    private CommandLineRun run(String command, String bootstrapServers, Path ids) {
        var words = WORD.matcher(command.substring("./saccade ".length()))
                .results()
                .map(word -> word.group(1) == null ? word.group(2) : word.group(1))
                .map(word -> word.equals("missing.txt") ? ids.toString() : word)
                .map(word -> word.equals("acme.jsonl") ? folder.resolve(word).toString() : word);
        var all = new ArrayList<>(words.toList());
        Stream.of("--kafka", bootstrapServers, "--home", folder.resolve("home").toString())
                .forEach(all::add);
        return CommandLineRun.of(all.toArray(String[]::new));
    }
}
