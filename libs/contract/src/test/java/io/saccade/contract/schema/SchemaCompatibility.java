package io.saccade.contract.schema;

import com.fasterxml.jackson.core.JsonPointer;
import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Whether a schema can take the place of the released one without breaking anybody. Only for the keywords that
 * {@link SchemaWriter} writes; any other keyword is a problem too, so that nothing passes unseen.
 *
 * <p>Inputs are written by others and read by us: what was accepted must stay accepted, and what had a meaning must keep
 * it. Outputs are written by us and read by others: what was promised must stay promised, so no field goes, none becomes
 * optional, and no field holds a value it could not hold before. A field that is new in an output breaks nobody, because
 * readers ignore what they do not know.
 */
final class SchemaCompatibility {

    /** Who writes the event. */
    enum Direction {
        INPUT,
        OUTPUT
    }

    private static final Set<String> TEXTS = Set.of("$schema", "$id", "$defs", "title", "description", "default");
    private static final Set<String> UPPER_BOUNDS = Set.of("maxLength", "maxItems", "maxProperties", "maximum");
    private static final Set<String> LOWER_BOUNDS = Set.of("minLength", "minItems", "minimum");
    private static final Set<String> EXACT =
            Set.of("pattern", "format", "contentEncoding", "uniqueItems", "allOf", "oneOf", "const");

    private final JsonNode released;
    private final JsonNode current;
    private final Direction direction;
    private final List<String> problems = new ArrayList<>();

    private SchemaCompatibility(JsonNode released, JsonNode current, Direction direction) {
        this.released = released;
        this.current = current;
        this.direction = direction;
    }

    /** One sentence for each thing that would break somebody; empty when nothing would. */
    static List<String> problems(JsonNode released, JsonNode current, Direction direction) {
        var comparison = new SchemaCompatibility(released, current, direction);
        comparison.compare("", released, current);
        return List.copyOf(comparison.problems);
    }

    private void compare(String path, JsonNode oldRef, JsonNode newRef) {
        var before = resolve(released, oldRef);
        var after = resolve(current, newRef);
        var keywords = new LinkedHashSet<String>();
        before.fieldNames().forEachRemaining(keywords::add);
        after.fieldNames().forEachRemaining(keywords::add);
        for (var keyword : keywords) {
            var was = before.get(keyword);
            var is = after.get(keyword);
            if (TEXTS.contains(keyword) || keyword.equals("$ref")) {
                continue;
            }
            switch (keyword) {
                case "type" -> exact(path, keyword, was, is);
                case "properties" -> properties(path, before, after);
                case "required" -> required(path, before, after);
                case "enum" -> values(path, was, is);
                case "items", "additionalProperties", "propertyNames" -> nested(path + "/" + keyword, was, is);
                default -> {
                    if (UPPER_BOUNDS.contains(keyword)) {
                        bound(path, keyword, was, is, 1);
                    } else if (LOWER_BOUNDS.contains(keyword)) {
                        bound(path, keyword, was, is, -1);
                    } else if (EXACT.contains(keyword)) {
                        exact(path, keyword, was, is);
                    } else {
                        problems.add(at(path) + " uses '" + keyword + "', which this comparison does not know");
                    }
                }
            }
        }
    }

    private void properties(String path, JsonNode before, JsonNode after) {
        before.path("properties").fields().forEachRemaining(property -> {
            var now = after.path("properties").get(property.getKey());
            if (now == null) {
                problems.add(at(path + "/" + property.getKey()) + " is gone");
            } else {
                compare(path + "/" + property.getKey(), property.getValue(), now);
            }
        });
    }

    private void required(String path, JsonNode before, JsonNode after) {
        var was = texts(before.path("required"));
        var is = texts(after.path("required"));
        if (direction == Direction.INPUT) {
            is.stream()
                    .filter(name -> !was.contains(name))
                    .forEach(name -> problems.add(at(path + "/" + name) + " is required now, and was not"));
        } else {
            was.stream()
                    .filter(name -> !is.contains(name))
                    .forEach(name -> problems.add(at(path + "/" + name) + " was always there, and is not any more"));
        }
    }

    private void values(String path, @Nullable JsonNode was, @Nullable JsonNode is) {
        if (was == null || is == null) {
            exact(path, "enum", was, is);
            return;
        }
        texts(was).stream()
                .filter(value -> !texts(is).contains(value))
                .forEach(value -> problems.add(at(path) + " can no longer be " + value));
        if (direction == Direction.OUTPUT) {
            texts(is).stream()
                    .filter(value -> !texts(was).contains(value))
                    .forEach(value -> problems.add(at(path) + " can be " + value + ", which no reader knows"));
        }
    }

    private void nested(String path, @Nullable JsonNode was, @Nullable JsonNode is) {
        if (was != null && is != null) {
            compare(path, was, is);
        } else if (direction == Direction.INPUT || is == null) {
            exact(path, "schema", was, is);
        }
    }

    /** An upper bound (sign 1) of an input may grow, of an output shrink; a lower bound the other way round. */
    private void bound(String path, String keyword, @Nullable JsonNode was, @Nullable JsonNode is, int sign) {
        double infinite = sign * Double.POSITIVE_INFINITY;
        double before = sign * (was == null ? infinite : was.asDouble());
        double after = sign * (is == null ? infinite : is.asDouble());
        if (direction == Direction.INPUT ? after < before : after > before) {
            exact(path, keyword, was, is);
        }
    }

    private void exact(String path, String keyword, @Nullable JsonNode was, @Nullable JsonNode is) {
        if (was == null ? is != null : !was.equals(is)) {
            problems.add(at(path) + " had " + keyword + " " + said(was) + ", and now " + said(is));
        }
    }

    private static String said(@Nullable JsonNode node) {
        return node == null ? "none" : node.toString();
    }

    private static String at(String path) {
        return path.isEmpty() ? "the event" : path;
    }

    private static LinkedHashSet<String> texts(JsonNode array) {
        var texts = new LinkedHashSet<String>();
        array.forEach(text -> texts.add(text.asText()));
        return texts;
    }

    private static JsonNode resolve(JsonNode root, JsonNode node) {
        return node.has("$ref")
                ? root.at(JsonPointer.compile(node.get("$ref").asText().substring(1)))
                : node;
    }
}
