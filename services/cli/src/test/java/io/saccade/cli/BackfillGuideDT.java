package io.saccade.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.saccade.contract.topic.Topic;
import io.saccade.contract.topic.TopicCatalogue;
import io.saccade.testkit.Brokers;
import io.saccade.testkit.Received;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Runs every command of {@code docs/guide/backfill.md} as it stands there, in its order. */
class BackfillGuideDT {

    private static final Path GUIDE = Path.of(System.getProperty("saccade.root"), "docs", "guide", "backfill.md");
    private static final Pattern BLOCK = Pattern.compile("```sh\n(.*?)```", Pattern.DOTALL);
    private static final String BACKFILL = TopicCatalogue.load().name(Topic.BACKFILL);

    @TempDir
    Path folder;

    @Test
    void everyCommandOfTheGuideWritesToTheTopicOfBackfill() throws Exception {
        // Given
        var kafka = Brokers.shared();
        kafka.createTopics(TopicCatalogue.load(), 2);
        var live = kafka.send(
                TopicCatalogue.load().name(Topic.IMAGES),
                "live-1",
                "{\"id\":\"live-1\",\"image\":{\"uri\":\"https://h/a\"}}".getBytes(UTF_8),
                Map.of("x", "y"));
        var archive = Files.createDirectory(folder.resolve("archive"));
        Files.write(archive.resolve("old-picture.png"), new byte[] {1, 2, 3});

        // When
        var sent = new ArrayList<String>();
        for (var command : commands()) {
            var run = run(command, kafka.bootstrapServers(), archive);
            assertThat(run.exitCode()).as(command + ": " + run.err()).isZero();
            sent.add(run.out());
        }

        // Then
        assertThat(sent).hasSize(2);
        assertThat(sent.get(1)).contains("sent to " + BACKFILL);
        var records = kafka.read(BACKFILL);
        assertThat(records)
                .extracting(Received::key)
                .contains("live-1", sent.get(0).strip());
        assertThat(records).filteredOn(record -> "live-1".equals(record.key())).allSatisfy(record -> {
            assertThat(record.partition()).isEqualTo(live.partition());
            assertThat(record.headers()).containsEntry("x", "y");
        });
    }

    private static List<String> commands() throws Exception {
        return BLOCK.matcher(Files.readString(GUIDE))
                .results()
                .flatMap(block -> block.group(1).lines())
                .filter(line -> line.startsWith("./saccade "))
                .toList();
    }

    private CommandLineRun run(String command, String bootstrapServers, Path archive) {
        var words = Stream.of(command.substring("./saccade ".length()).split(" "))
                .map(word -> word.equals("archive/") ? archive.toString() : word);
        var more = Stream.of(
                "--kafka", bootstrapServers, "--home", folder.resolve("home").toString());
        return CommandLineRun.of(Stream.concat(words, more).toArray(String[]::new));
    }
}
