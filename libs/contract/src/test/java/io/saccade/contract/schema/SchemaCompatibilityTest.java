package io.saccade.contract.schema;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.saccade.contract.EventType;
import io.saccade.contract.schema.SchemaCompatibility.Direction;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class SchemaCompatibilityTest {

    private static final ObjectMapper MAPPER = new ObjectMapper();
    private static final Set<EventType<?>> INPUTS = Set.of(EventType.IMAGE_SUBMITTED, EventType.QUESTION_ASKED);
    private static final Path RELEASED = Path.of("src", "test", "resources", "released");

    static Stream<EventType<?>> events() {
        return EventType.ALL.stream();
    }

    /** Release day copies {@code docs/reference/schemas} here. Between releases these files do not change. */
    @ParameterizedTest
    @MethodSource("events")
    void breaksNobodyWhoKnowsTheReleasedEvent(EventType<?> type) throws IOException {
        // Given
        var released = RELEASED.resolve(type.type() + ".json");

        // When
        var problems = Files.exists(released)
                ? SchemaCompatibility.problems(
                        MAPPER.readTree(released.toFile()), SchemaWriter.of(type), direction(type))
                : java.util.List.<String>of();

        // Then
        assertThat(problems)
                .as("%s breaks its users: keep the field, or publish a v2 beside it", type.event())
                .isEmpty();
    }

    @Test
    void forgetsNoReleasedEvent() throws IOException {
        try (var files = Files.list(RELEASED)) {
            assertThat(files.map(file -> file.getFileName().toString().replace(".json", "")))
                    .isNotEmpty()
                    .isSubsetOf(events().map(EventType::type).toList());
        }
    }

    static Stream<Arguments> breakingForInputs() {
        return Stream.of(
                change("/text is gone", schema -> properties(schema).remove("text")),
                change("/text is required now", schema -> required(schema).add("text")),
                change("/attributes had type \"object\", and now \"array\"", schema -> property(schema, "attributes")
                        .put("type", "array")),
                change("/id had pattern", schema -> property(schema, "id").put("pattern", "^[a-z]+$")),
                change("/text had maxLength 10000, and now 10", schema -> property(schema, "text")
                        .put("maxLength", 10)),
                change("/text had minLength none, and now 1", schema -> property(schema, "text")
                        .put("minLength", 1)),
                change("/questions had maxItems 32, and now 1", schema -> property(schema, "questions")
                        .put("maxItems", 1)),
                change(
                        "/priority can no longer be backfill",
                        schema -> drop((ArrayNode) property(schema, "priority").get("enum"), "backfill")),
                change(
                        "/tasks/items can no longer be caption",
                        schema -> drop((ArrayNode) property(schema, "tasks").at("/items/enum"), "caption")),
                change("/image/uri is gone", schema -> properties(definition(schema, "ImageRef"))
                        .remove("uri")),
                change("/image had oneOf", schema -> definition(schema, "ImageRef")
                        .remove("oneOf")),
                change("/image/sha256 is required now", schema -> definition(schema, "ImageRef")
                        .putArray("required")
                        .add("sha256")),
                change("/attributes/additionalProperties had maxLength 1000, and now 9", schema -> ((ObjectNode)
                                property(schema, "attributes").get("additionalProperties"))
                        .put("maxLength", 9)),
                change("the event uses 'not'", schema -> schema.putObject("not")));
    }

    @ParameterizedTest
    @MethodSource("breakingForInputs")
    void catchesWhatBreaksProducers(String expected, Consumer<ObjectNode> change) {
        assertThat(after(EventType.IMAGE_SUBMITTED, change))
                .singleElement()
                .asString()
                .contains(expected);
    }

    static Stream<Arguments> breakingForOutputs() {
        return Stream.of(
                change("/status is gone", schema -> {
                    properties(schema).remove("status");
                }),
                change("/tenant was always there", schema -> drop(required(schema), "tenant")),
                change("/revision had type", schema -> property(schema, "revision")
                        .put("type", "string")),
                change(
                        "/status can be LOST, which no reader knows",
                        schema -> ((ArrayNode) property(schema, "status").get("enum")).add("LOST")),
                change(
                        "/status can no longer be PARTIAL",
                        schema -> drop((ArrayNode) property(schema, "status").get("enum"), "PARTIAL")),
                change("/revision had minimum 1, and now 0", schema -> property(schema, "revision")
                        .put("minimum", 0)),
                change("/parts/caption/result/text is gone", schema -> properties(definition(schema, "Caption"))
                        .remove("text")),
                change(
                        "/parts/caption/result/confidence was always there",
                        schema -> drop(required(definition(schema, "Caption")), "confidence")),
                change("/parts/embedding/result/vector had oneOf", schema -> ((ArrayNode)
                                property(definition(schema, "Embedding"), "vector")
                                        .get("oneOf"))
                        .addObject()
                        .put("type", "object")));
    }

    @ParameterizedTest
    @MethodSource("breakingForOutputs")
    void catchesWhatBreaksConsumers(String expected, Consumer<ObjectNode> change) {
        assertThat(after(EventType.IMAGE_ENRICHED, change))
                .singleElement()
                .asString()
                .contains(expected);
    }

    static Stream<Arguments> harmless() {
        return Stream.of(
                harmless(
                        EventType.IMAGE_SUBMITTED,
                        schema -> properties(schema).putObject("language").put("type", "string")),
                harmless(EventType.IMAGE_SUBMITTED, schema -> drop(required(schema), "image")),
                harmless(EventType.IMAGE_SUBMITTED, schema -> property(schema, "text")
                        .put("maxLength", 20_000)),
                harmless(EventType.IMAGE_SUBMITTED, schema -> property(schema, "text")
                        .remove("maxLength")),
                harmless(
                        EventType.IMAGE_SUBMITTED,
                        schema -> ((ArrayNode) property(schema, "priority").get("enum")).add("urgent")),
                harmless(EventType.IMAGE_SUBMITTED, schema -> schema.put("description", "other words")),
                harmless(EventType.IMAGE_ENRICHED, schema -> {
                    properties(schema).putObject("language").put("type", "string");
                    required(schema).add("language");
                }),
                harmless(EventType.IMAGE_ENRICHED, schema -> required(schema).add("sha256")),
                harmless(EventType.IMAGE_ENRICHED, schema -> property(schema, "revision")
                        .put("minimum", 2)));
    }

    @ParameterizedTest
    @MethodSource("harmless")
    void letsPassWhatBreaksNobody(EventType<?> type, Consumer<ObjectNode> change) {
        assertThat(after(type, change)).isEmpty();
    }

    private static java.util.List<String> after(EventType<?> type, Consumer<ObjectNode> change) {
        var changed = SchemaWriter.of(type);
        change.accept(changed);
        assertThat((JsonNode) changed).as("the change changes something").isNotEqualTo(SchemaWriter.of(type));
        return SchemaCompatibility.problems(SchemaWriter.of(type), changed, direction(type));
    }

    private static Direction direction(EventType<?> type) {
        return INPUTS.contains(type) ? Direction.INPUT : Direction.OUTPUT;
    }

    private static Arguments change(String expected, Consumer<ObjectNode> change) {
        return Arguments.of(expected, change);
    }

    private static Arguments harmless(EventType<?> type, Consumer<ObjectNode> change) {
        return Arguments.of(type, change);
    }

    private static ObjectNode properties(ObjectNode schema) {
        return (ObjectNode) schema.get("properties");
    }

    private static ObjectNode property(ObjectNode schema, String name) {
        return (ObjectNode) properties(schema).get(name);
    }

    private static ObjectNode definition(ObjectNode schema, String name) {
        return (ObjectNode) schema.at("/$defs/" + name);
    }

    private static ArrayNode required(ObjectNode schema) {
        return (ArrayNode) schema.get("required");
    }

    private static void drop(ArrayNode array, String text) {
        var index = IntStream.range(0, array.size())
                .filter(i -> array.get(i).asText().equals(text))
                .findFirst()
                .orElseThrow();
        array.remove(index);
    }
}
