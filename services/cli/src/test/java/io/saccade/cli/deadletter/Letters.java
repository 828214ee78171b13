package io.saccade.cli.deadletter;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.saccade.contract.event.DeadLetter;
import io.saccade.contract.event.Failure;
import java.time.Instant;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/** Letters for tests. */
final class Letters {

    static final Instant NOON = Instant.parse("2026-11-21T12:00:00Z");

    private Letters() {}

    static Letter letter(String value, Map<String, String> headers) {
        return letter("encoder", "model.unavailable", value.getBytes(UTF_8), headers);
    }

    static Letter letter(String stage, String reason, byte[] value, Map<String, String> headers) {
        var story = new DeadLetter(
                new Failure(reason, "the model did not answer", true),
                stage,
                "saccade.images",
                3,
                77,
                5,
                NOON.minusSeconds(60),
                NOON,
                null,
                "image-embedding/2");
        var record = new ConsumerRecord<>("saccade.dlq", 1, 9, "cat-1".getBytes(UTF_8), value);
        headers.forEach((name, text) -> record.headers().add(name, text.getBytes(UTF_8)));
        story.headers().forEach((name, text) -> record.headers().add(name, text.getBytes(UTF_8)));
        return Letter.of(record);
    }
}
