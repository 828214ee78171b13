package io.saccade.cli.deadletter;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonToken;
import io.saccade.contract.CloudEvent;
import io.saccade.contract.Resent;
import io.saccade.contract.event.DeadLetter;
import io.saccade.contract.event.Retried;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.jspecify.annotations.Nullable;

/**
 * A dead letter as it lies in its topic: the record as it came, and its story. Everything in it may come from anywhere;
 * nothing of it is trusted but what the constructor of {@link DeadLetter} checks.
 */
public final class Letter {

    private static final String UNKNOWN = "-";
    private static final JsonFactory JSON = new JsonFactory();

    private final DeadLetter story;
    private final ConsumerRecord<byte[], byte[]> record;
    private @Nullable String tenant;

    private Letter(DeadLetter story, ConsumerRecord<byte[], byte[]> record) {
        this.story = story;
        this.record = record;
    }

    /**
     * Reads a record of the dead letter topic.
     *
     * @throws IllegalArgumentException if its headers tell no story
     */
    public static Letter of(ConsumerRecord<byte[], byte[]> record) {
        return new Letter(DeadLetter.fromHeaders(texts(record)), record);
    }

    /** Names this letter. */
    public String id() {
        return story.id();
    }

    /** Why, who, where, when. */
    public DeadLetter story() {
        return story;
    }

    /** The original key as text, usually the image's id; empty when there is none. */
    public String key() {
        return record.key() == null ? "" : new String(record.key(), UTF_8);
    }

    /** The original value, to be read only. */
    public byte @Nullable [] value() {
        return record.value();
    }

    /** Where the letter lies: partition and offset in the dead letter topic. */
    public String place() {
        return record.topic() + " partition " + record.partition() + " offset " + record.offset();
    }

    /** The original headers as text. */
    public Map<String, String> headers() {
        var headers = texts(record);
        headers.keySet().removeIf(Letter::isOurs);
        return headers;
    }

    /** On whose behalf, as the value says; {@code -} when the value cannot be read. */
    public String tenant() {
        if (tenant == null) {
            tenant = readTenant();
        }
        return tenant;
    }

    /**
     * The record as it came, for the topic and the partition it came from: the join keeps what it knows of an image by
     * partition.
     */
    public ProducerRecord<byte[], byte[]> original() {
        var original = new ProducerRecord<>(story.topic(), story.partition(), record.key(), record.value());
        for (var header : record.headers()) {
            if (!isOurs(header.key())) {
                original.headers().add(header);
            }
        }
        original.headers().add(Resent.REDRIVEN, id().getBytes(UTF_8));
        if (original.headers().lastHeader(Resent.COPY_OF) == null) {
            var origin = Resent.origin(story.topic(), story.partition(), story.offset());
            original.headers().add(Resent.COPY_OF, origin.getBytes(UTF_8));
        }
        return original;
    }

    private static boolean isOurs(String header) {
        return DeadLetter.isStory(header) || Retried.isStory(header) || header.equals(Resent.REDRIVEN);
    }

    /** Only as far into the value as the field lies: an image inside may be large. */
    private String readTenant() {
        if (record.value() == null) {
            return UNKNOWN;
        }
        if (headers().getOrDefault(CloudEvent.CONTENT_TYPE, "").startsWith("image/")) {
            return "default";
        }
        try (var parser = JSON.createParser(record.value())) {
            if (parser.nextToken() != JsonToken.START_OBJECT) {
                return UNKNOWN;
            }
            while (parser.nextToken() == JsonToken.FIELD_NAME) {
                var name = parser.currentName();
                var value = parser.nextToken();
                if (name.equals("tenant")) {
                    return value == JsonToken.VALUE_STRING ? parser.getText() : UNKNOWN;
                }
                parser.skipChildren();
            }
            return "default";
        } catch (IOException e) {
            return UNKNOWN; // no JSON: often that is why it is here
        }
    }

    private static Map<String, String> texts(ConsumerRecord<byte[], byte[]> record) {
        var texts = new LinkedHashMap<String, String>();
        for (var header : record.headers()) {
            if (header.value() != null) {
                texts.put(header.key(), new String(header.value(), UTF_8));
            }
        }
        return texts;
    }
}
