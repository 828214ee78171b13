package io.saccade.contract;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.saccade.contract.event.ImageRef;
import io.saccade.contract.event.ImageSubmitted;
import java.util.Map;
import org.junit.jupiter.api.Test;

class RequestReaderTest {

    private static final Map<String, String> PNG = Map.of("content-type", "image/png");

    private final EventJson json = EventJson.create();
    private final RequestReader reader = new RequestReader(json);

    @Test
    void readsAnEvent() throws Exception {
        var key = Samples.SUBMITTED.id().getBytes(UTF_8);
        assertThat(reader.image(key, Map.of(), json.write(Samples.SUBMITTED))).isEqualTo(Samples.SUBMITTED);
        assertThat(reader.image(key, Map.of("content-type", "application/json"), json.write(Samples.SUBMITTED)))
                .isEqualTo(Samples.SUBMITTED);
    }

    @Test
    void readsAnImageThatIsSentAsItIs() throws Exception {
        assertThat(reader.image("a".getBytes(UTF_8), PNG, new byte[] {1, 2}))
                .isEqualTo(ImageSubmitted.of("a", ImageRef.inline(new byte[] {1, 2})));
    }

    @Test
    void refusesAnImageSentAsItIsWithoutAnIdOrBytes() {
        refuses(() -> reader.image(null, PNG, new byte[1]), "got no key");
        refuses(() -> reader.image("a".getBytes(UTF_8), PNG, null), "got no value");
        refuses(() -> reader.image("a b".getBytes(UTF_8), PNG, new byte[1]), "id must be 1 to 200 printable ASCII");
        refuses(() -> reader.image(new byte[] {(byte) 0xff}, PNG, new byte[1]), "id must be 1 to 200 printable ASCII");
        refuses(
                () -> reader.image("a".getBytes(UTF_8), PNG, new byte[ImageRef.MAX_INLINE_BYTES + 1]),
                "image.inline must have at most 1048576 bytes");
    }

    @Test
    void refusesAKeyThatIsNotTheImagesId() {
        var image = json.write(Samples.SUBMITTED);
        refuses(() -> reader.image(null, Map.of(), image), "the record's key must be the event's id, got no key");
        refuses(() -> reader.image("b".getBytes(UTF_8), Map.of(), image), "must be the event's id, got another key");
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
        refuses(() -> reader.image("a".getBytes(UTF_8), Map.of(), null), "got a record without a value");
        refuses(() -> reader.question("a".getBytes(UTF_8), null), "got a record without a value");
    }

    private static void refuses(org.assertj.core.api.ThrowableAssert.ThrowingCallable read, String expected) {
        assertThatThrownBy(read).isInstanceOf(MalformedEventException.class).hasMessageContaining(expected);
    }
}
