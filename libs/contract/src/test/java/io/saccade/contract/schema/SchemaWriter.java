package io.saccade.contract.schema;

import com.fasterxml.classmate.ResolvedType;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.github.victools.jsonschema.generator.CustomDefinition;
import com.github.victools.jsonschema.generator.CustomDefinition.AttributeInclusion;
import com.github.victools.jsonschema.generator.CustomDefinition.DefinitionType;
import com.github.victools.jsonschema.generator.FieldScope;
import com.github.victools.jsonschema.generator.Option;
import com.github.victools.jsonschema.generator.OptionPreset;
import com.github.victools.jsonschema.generator.SchemaGenerationContext;
import com.github.victools.jsonschema.generator.SchemaGenerator;
import com.github.victools.jsonschema.generator.SchemaGeneratorConfigBuilder;
import com.github.victools.jsonschema.generator.SchemaVersion;
import com.github.victools.jsonschema.generator.TypeScope;
import io.saccade.contract.EventJson;
import io.saccade.contract.EventType;
import io.saccade.contract.event.Embedding;
import io.saccade.contract.event.Failure;
import io.saccade.contract.event.ImageEnriched;
import io.saccade.contract.event.ImageRef;
import io.saccade.contract.event.ImageSubmitted;
import io.saccade.contract.event.InlineBytes;
import io.saccade.contract.event.Part;
import io.saccade.contract.event.Question;
import io.saccade.contract.event.QuestionAsked;
import io.saccade.contract.event.StageResult;
import io.saccade.contract.event.Timings;
import io.saccade.contract.event.Vector;
import java.time.Instant;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * JSON Schema (draft 2020-12) of an event, from its record: names and types by reflection, texts from the javadoc, limits
 * from the table below, which a test holds against the constructors.
 *
 * <p>An output must have every component that is not {@code @Nullable}, because we always write it. An input must have
 * only what its constructor cannot do without.
 */
final class SchemaWriter {

    private static final ObjectMapper MAPPER = EventJson.create().mapper();
    private static final String ID = "^[!-~]{1,200}$";
    private static final int LONGEST_INLINE = (ImageRef.MAX_INLINE_BYTES + 2) / 3 * 4;

    private static final Map<Class<?>, Set<String>> REQUIRED_OF_INPUTS = Map.of(
            ImageSubmitted.class, Set.of("id", "image"),
            QuestionAsked.class, Set.of("id", "imageId", "image", "question"),
            Question.class, Set.of("id", "text"),
            ImageRef.class, Set.of());

    private SchemaWriter() {}

    static ObjectNode of(EventType<?> type) {
        var builder = new SchemaGeneratorConfigBuilder(MAPPER, SchemaVersion.DRAFT_2020_12, OptionPreset.PLAIN_JSON)
                .with(Option.DEFINITIONS_FOR_ALL_OBJECTS);
        builder.forTypesInGeneral()
                .withPropertySorter((a, b) -> 0)
                .withCustomDefinitionProvider((resolved, context) -> inline(resolved))
                .withDefinitionNamingStrategy((key, context) -> name(key.getType()))
                .withDescriptionResolver(SchemaWriter::describe)
                .withTypeAttributeOverride((node, scope, context) ->
                        conditions(node, scope.getType().getErasedType()));
        builder.forFields()
                .withRequiredCheck(SchemaWriter::required)
                .withDescriptionResolver(SchemaWriter::describe)
                .withInstanceAttributeOverride(SchemaWriter::limit);
        var generated = new SchemaGenerator(builder.build()).generateSchema(type.javaType());

        var schema = MAPPER.createObjectNode();
        schema.put("$schema", generated.path("$schema").asText());
        schema.put("$id", "https://saccade.io/schemas/" + type.type() + ".json");
        schema.put("title", type.event());
        generated.fields().forEachRemaining(field -> {
            if (!field.getKey().equals("$defs")) {
                schema.set(field.getKey(), field.getValue());
            }
        });
        if (generated.has("$defs")) {
            schema.set("$defs", generated.get("$defs"));
        }
        return schema;
    }

    /** The name of an enum's constant in JSON. */
    static String json(Enum<?> constant) {
        return MAPPER.convertValue(constant, String.class);
    }

    private static @Nullable CustomDefinition inline(ResolvedType resolved) {
        var type = resolved.getErasedType();
        var node = MAPPER.createObjectNode();
        if (type.isEnum()) {
            node.put("type", "string");
            var values = node.putArray("enum");
            for (var constant : type.getEnumConstants()) {
                values.add(json((Enum<?>) constant));
            }
        } else if (type == Vector.class) {
            var forms = node.putArray("oneOf");
            var array = forms.addObject();
            array.put("type", "array");
            array.putObject("items").put("type", "number");
            array.put("minItems", 1);
            forms.addObject()
                    .put("type", "string")
                    .put("contentEncoding", "base64")
                    .put("description", "little-endian float32, when the deployment asks for the short form");
        } else if (type == InlineBytes.class) {
            node.put("type", "string").put("contentEncoding", "base64").put("maxLength", LONGEST_INLINE);
        } else if (type == Map.class) {
            node.put("type", "object");
        } else if (type == Instant.class) {
            node.put("type", "string").put("format", "date-time");
        } else {
            return null;
        }
        return new CustomDefinition(node, DefinitionType.INLINE, AttributeInclusion.YES);
    }

