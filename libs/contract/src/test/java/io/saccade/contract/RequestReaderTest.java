package io.saccade.contract;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.saccade.contract.event.ImageRef;
import io.saccade.contract.event.ImageSubmitted;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import org.junit.jupiter.api.Test;

class RequestReaderTest {

    private static final Instant NOW = Instant.parse("2026-11-21T12:00:00Z");

    private static final Map<String, String> PNG = Map.of("content-type", "image/png");

    private final EventJson json = EventJson.create();
    private final RequestReader reader = new RequestReader(json);

    @Test
    void readsAnEvent() throws Exception {
        var key = Samples.SUBMITTED.id().getBytes(UTF_8);
        assertThat(reader.image(key, Map.of(), json.write(Samples.SUBMITTED), NOW, NOW))
                .isEqualTo(Samples.SUBMITTED);
        assertThat(reader.image(
                        key, Map.of("content-type", "application/json"), json.write(Samples.SUBMITTED), NOW, NOW))
                .isEqualTo(Samples.SUBMITTED);
    }

    @Test
    void readsAnImageThatIsSentAsItIs() throws Exception {
        assertThat(reader.image("a".getBytes(UTF_8), PNG, new byte[] {1, 2}, NOW, NOW))
                .isEqualTo(ImageSubmitted.of("a", ImageRef.inline(new byte[] {1, 2})));
    }

    @Test
    void refusesAnImageSentAsItIsWithoutAnIdOrBytes() {
        refuses(() -> reader.image(null, PNG, new byte[1], NOW, NOW), "got no key");
        refuses(() -> reader.image("a".getBytes(UTF_8), PNG, null, NOW, NOW), "got no value");
        refuses(
                () -> reader.image("a b".getBytes(UTF_8), PNG, new byte[1], NOW, NOW),
                "id must be 1 to 200 printable ASCII");
        refuses(
                () -> reader.image(new byte[] {(byte) 0xff}, PNG, new byte[1], NOW, NOW),
                "id must be 1 to 200 printable ASCII");
        refuses(
                () -> reader.image("a".getBytes(UTF_8), PNG, new byte[ImageRef.MAX_INLINE_BYTES + 1], NOW, NOW),
                "image.inline must have at most 1048576 bytes");
    }

    @Test
    void refusesAKeyThatIsNotTheImagesId() {
        var image = json.write(Samples.SUBMITTED);
        refuses(
                () -> reader.image(null, Map.of(), image, NOW, NOW),
                "the record's key must be the event's id, got no key");
        refuses(
                () -> reader.image("b".getBytes(UTF_8), Map.of(), image, NOW, NOW),
                "must be the event's id, got another key");
        var question = json.write(Samples.ASKED);
        refuses(() -> reader.question(Samples.ASKED.id().getBytes(UTF_8), question), "must be the event's imageId");
    }

    @Test
    void readsAQuestionUnderTheKeyOfItsImage() throws Exception {
        var key = Samples.ASKED.imageId().getBytes(UTF_8);
        assertThat(reader.question(key, json.write(Samples.ASKED))).isEqualTo(Samples.ASKED);
    }

    @Test
    void refusesARecordWithoutAValue() {
        refuses(() -> reader.image("a".getBytes(UTF_8), Map.of(), null, NOW, NOW), "got a record without a value");
        refuses(() -> reader.question("a".getBytes(UTF_8), null), "got a record without a value");
    }

    @Test
    void refusesAnImageFromTheFutureAndTakesAClockThatIsALittleAhead() throws Exception {
        // Given
        var key = "a".getBytes(UTF_8);
        var hour = Duration.ofHours(1);
        var ahead = ("{\"id\":\"a\",\"image\":{\"uri\":\"file:/x\"},\"submittedAt\":\"" + NOW.plus(hour) + "\"}")
                .getBytes(UTF_8);

        // Then
        var before = NOW.minusMillis(1);
        refuses(() -> reader.image(key, Map.of(), ahead, before, before), "more than an hour in the future");
        assertThat(reader.image(key, Map.of(), ahead, NOW, before).submittedAt())
                .isEqualTo(NOW.plus(hour));
        assertThat(reader.image(key, Map.of(), ahead, before, NOW).submittedAt())
                .isEqualTo(NOW.plus(hour));
    }

    private static void refuses(org.assertj.core.api.ThrowableAssert.ThrowingCallable read, String expected) {
        assertThatThrownBy(read).isInstanceOf(MalformedEventException.class).hasMessageContaining(expected);
    }
}
