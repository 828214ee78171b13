package io.saccade.contract;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.exc.StreamConstraintsException;
import com.fasterxml.jackson.databind.DeserializationContext;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JavaType;
import com.fasterxml.jackson.databind.JsonDeserializer;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.cfg.ContextAttributes;
import com.fasterxml.jackson.databind.exc.InvalidFormatException;
import com.fasterxml.jackson.databind.exc.MismatchedInputException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.module.SimpleModule;
import com.fasterxml.jackson.datatype.jsr310.JavaTimeModule;
import io.saccade.contract.event.InlineBytes;
import io.saccade.contract.event.Vector;
import java.io.IOException;
import java.net.URI;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.Collection;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Events to JSON and back. Unknown fields are ignored, so that a reader survives a newer writer; everything else that
 * is wrong is said with its path. Thread-safe.
 */
public final class EventJson {

    /** Deeper JSON than any event of ours is hostile. */
    private static final int MAX_DEPTH = 32;
    /** Longest string: an inline image of 1 MiB is 1.4 million characters of base64. */
    private static final int MAX_STRING = 3_000_000;

    private static final String LIMITS =
            "must nest at most " + MAX_DEPTH + " deep and have strings of at most " + MAX_STRING + " characters";

    private final ObjectMapper mapper;

    private EventJson(boolean base64Vectors) {
        var factory = JsonFactory.builder()
                .streamReadConstraints(StreamReadConstraints.builder()
                        .maxNestingDepth(MAX_DEPTH)
                        .maxStringLength(MAX_STRING)
                        .build())
                .build();
        mapper = JsonMapper.builder(factory)
                .addModule(new JavaTimeModule())
                .addModule(new SimpleModule().addDeserializer(Instant.class, new TimeReader()))
                .disable(SerializationFeature.WRITE_DATES_AS_TIMESTAMPS)
                .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
                .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
                .enable(DeserializationFeature.FAIL_ON_NUMBERS_FOR_ENUMS)
                .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
                .disable(DeserializationFeature.ADJUST_DATES_TO_CONTEXT_TIME_ZONE)
                .defaultAttributes(ContextAttributes.getEmpty().withSharedAttribute(Vector.AS_BASE64, base64Vectors))
                .build();
    }

    /** Vectors as arrays of numbers, which every tool reads. */
    public static EventJson create() {
        return new EventJson(false);
    }

    /** Vectors as base64 of little-endian float32, a third of the bytes. */
    public static EventJson withBase64Vectors() {
        return new EventJson(true);
    }

    /** Writes an event as UTF-8 JSON. */
    public byte[] write(Object event) {
        try {
            return mapper.writeValueAsBytes(event);
        } catch (JacksonException e) {
            throw new IllegalArgumentException("an event could not be written as JSON: " + event.getClass(), e);
        }
    }

    /**
     * Reads an event.
     *
     * @throws MalformedEventException if the value is missing, is not JSON, or does not make such an event
     */
    public <E> E read(EventType<E> type, byte @Nullable [] value) throws MalformedEventException {
        if (value == null) {
            throw new MalformedEventException(type.event() + " must be a JSON object, got a record without a value");
        }
        if (value.length == 0) {
            throw new MalformedEventException(type.event() + " must be a JSON object, got an empty value");
        }
        try {
            JavaType javaType = mapper.constructType(type.javaType());
            E event = mapper.readValue(value, javaType);
            if (event == null) {
                throw new MalformedEventException(type.event() + " must be a JSON object, got null");
            }
            return event;
        } catch (JsonMappingException e) {
            throw new MalformedEventException(type.event() + path(e) + ": " + cause(e));
        } catch (StreamConstraintsException e) {
            throw new MalformedEventException(type.event() + ": " + LIMITS);
        } catch (JacksonException e) {
            var where =
                    e.getLocation() == null ? "" : " at byte " + e.getLocation().getByteOffset();
            throw new MalformedEventException(type.event() + " must be a JSON object, but this is no JSON" + where);
        } catch (IOException e) {
            // By the first bytes Jackson takes some values for UTF-16 or UTF-32, and says otherwise than by its own
            // exceptions that they are not.
            throw new MalformedEventException(type.event() + " must be a JSON object in UTF-8, but this is no text");
        }
    }

    /** The mapper itself, for tools that print or inspect JSON. */
    public ObjectMapper mapper() {
        return mapper;
    }

    private static String path(JsonMappingException e) {
        return e.getPath().stream()
                .map(ref -> ref.getFieldName() == null ? "[" + ref.getIndex() + "]" : "." + ref.getFieldName())
                .collect(Collectors.joining());
    }

    /** Our own sentence when one of our constructors refused; else Jackson's kind of problem, without the input. */
    private static String cause(JsonMappingException e) {
        if (e instanceof InvalidFormatException wrong) {
            // Its causes come from the JDK's parsers, and those repeat the input.
            return "expected " + expected(wrong.getTargetType()) + ", got something else";
        }
        for (Throwable cause = e; cause != null; cause = cause.getCause()) {
            if (cause instanceof IllegalArgumentException && cause.getMessage() != null) {
                return cause.getMessage();
            }
            if (cause instanceof StreamConstraintsException) {
                return LIMITS;
            }
        }
        return e instanceof MismatchedInputException wrong && wrong.getTargetType() != null
                ? "expected " + expected(wrong.getTargetType()) + ", got nothing or another kind of JSON value"
                : "not valid JSON from here on";
    }

    private static String expected(Class<?> type) {
        if (type == Instant.class) {
            return "a time such as 2026-11-21T10:00:00Z";
        }
        if (type == URI.class) {
            return "a URI such as https://host/picture.jpg";
        }
        if (type == String.class) {
            return "a string";
        }
        if (type == byte[].class || type == InlineBytes.class) {
            return "a base64 string";
        }
        if (type == boolean.class || type == Boolean.class) {
            return "true or false";
        }
        if (type.isPrimitive() || Number.class.isAssignableFrom(type)) {
            return "a number";
        }
        if (type.isEnum()) {
            return "one of "
                    + Stream.of(type.getEnumConstants()).map(Object::toString).collect(Collectors.joining(", "));
        }
        return Collection.class.isAssignableFrom(type) ? "an array" : "an object";
    }

    /**
     * Reads RFC 3339 text alone. Jackson's own reader also takes a number as seconds, and most senders of numbers mean
     * milliseconds: their deadlines would lie fifty thousand years ahead.
     */
    private static final class TimeReader extends JsonDeserializer<Instant> {

        private static final int LAST_YEAR = 9999;

        @Override
        public Instant deserialize(JsonParser json, DeserializationContext context) throws IOException {
            if (!json.hasToken(JsonToken.VALUE_STRING)) {
                throw MismatchedInputException.from(json, Instant.class, "not a string");
            }
            try {
                var time = OffsetDateTime.parse(json.getText());
                // RFC 3339 has four digits; more of them overflow whatever is reckoned with them.
                if (time.getYear() < 1 || time.getYear() > LAST_YEAR) {
                    throw InvalidFormatException.from(json, "not a time", json.getText(), Instant.class);
                }
                return time.toInstant();
            } catch (DateTimeException e) {
                throw InvalidFormatException.from(json, "not a time", json.getText(), Instant.class);
            }
        }
    }
}
