package io.saccade.contract;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JavaType;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.cfg.ContextAttributes;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.datatype.jsr310.JavaTimeModule;
import io.saccade.contract.event.Vector;
import java.io.IOException;
import java.util.stream.Collectors;
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
                .disable(SerializationFeature.WRITE_DATES_AS_TIMESTAMPS)
                .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
                .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
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
        try {
            JavaType javaType = mapper.constructType(type.javaType());
            E event = mapper.readValue(value, javaType);
            if (event == null) {
                throw new MalformedEventException(type.event() + " must be a JSON object, got null");
            }
            return event;
        } catch (JsonMappingException e) {
            throw new MalformedEventException(type.event() + path(e) + ": " + cause(e));
        } catch (JacksonException e) {
            var where =
                    e.getLocation() == null ? "" : " at byte " + e.getLocation().getByteOffset();
            throw new MalformedEventException(type.event() + " must be a JSON object, but this is no JSON" + where);
        } catch (IOException e) {
            throw new IllegalStateException("reading from memory cannot fail", e);
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
        for (Throwable cause = e; cause != null; cause = cause.getCause()) {
            if (cause instanceof IllegalArgumentException && cause.getMessage() != null) {
                return cause.getMessage();
            }
        }
        return switch (e) {
            case com.fasterxml.jackson.databind.exc.InvalidFormatException wrong ->
                "expected " + wrong.getTargetType().getSimpleName() + ", got something else";
            case com.fasterxml.jackson.databind.exc.MismatchedInputException wrong
            when wrong.getTargetType() != null ->
                "expected " + wrong.getTargetType().getSimpleName() + ", got another kind of JSON value";
            default -> "not valid JSON for this event";
        };
    }
}
