package io.saccade.contract.schema;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.core.JsonPointer;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.networknt.schema.JsonSchema;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SchemaValidatorsConfig;
import com.networknt.schema.SpecVersion.VersionFlag;
import io.saccade.contract.EventJson;
import io.saccade.contract.EventType;
import io.saccade.contract.MalformedEventException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Holds the documented examples against the schemas and the reader, and these two against each other. */
class ExamplesTest {

    private static final Path EXAMPLES = GeneratedReferenceTest.REFERENCE.resolve("examples");
    private static final EventJson JSON = EventJson.create();

    static Stream<Path> examples() throws IOException {
        try (var files = Files.list(EXAMPLES)) {
            return files.sorted().toList().stream();
        }
    }

    @ParameterizedTest
    @MethodSource("examples")
    void fitsItsSchemaAndIsRead(Path example) throws Exception {
        // Given
        var type = typeOf(example);
        var value = Files.readAllBytes(example);

        // When
        var event = JSON.read(type, value);

        // Then
        var tree = JSON.mapper().readTree(value);
        assertThat(refusals(type, tree)).isEmpty();
        assertThat(refusals(type, JSON.mapper().readTree(JSON.write(event))))
                .as("what we write fits too")
                .isEmpty();
        assertThat(JSON.read(type, JSON.write(event))).isEqualTo(event);
    }

    @Test
    void showsEveryFieldOfEveryEvent() throws Exception {
        for (var type : EventType.ALL) {
            var schema = SchemaWriter.of(type);
            var shown = new HashSet<String>();
            for (var example : examples().filter(file -> typeOf(file) == type).toList()) {
                collect("", JSON.mapper().readTree(example.toFile()), shown);
            }
            var all = new HashSet<String>();
            collectProperties("", schema, schema, all);
            assertThat(shown).as(type.event()).containsAll(all);
        }
    }

    /** Takes each field out of a full input: the schema calls it required if, and only if, the reader then refuses. */
    @ParameterizedTest
    @CsvSource({
        "io.saccade.image-submitted.v1.json, ''",
        "io.saccade.image-submitted.v1.json, /image",
        "io.saccade.image-submitted.v1.json, /questions/0",
        "io.saccade.question-asked.v1.json,  ''",
        "io.saccade.question-asked.v1.json,  /image"
    })
    void requiresWhatTheReaderRequires(String file, String object) throws Exception {
        // Given
        var type = typeOf(Path.of(file));
        var full = JSON.mapper().readTree(EXAMPLES.resolve(file).toFile());
        var names = new HashSet<String>();
        full.at(JsonPointer.compile(object)).fieldNames().forEachRemaining(names::add);

        // Then
        for (var name : names) {
            var without = full.deepCopy();
            ((ObjectNode) without.at(JsonPointer.compile(object))).remove(name);
            assertThat(refusals(type, without).isEmpty())
                    .as("%s without %s/%s", file, object, name)
                    .isEqualTo(isRead(type, without));
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "/id            | \"a b\"",
                "/id            | \"\"",
                "/id            | {}",
                "/tenant        | \"a/b\"",
                "/image         | {\"inline\":\"AA==\",\"uri\":\"https://h/a\"}",
                "/image         | {}",
                "/image         | {\"uri\":\"https://h/a\",\"sha256\":\"12\"}",
                "/questions     | [{\"id\":\"q\",\"text\":\" \"}]",
                "/questions     | [{\"id\":\"q\"}]",
                "/questions     | {}",
                "/tasks         | [\"dance\"]",
                "/tasks         | \"caption\"",
                "/priority      | \"urgent\"",
                "/deadline      | 1795262400000",
                "/deadline      | \"tomorrow\"",
                "/attributes    | {\" \":\"x\"}",
                "/attributes    | []",
                "/submittedAt   | true"
            })
    void refusesWhatTheReaderRefuses(String pointer, String value) throws Exception {
        // Given
        var event = JSON.mapper()
                .readTree(EXAMPLES.resolve("io.saccade.image-submitted.v1.json").toFile());

        // When
        ((ObjectNode) event).set(pointer.substring(1), JSON.mapper().readTree(value));

        // Then
        assertThat(refusals(EventType.IMAGE_SUBMITTED, event)).isNotEmpty();
        assertThatThrownBy(() -> JSON.read(EventType.IMAGE_SUBMITTED, bytes(event)))
                .isInstanceOf(MalformedEventException.class);
    }

    @Test
    void limitsAreTheSameInSchemaAndReader() throws Exception {
        var minimal = "{\"id\":\"a\",\"image\":{\"uri\":\"https://h/a\"},%s}";
        for (var extra : List.of(
                "\"text\":\"%s\"".formatted("x".repeat(10_000)),
                "\"questions\":[{\"id\":\"q\",\"text\":\"%s\"}]".formatted("\ud83d\udfe2".repeat(500)),
                "\"tenant\":\"%s\"".formatted("t".repeat(64)),
                "\"attributes\":{\"%s\":\"%s\"}".formatted("n".repeat(100), "v".repeat(1_000)))) {
            var fits = JSON.mapper().readTree(minimal.formatted(extra));
            var tooLong = JSON.mapper().readTree(minimal.formatted(extra).replaceFirst("(.)(?=\"}*]?}$)", "$1$1"));
            assertThat(refusals(EventType.IMAGE_SUBMITTED, fits)).isEmpty();
            assertThat(isRead(EventType.IMAGE_SUBMITTED, fits)).isTrue();
            assertThat(refusals(EventType.IMAGE_SUBMITTED, tooLong)).isNotEmpty();
            assertThat(isRead(EventType.IMAGE_SUBMITTED, tooLong)).isFalse();
        }
    }

    private static EventType<?> typeOf(Path example) {
        var name = example.getFileName().toString();
        return EventType.ALL.stream()
                .filter(type -> name.startsWith(type.type() + "."))
                .findFirst()
                .orElseThrow(() -> new AssertionError(name + " must start with the ce_type of an event"));
    }

    private static Set<?> refusals(EventType<?> type, JsonNode event) {
        return schema(type).validate(event);
    }

    private static JsonSchema schema(EventType<?> type) {
        var config =
                SchemaValidatorsConfig.builder().formatAssertionsEnabled(true).build();
        return JsonSchemaFactory.getInstance(VersionFlag.V202012).getSchema(SchemaWriter.of(type), config);
    }

    private static boolean isRead(EventType<?> type, JsonNode event) throws IOException {
        try {
            JSON.read(type, bytes(event));
            return true;
        } catch (MalformedEventException e) {
            return false;
        }
    }

    private static byte[] bytes(JsonNode event) throws IOException {
        return JSON.mapper().writeValueAsBytes(event);
    }

    private static void collect(String path, JsonNode node, Set<String> into) {
        node.fields().forEachRemaining(field -> {
            into.add(path + "/" + field.getKey());
            collect(path + "/" + field.getKey(), field.getValue(), into);
        });
        if (node.isArray()) {
            node.forEach(item -> collect(path, item, into));
        }
    }

    private static void collectProperties(String path, JsonNode root, JsonNode node, Set<String> into) {
        if (node.has("$ref")) {
            collectProperties(
                    path,
                    root,
                    root.at(JsonPointer.compile(node.get("$ref").asText().substring(1))),
                    into);
        }
        if (node.has("items")) {
            collectProperties(path, root, node.get("items"), into);
        }
        node.path("properties").fields().forEachRemaining(property -> {
            into.add(path + "/" + property.getKey());
            collectProperties(path + "/" + property.getKey(), root, property.getValue(), into);
        });
    }
}
