package io.saccade.contract.topic;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.entry;

import io.saccade.contract.EventType;
import io.saccade.contract.event.Task;
import java.io.ByteArrayInputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TopicCatalogueTest {

    private static final String GOOD = "partitions: 2\nreplicas: 1\nminInsync: 1\ntopics:\n"
            + Stream.of(Topic.values())
                    .map(topic -> "  - {key: " + topic.key() + ", name: t." + topic.key()
                            + ", event: E, description: d, retention: P1D, maxMessageBytes: 1000}\n")
                    .collect(Collectors.joining());

    @Test
    void travelsInThisJarAsTheFileInDeploy() throws Exception {
        // Given
        var file = Path.of(System.getProperty("saccade.root"), "deploy", "topics.yaml");

        // When
        var catalogue = TopicCatalogue.load();

        // Then
        try (var yaml = Files.newInputStream(file)) {
            assertThat(catalogue).isEqualTo(TopicCatalogue.parse(yaml));
        }
    }

    @Test
    void namesOnlyEventsThatExist() {
        var known = Stream.concat(
                EventType.ALL.stream().map(EventType::event), Stream.of("BucketNotification", "DeadLetter", "Retry"));
        assertThat(TopicCatalogue.load().topics().stream()
                        .map(TopicCatalogue.Entry::event)
                        .distinct())
                .containsExactlyInAnyOrderElementsOf(known.toList());
    }

    @Test
    void letsAnInlineImageOfTheLargestSizeThrough() {
        // 1 MiB is 1.4 million characters of base64, beside 32 questions, the text and the attributes
        assertThat(TopicCatalogue.load().entry(Topic.IMAGES).maxMessageBytes()).isGreaterThanOrEqualTo(2_097_152);
        assertThat(Stream.of(Task.values()).map(Task::retry).map(TopicCatalogue.load()::entry))
                .allSatisfy(retry -> assertThat(retry.maxMessageBytes())
                        .as("a request and what it has behind it")
                        .isEqualTo(TopicCatalogue.load().entry(Topic.DLQ).maxMessageBytes()));
        assertThat(TopicCatalogue.load().entry(Topic.DLQ).maxMessageBytes())
                .as("a dead letter is the record and its story")
                .isGreaterThan(TopicCatalogue.load().entry(Topic.IMAGES).maxMessageBytes());
    }

    @Test
    void remembersWhatBecameOfALetterLongerThanTheLetter() {
        // a topic keeps its last segment for up to seven days more than it is told
        assertThat(TopicCatalogue.load().entry(Topic.HANDLED).retention())
                .isGreaterThan(
                        TopicCatalogue.load().entry(Topic.DLQ).retention().plusDays(14));
    }

    @Test
    void givesEveryTaskATopicOfItsOwn() {
        assertThat(Stream.of(Task.values()).map(Task::topic).distinct()).hasSize(Task.values().length);
    }

    @Test
    void speaksKafkasLanguage() {
        assertThat(TopicCatalogue.load().entry(Topic.IMAGES).config(2))
                .containsOnly(
                        entry("cleanup.policy", "delete"),
                        entry("retention.ms", "86400000"),
                        entry("max.message.bytes", "2097152"),
                        entry("min.insync.replicas", "2"));
    }

    @Test
    void readsAGoodList() throws Exception {
        assertThat(parse(GOOD).name(Topic.IMAGES)).isEqualTo("t.images");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "partitions: 2         | partitions: 0           | must have partitions >= 1",
                "replicas: 1           | replicas: 0             | 1 <= minInsync <= replicas",
                "minInsync: 1          | minInsync: 2            | 1 <= minInsync <= replicas",
                "minInsync: 1          | minInsync: 1\\nsurprise: 1 | surprise",
                "partitions: 2         | partitions: 2\\npartitions: 3 | Duplicate field 'partitions'",
                "key: captions         | key: images             | lists 'images' twice",
                "key: captions         | key: nonsense           | nonsense",
                "name: t.captions      | name: t.images          | gives the name 't.images' twice",
                "name: t.captions      | name: 'no spaces'       | must name 'captions' with 1 to 249 letters",
                "retention: P1D        | retention: PT0S         | positive retention",
                "retention: P1D        | retention: sometimes    | Duration",
                "maxMessageBytes: 1000 | maxMessageBytes: 0      | positive retention and maxMessageBytes",
                "', event: E'          | ''                      | event",
                "'topics:'             | 'topics: []\\nrest:'     | ",
            })
    void refusesAListWithAnErrorAndNamesThePlace(String good, String bad, String expected) {
        // Given
        var yaml = GOOD.replaceFirst(good, bad == null ? "" : bad.replace("\\n", "\n"));

        // Then
        assertThat(yaml).isNotEqualTo(GOOD);
        assertThatThrownBy(() -> parse(yaml))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("topics.yaml")
                .hasMessageContaining(expected == null ? "" : expected);
    }

    @Test
    void refusesAListThatLacksATopic() {
        var yaml = GOOD.lines().filter(line -> !line.contains("key: dlq")).collect(Collectors.joining("\n"));
        assertThatThrownBy(() -> parse(yaml)).hasMessageContaining("topics.yaml must list 'dlq', but it does not");
    }

    @Test
    void refusesWhatIsNoYaml() {
        assertThatThrownBy(() -> parse("a: [")).hasMessageContaining("topics.yaml is no list of topics");
        assertThatThrownBy(() -> parse("")).hasMessageContaining("topics.yaml is no list of topics");
    }

    private static TopicCatalogue parse(String yaml) throws Exception {
        return TopicCatalogue.parse(new ByteArrayInputStream(yaml.getBytes(UTF_8)));
    }
}
