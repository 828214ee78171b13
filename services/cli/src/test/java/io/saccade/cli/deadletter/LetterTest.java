package io.saccade.cli.deadletter;

import static io.saccade.cli.deadletter.Letters.letter;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.saccade.contract.Resent;
import io.saccade.contract.event.LetterHandled;
import java.time.Instant;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LetterTest {

    @Test
    void goesBackAsItCameWithoutItsStory() {
        // Given
        var bytes = new byte[] {1, (byte) 0xff, 0};
        var letter = letter(
                "encoder",
                "model.unavailable",
                bytes,
                Map.of("content-type", "image/png", "x", "y", "saccade-retry-attempts", "3", Resent.REDRIVEN, "old"));

        // When
        var original = letter.original();

        // Then
        assertThat(original.topic()).isEqualTo("saccade.images");
        assertThat(original.partition()).isEqualTo(3);
        assertThat(original.key()).isEqualTo("cat-1".getBytes(UTF_8));
        assertThat(original.value()).isEqualTo(bytes);
        assertThat(original.headers().toArray())
                .extracting(header -> header.key() + "=" + new String(header.value(), UTF_8))
                .containsExactlyInAnyOrder(
                        "content-type=image/png",
                        "x=y",
                        Resent.REDRIVEN + "=" + letter.id(),
                        "saccade-copy-of=saccade.images/3/77");
    }

    @Test
    void keepsHeadersThatAreNoTextAndThoseThatComeTwice() {
        // Given
        var source = letter("{}", Map.of());
        var record = new ConsumerRecord<byte[], byte[]>("saccade.dlq", 0, 0, null, null);
        source.story().headers().forEach((name, text) -> record.headers().add(name, text.getBytes(UTF_8)));
        record.headers().add("twice", new byte[] {(byte) 0xfe});
        record.headers().add("twice", new byte[] {2});
        record.headers().add("empty", null);

        // When
        var original = Letter.of(record).original();

        // Then
        assertThat(original.key()).isNull();
        assertThat(original.value()).isNull();
        assertThat(original.headers().headers("twice"))
                .extracting(header -> header.value()[0])
                .containsExactly((byte) 0xfe, (byte) 2);
        assertThat(original.headers().lastHeader("empty").value()).isNull();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{\"id\":\"a\",\"image\":{\"tenant\":\"inner\"},\"tenant\":\"acme\"} | acme",
                "{\"id\":\"a\",\"image\":{\"tenant\":\"inner\"}}                     | default",
                "{\"tenant\":7}                                                      | -",
                "{\"tenant\":                                                        | -",
                "[\"tenant\",\"acme\"]                                               | -",
                "no JSON                                                             | -",
            })
    void readsTheTenantWhereTheValueSaysIt(String value, String expected) {
        assertThat(letter(value, Map.of()).tenant()).isEqualTo(expected);
    }

    @Test
    void knowsThatAnImageSentAsItIsBelongsToTheDefaultTenant() {
        assertThat(letter("\u0089PNG", Map.of("content-type", "image/png")).tenant())
                .isEqualTo("default");
    }

    @Test
    void refusesARecordWithoutAStory() {
        var record = new ConsumerRecord<>("saccade.dlq", 0, 0, new byte[0], new byte[0]);
        assertThatThrownBy(() -> Letter.of(record)).hasMessageContaining("saccade-dlq-");
    }

    @Test
    void becomesALineOfJsonThatHoldsAll() throws Exception {
        // Given
        var text = letter("{\"id\":\"cat-1\"}", Map.of("x", "y"));
        var binary = letter("joiner", "event.malformed", new byte[] {(byte) 0xff}, Map.of());
        var dropped = new LetterHandled(
                text.id(), LetterHandled.End.DROPPED, "a test", Instant.parse("2026-11-22T00:00:00Z"));

        // When
        var line = new ObjectMapper().readTree(LetterLine.of(text, dropped));
        var other = new ObjectMapper().readTree(LetterLine.of(binary, null));

        // Then
        assertThat(line.path("id").asText()).isEqualTo(text.id());
        assertThat(line.path("state").asText()).isEqualTo("dropped");
        assertThat(line.path("dropReason").asText()).isEqualTo("a test");
        assertThat(line.path("value").asText()).isEqualTo("{\"id\":\"cat-1\"}");
        assertThat(line.path("headers").path("x").asText()).isEqualTo("y");
        assertThat(line.path("offset").asLong()).isEqualTo(77);
        assertThat(other.path("state").asText()).isEqualTo("waiting");
        assertThat(other.path("valueBase64").asText()).isEqualTo("/w==");
        assertThat(other.has("value")).isFalse();
    }

    @Test
    void tellsItsWholeStoryOnAPage() {
        // When
        var page =
                String.join("\n", LetterPage.lines(letter("{\"id\":\"cat-1\"}", Map.of("x", "\u001b[2J")), null, true));

        // Then
        assertThat(page)
                .contains("waiting", "model.unavailable", "encoder, after 5 attempts", "2026-11-21T12:00:00Z")
                .contains("saccade.images partition 3 offset 77", "image-embedding/2", "\"id\" : \"cat-1\"")
                .doesNotContain("\u001b");
    }
}
