package io.saccade.contract.schema;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonPointer;
import com.fasterxml.jackson.core.util.DefaultIndenter;
import com.fasterxml.jackson.core.util.DefaultPrettyPrinter;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import com.fasterxml.jackson.dataformat.yaml.YAMLGenerator;
import io.saccade.contract.EventType;
import io.saccade.contract.topic.TopicCatalogue;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Holds {@code docs/reference} against the code, and rewrites it on demand. */
class GeneratedReferenceTest {

    static final Path REFERENCE = Path.of(System.getProperty("saccade.root"), "docs", "reference");
    private static final Path ASYNC_API = REFERENCE.resolve("asyncapi.yaml");
    private static final Path TOPICS = REFERENCE.resolve("topics.md");
    private static final String REWRITE = "mvn -pl libs/contract test -Dsaccade.write=true";

    static Stream<EventType<?>> events() {
        return EventType.ALL.stream();
    }

    @BeforeAll
    static void rewriteIfAsked() throws IOException {
        if (Boolean.getBoolean("saccade.write")) {
            Files.createDirectories(REFERENCE.resolve("schemas"));
            for (var type : EventType.ALL) {
                Files.writeString(schema(type), pretty(SchemaWriter.of(type)));
            }
            Files.writeString(ASYNC_API, asyncApi());
            Files.writeString(TOPICS, TopicsPage.write(TopicCatalogue.load()));
        }
    }

    @ParameterizedTest
    @MethodSource("events")
    void schemaIsCurrent(EventType<?> type) throws IOException {
        current(schema(type), pretty(SchemaWriter.of(type)));
    }

    @Test
    void hasNoSchemaOfAnEventThatIsGone() throws IOException {
        try (var files = Files.list(REFERENCE.resolve("schemas"))) {
            assertThat(files.map(file -> file.getFileName().toString()))
                    .containsExactlyInAnyOrderElementsOf(
                            events().map(type -> type.type() + ".json").toList());
        }
    }

    @Test
    void asyncApiIsCurrent() throws IOException {
        current(ASYNC_API, asyncApi());
    }

    private static String asyncApi() throws IOException {
        var yaml = new ObjectMapper(YAMLFactory.builder()
                .disable(YAMLGenerator.Feature.WRITE_DOC_START_MARKER)
                .disable(YAMLGenerator.Feature.SPLIT_LINES)
                .enable(YAMLGenerator.Feature.MINIMIZE_QUOTES)
                .enable(YAMLGenerator.Feature.ALWAYS_QUOTE_NUMBERS_AS_STRINGS)
                .build());
        return "# Written from deploy/topics.yaml and the event records: " + REWRITE + "\n"
                + yaml.writeValueAsString(AsyncApiWriter.write(TopicCatalogue.load()));
    }

    @Test
    void everyReferenceInTheAsyncApiLeadsSomewhere() {
        // Given
        var document = AsyncApiWriter.write(TopicCatalogue.load());

        // When
        var targets = document.findValuesAsText("$ref");

        // Then
        assertThat(targets).isNotEmpty().allSatisfy(target -> {
            if (target.startsWith("#")) {
                assertThat(document.at(JsonPointer.compile(target.substring(1))).isMissingNode())
                        .isFalse();
            } else {
                assertThat(REFERENCE.resolve(target)).exists();
            }
        });
    }

    @Test
    void topicsPageIsCurrent() throws IOException {
        current(TOPICS, TopicsPage.write(TopicCatalogue.load()));
    }

    private static Path schema(EventType<?> type) {
        return REFERENCE.resolve("schemas").resolve(type.type() + ".json");
    }

    private static void current(Path file, String expected) throws IOException {
        assertThat(file)
                .as("%s is stale. Rewrite it with: %s", file.getFileName(), REWRITE)
                .hasContent(expected);
    }

    private static String pretty(JsonNode node) throws IOException {
        var indenter = new DefaultIndenter("  ", "\n");
        var printer = new DefaultPrettyPrinter().withObjectIndenter(indenter).withArrayIndenter(indenter);
        return new ObjectMapper().writer(printer).writeValueAsString(node) + "\n";
    }
}
