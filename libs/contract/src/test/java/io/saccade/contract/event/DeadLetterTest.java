package io.saccade.contract.event;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Instant;
import java.util.HashMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class DeadLetterTest {

    private static final DeadLetter STORY = new DeadLetter(
            new Failure("model.unavailable", "the model server did not answer for 60 s", true),
            "captioner",
            "saccade.images",
            3,
            4_000_000_000L,
            5,
            Instant.parse("2026-11-21T12:00:00.5Z"),
            Instant.parse("2026-11-21T12:01:00Z"),
            "4bf92f3577b34da6a3ce929d0e0e4736",
            "caption/1");

    @Test
    void tellsItsWholeStoryInHeaders() {
        assertThat(DeadLetter.fromHeaders(STORY.headers())).isEqualTo(STORY);
        assertThat(STORY.headers().keySet()).allMatch(DeadLetter::isStory);
        assertThat(DeadLetter.isStory("ce_id")).isFalse();
    }

    @Test
    void leavesOutWhatIsNotKnown() {
        // Given
        var bare = new DeadLetter(
                STORY.failure(),
                "joiner",
                "saccade.images",
                0,
                0,
                1,
                STORY.firstTried(),
                STORY.lastTried(),
                null,
                null);

        // Then
        assertThat(bare.headers()).doesNotContainKeys("saccade-dlq-trace-id", "saccade-dlq-model");
        assertThat(DeadLetter.fromHeaders(bare.headers())).isEqualTo(bare);
    }

    @Test
    void readsItsStoryAmongOtherHeaders() {
        var headers = new HashMap<>(STORY.headers());
        headers.put("ce_id", "x");
        assertThat(DeadLetter.fromHeaders(headers)).isEqualTo(STORY);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "reason",
                "message",
                "retryable",
                "stage",
                "topic",
                "partition",
                "offset",
                "attempts",
                "first-tried",
                "last-tried"
            })
    void namesTheHeaderThatIsMissing(String name) {
        var headers = new HashMap<>(STORY.headers());
        headers.remove("saccade-dlq-" + name);
        assertThatThrownBy(() -> DeadLetter.fromHeaders(headers))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("header saccade-dlq-" + name + " is required, but it is missing");
    }

    @ParameterizedTest
    @CsvSource({
        "partition,   x,         header saccade-dlq-partition must be a number",
        "offset,      1.5,       header saccade-dlq-offset must be a number",
        "attempts,    '',        header saccade-dlq-attempts must be a number",
        "first-tried, yesterday, header saccade-dlq-first-tried must be a time",
        "last-tried,  12:00,     header saccade-dlq-last-tried must be a time",
        "partition,   -1,        partition must be at least 0",
        "offset,      -1,        offset must be at least 0",
        "attempts,    0,         attempts must be at least 1",
        "stage,       a b,       stage must be 1 to 200",
        "reason,      Oops,      failure.code must be dotted lower-case words"
    })
    void namesTheHeaderThatCannotBeRead(String name, String value, String expected) {
        var headers = new HashMap<>(STORY.headers());
        headers.put("saccade-dlq-" + name, value);
        assertThatThrownBy(() -> DeadLetter.fromHeaders(headers))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(expected);
    }
}
