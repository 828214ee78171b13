package io.saccade.cli.deadletter;

import static io.saccade.cli.deadletter.Letters.NOON;
import static io.saccade.cli.deadletter.Letters.letter;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class CriteriaTest {

    private static final Letter LETTER = letter("{\"tenant\":\"acme\"}", Map.of());

    static Stream<Criteria> matching() {
        return Stream.of(
                new Criteria(null, null, null, null, null, null, List.of()),
                new Criteria(
                        "model.unavailable",
                        "encoder",
                        "acme",
                        "image-embedding/2",
                        NOON,
                        NOON.plusMillis(1),
                        List.of("cat-1")),
                new Criteria("model.*", null, null, "image-embedding", null, null, List.of()),
                new Criteria(
                        null,
                        null,
                        null,
                        null,
                        null,
                        null,
                        List.of("other", LETTER.id().substring(0, 8))));
    }

    static Stream<Criteria> others() {
        return Stream.of(
                new Criteria("model.un", null, null, null, null, null, List.of()),
                new Criteria("image.*", null, null, null, null, null, List.of()),
                new Criteria(null, "captioner", null, null, null, null, List.of()),
                new Criteria(null, null, "default", null, null, null, List.of()),
                new Criteria(null, null, null, "image", null, null, List.of()),
                new Criteria(null, null, null, null, NOON.plusMillis(1), null, List.of()),
                new Criteria(null, null, null, null, null, NOON, List.of()),
                new Criteria(
                        null,
                        null,
                        null,
                        null,
                        null,
                        null,
                        List.of("cat", LETTER.id().substring(0, 7))));
    }

    @ParameterizedTest
    @MethodSource("matching")
    void findsLettersThatMeetAllOfIt(Criteria criteria) {
        assertThat(criteria.matches(LETTER)).isTrue();
    }

    @ParameterizedTest
    @MethodSource("others")
    void leavesOutLettersThatMissOneThing(Criteria criteria) {
        assertThat(criteria.matches(LETTER)).isFalse();
    }

    @Test
    void knowsWhetherAnythingIsAskedFor() {
        assertThat(matching().map(Criteria::isEmpty)).containsExactly(true, false, false, false);
    }
}