    private static String name(ResolvedType type) {
        var parameters = type.getErasedType().getTypeParameters().length == 0
                ? ""
                : type.getTypeParameters().stream()
                        .map(SchemaWriter::name)
                        .collect(Collectors.joining("And", "Of", ""));
        return type.getErasedType().getSimpleName() + parameters;
    }

    private static @Nullable String describe(TypeScope scope) {
        var type = scope.getType().getErasedType();
        return type.isRecord() ? Javadoc.of(type).orElse(null) : null;
    }

    private static @Nullable String describe(FieldScope field) {
        if (field.isFakeContainerItemScope()) {
            return null;
        }
        var said = Javadoc.of(field.getMember().getDeclaringType().getErasedType(), field.getDeclaredName())
                .orElse(null);
        var type = field.getType().getErasedType();
        if (said == null || !type.isEnum()) {
            return said;
        }
        @SuppressWarnings("unchecked")
        var constants = Javadoc.constants((Class<? extends Enum<?>>) type);
        return constants.isEmpty() ? said : said + "." + constants;
    }

    private static boolean required(FieldScope field) {
        var record = field.getMember().getDeclaringType().getErasedType();
        var ofInput = REQUIRED_OF_INPUTS.get(record);
        return ofInput != null
                ? ofInput.contains(field.getDeclaredName())
                : !field.getRawMember().getAnnotatedType().isAnnotationPresent(Nullable.class);
    }

    /** What must come together. */
    private static void conditions(ObjectNode node, Class<?> type) {
        if (type == ImageRef.class) {
            var either = node.putArray("oneOf");
            either.addObject().putArray("required").add("inline");
            either.addObject().putArray("required").add("uri");
        } else if (type == StageResult.class) {
            either(node, "end", "DONE", "answer", "failure");
        } else if (type == Part.class) {
            either(node, "state", "OK", "result", "reason");
        } else if (type == ImageEnriched.class) {
            when(node.putArray("allOf").addObject(), "status", "REFUSED")
                    .putObject("then")
                    .putArray("required")
                    .add("reason");
        }
    }

    private static void either(ObjectNode node, String property, String value, String then, String otherwise) {
        var condition = when(node.putArray("allOf").addObject(), property, value);
        condition.putObject("then").putArray("required").add(then);
        condition.putObject("else").putArray("required").add(otherwise);
    }

    private static ObjectNode when(ObjectNode condition, String property, String value) {
        condition.putObject("if").putObject("properties").putObject(property).put("const", value);
        return condition;
    }

    private static void limit(ObjectNode node, FieldScope field, SchemaGenerationContext context) {
        if (field.isFakeContainerItemScope()) {
            return;
        }
        var record = field.getMember().getDeclaringType().getErasedType();
        switch (field.getDeclaredName()) {
            case "id", "imageId", "requestId", "questionId", "space", "policy", "version", "family" ->
                node.put("pattern", ID);
            case "name" -> {
                if (record == Embedding.Label.class) {
                    text(node, 200);
                } else {
                    node.put("pattern", ID);
                }
            }
            case "tenant" -> {
                node.put("pattern", "^[A-Za-z0-9._-]{1,64}$");
                if (REQUIRED_OF_INPUTS.containsKey(record)) {
                    node.put("default", "default");
                }
            }
            case "sha256" -> node.put("pattern", "^[0-9a-f]{64}$");
            case "uri" -> node.put("format", "uri");
            case "code" -> node.put("pattern", "^[a-z0-9_]+(\\.[a-z0-9_]+)+$");
            case "message" -> {
                if (record == Failure.class) {
                    node.put("maxLength", 1_000);
                }
            }
            case "text" -> {
                if (record == Question.class) {
                    text(node, Question.MAX_LENGTH);
                } else if (record == ImageSubmitted.class) {
                    node.put("maxLength", ImageSubmitted.MAX_TEXT);
                }
            }
            case "question" -> {
                if (record == QuestionAsked.class) {
                    text(node, Question.MAX_LENGTH);
                }
            }
            case "questions" -> node.put("maxItems", ImageSubmitted.MAX_QUESTIONS);
            case "priority" -> node.put("default", "live");
            case "tasks" -> node.put("uniqueItems", true);
            case "attributes" -> {
                node.put("maxProperties", ImageSubmitted.MAX_ATTRIBUTES);
                text(node.putObject("propertyNames"), ImageSubmitted.MAX_ATTRIBUTE_NAME);
                node.putObject("additionalProperties")
                        .put("type", "string")
                        .put("maxLength", ImageSubmitted.MAX_ATTRIBUTE_VALUE);
            }
            case "confidence", "score" -> node.put("minimum", 0).put("maximum", 1);
            case "revision", "attempt" -> node.put("minimum", 1);
            default -> {
                if (record == Timings.class) {
                    node.put("minimum", 0);
                }
            }
        }
    }

    private static void text(ObjectNode node, int longest) {
        node.put("minLength", 1).put("maxLength", longest).put("pattern", "\\S");
    }
}
