package io.saccade.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.saccade.contract.EventJson;
import io.saccade.contract.EventType;
import io.saccade.contract.event.ImageSubmitted;
import io.saccade.contract.topic.Topic;
import io.saccade.contract.topic.TopicCatalogue;
import io.saccade.testkit.Brokers;
import io.saccade.testkit.TestKafka;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What {@code docs/guide/images-from-anywhere.md} shows: its commands are run, its event is read, its codes exist. */
class ImagesGuideDT {

    private static final Path ROOT = Path.of(System.getProperty("saccade.root"));
    private static final TopicCatalogue TOPICS = TopicCatalogue.load();

    @Test
    void everyCommandSubmitsTheAddressesItNames() throws Exception {
        // Given
        TestKafka kafka = Brokers.shared();
        assertThat(run(kafka, Stream.of("topics", "apply", "--partitions", "2")).exitCode())
                .isZero();
        var commands = guide().lines()
                .filter(line -> line.startsWith("./saccade send "))
                .toList();
        assertThat(commands).hasSize(3);

        for (var command : commands) {
            // When
            var words = words(command.substring("./saccade ".length()));
            var run = run(kafka, words.stream());

            // Then
            assertThat(run.exitCode()).as(run.toString()).isZero();
            var addresses = words.stream()
                    .filter(word -> word.matches("[a-z0-9]+:.+"))
                    .map(URI::create)
                    .toList();
            var submitted = run.out()
                    .lines()
                    .map(String::strip)
                    .filter(id -> !id.isEmpty())
                    .toList();
            assertThat(submitted).hasSameSizeAs(addresses);
            for (int i = 0; i < submitted.size(); i++) {
                var image = kafka.awaitKey(TOPICS.name(Topic.IMAGES), submitted.get(i), Duration.ofSeconds(60))
                        .as(EventType.IMAGE_SUBMITTED);
                assertThat(image.image().uri()).isEqualTo(addresses.get(i));
            }
        }
    }

    @Test
    void theEventIsOne() throws Exception {
        // Given
        var json = Pattern.compile("```json\n(.*?)```", Pattern.DOTALL).matcher(guide());
        assertThat(json.find()).isTrue();

        // When
        ImageSubmitted event =
                EventJson.create().read(EventType.IMAGE_SUBMITTED, json.group(1).getBytes(StandardCharsets.UTF_8));

        // Then
        assertThat(event.image().uri()).hasScheme("https");
        assertThat(event.image().sha256()).isNotNull();
    }

    @Test
    void everyCodeItNamesIsInTheCatalogue() throws Exception {
        // Given
        var catalogue = Files.readString(ROOT.resolve("docs/reference/refusal-codes.md"));

        // When
        var named = Pattern.compile("`((?:fetch|image)\\.[a-z_]+)`")
                .matcher(guide())
                .results()
                .toList();

        // Then
        assertThat(named).isNotEmpty().allSatisfy(code -> assertThat(catalogue)
                .contains("| `" + code.group(1) + "` |"));
    }

    private static CommandLineRun run(TestKafka kafka, Stream<String> words) {
        return CommandLineRun.of(Stream.concat(words, Stream.of("--kafka", kafka.bootstrapServers()))
                .toArray(String[]::new));
    }

    private static String guide() throws IOException {
        return Files.readString(ROOT.resolve("docs/guide/images-from-anywhere.md"));
    }

    /** As a shell reads them, as far as the guide goes: quotes keep blanks. */
    private static List<String> words(String command) {
        var words = new ArrayList<String>();
        var matcher = Pattern.compile("\"([^\"]*)\"|(\\S+)").matcher(command);
        while (matcher.find()) {
            words.add(matcher.group(1) == null ? matcher.group(2) : matcher.group(1));
        }
        return words;
    }
}
