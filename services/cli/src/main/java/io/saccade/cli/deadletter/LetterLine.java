package io.saccade.cli.deadletter;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.saccade.contract.event.LetterHandled;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.util.Base64;
import org.jspecify.annotations.Nullable;

/** A letter as one line of JSON, with all that is needed to send it by other means. */
public final class LetterLine {

    private static final ObjectMapper JSON = new ObjectMapper();

    private LetterLine() {}

    /**
     * Writes a letter.
     *
     * @param handled what became of it; null while it waits
     */
    public static String of(Letter letter, @Nullable LetterHandled handled) {
        var story = letter.story();
        var line = JSON.createObjectNode();
        line.put("id", letter.id());
        line.put("state", handled == null ? "waiting" : handled.end().json());
        if (handled != null) {
            line.put("handledAt", handled.handledAt().toString());
        }
        if (handled != null && handled.reason() != null) {
            line.put("dropReason", handled.reason());
        }
        line.put("reason", story.failure().code());
        line.put("message", story.failure().message());
        line.put("retryable", story.failure().retryable());
        line.put("stage", story.stage());
        line.put("topic", story.topic());
        line.put("partition", story.partition());
        line.put("offset", story.offset());
        line.put("attempts", story.attempts());
        line.put("firstTried", story.firstTried().toString());
        line.put("lastTried", story.lastTried().toString());
        line.put("traceId", story.traceId());
        line.put("model", story.model());
        line.put("tenant", letter.tenant());
        line.put("key", letter.key());
        var headers = line.putObject("headers");
        letter.headers().forEach(headers::put);
        var value = letter.value();
        var text = text(value);
        if (value == null || text != null) {
            line.put("value", text);
        } else {
            line.put("valueBase64", Base64.getEncoder().encodeToString(value));
        }
        try {
            return JSON.writeValueAsString(line);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a tree of texts and numbers can be written", e);
        }
    }

    /** Null when the bytes are no text. */
    private static @Nullable String text(byte @Nullable [] value) {
        if (value == null) {
            return null;
        }
        try {
            return UTF_8.newDecoder().decode(ByteBuffer.wrap(value)).toString();
        } catch (CharacterCodingException e) {
            return null;
        }
    }
}
