package io.saccade.contract.event;

import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The few rules that several events share. Messages never repeat more than an excerpt of what came. */
final class Check {

    private static final Pattern SHA_256 = Pattern.compile("[0-9a-f]{64}");
    private static final Pattern ID = Pattern.compile("[\\x21-\\x7e]{1,200}");
    private static final Pattern TENANT = Pattern.compile("[A-Za-z0-9._-]{1,64}");

    private Check() {}

    /** An id travels as a Kafka key, a header and a metric-free log key: printable ASCII without spaces. */
    static String id(String name, @Nullable String given) {
        var value = present(name, given);
        if (!ID.matcher(value).matches()) {
            throw new IllegalArgumentException(
                    name + " must be 1 to 200 printable ASCII characters without spaces, got '" + excerpt(value) + "'");
        }
        return value;
    }

    static String tenant(String value) {
        if (!TENANT.matcher(value).matches()) {
            throw new IllegalArgumentException(
                    "tenant must be 1 to 64 letters, digits, '.', '_' or '-', got '" + excerpt(value) + "'");
        }
        return value;
    }

    static void sha256(String name, @Nullable String value) {
        if (value != null && !SHA_256.matcher(value).matches()) {
            throw new IllegalArgumentException(
                    name + " must be 64 lower-case hex characters, got '" + excerpt(value) + "'");
        }
    }

    static String text(String name, @Nullable String given, int longest) {
        var value = present(name, given);
        if (value.isBlank()) {
            throw new IllegalArgumentException(name + " must not be blank");
        }
        atMost(name, longest, value);
        return value;
    }

    /** A copy, in its order; null becomes the empty list. */
    static <T> List<T> list(String name, @Nullable List<T> given) {
        if (given == null) {
            return List.of();
        }
        noNull(name, given);
        return List.copyOf(given);
    }

    static void noNull(String name, Collection<?> values) {
        for (var value : values) {
            if (value == null) {
                throw new IllegalArgumentException(name + " must not hold null");
            }
        }
    }

    /** A copy, in its order; null becomes the empty map. The limits keep the joined record within its topic's. */
    static Map<String, String> attributes(@Nullable Map<String, String> given) {
        if (given == null) {
            return Map.of();
        }
        if (given.size() > ImageSubmitted.MAX_ATTRIBUTES) {
            throw new IllegalArgumentException(
                    "attributes must be at most " + ImageSubmitted.MAX_ATTRIBUTES + ", got " + given.size());
        }
        given.forEach((name, value) -> {
            text("an attribute's name", name, ImageSubmitted.MAX_ATTRIBUTE_NAME);
            var label = "attribute '" + excerpt(name) + "'";
            atMost(label, ImageSubmitted.MAX_ATTRIBUTE_VALUE, present(label, value));
        });
        return Collections.unmodifiableMap(new LinkedHashMap<>(given));
    }

    /** Counts code points, as JSON Schema does: an emoji is one character. */
    static void atMost(String name, int longest, String value) {
        int length = value.codePointCount(0, value.length());
        if (length > longest) {
            throw new IllegalArgumentException(name + " must have at most " + longest + " characters, got " + length);
        }
    }

    static void fraction(String name, double value) {
        if (!(value >= 0 && value <= 1)) {
            throw new IllegalArgumentException(name + " must lie in 0..1, got " + value);
        }
    }

    static void duration(String name, double millis) {
        if (!(millis >= 0 && millis < Double.POSITIVE_INFINITY)) {
            throw new IllegalArgumentException(name + " must be milliseconds from 0, got " + millis);
        }
    }

    static void atLeast(String name, long least, long value) {
        if (value < least) {
            throw new IllegalArgumentException(name + " must be at least " + least + ", got " + value);
        }
    }

    static <T> T present(String name, @Nullable T value) {
        if (value == null) {
            throw new IllegalArgumentException(name + " is required, but it is missing");
        }
        return value;
    }

    /** At most 40 characters, control characters shown as '?': safe to log. */
    static String excerpt(String value) {
        var cut = value.length() > 40 ? value.substring(0, 40) + "..." : value;
        return cut.replaceAll("\\p{Cntrl}", "?");
    }
}
