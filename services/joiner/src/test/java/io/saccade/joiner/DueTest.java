package io.saccade.joiner;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

class DueTest {

    @Test
    void comesBackFromItsKey() {
        // Given
        var due = new Due(Instant.ofEpochMilli(1_763_719_200_123L), Due.Kind.FORGET, "image|with:odd-1");

        // When
        var parsed = Due.parse(due.key());

        // Then
        assertThat(parsed).isEqualTo(due);
    }

    @Test
    void sortsByTimeSoThatOneRangeIsWhatIsDue() {
        // Given
        var now = Instant.ofEpochMilli(1_000_000);
        var keys = List.of(
                new Due(now.minusSeconds(500), Due.Kind.FORGET, "z").key(),
                new Due(now, Due.Kind.EXPIRE, "a").key(),
                new Due(now.plusMillis(1), Due.Kind.EXPIRE, "a").key(),
                new Due(now.plusSeconds(9_000_000), Due.Kind.EXPIRE, "a").key());

        // When
        var due = keys.stream()
                .filter(key -> key.compareTo(Due.firstAfter(now)) <= 0)
                .toList();

        // Then
        assertThat(keys).isSorted();
        assertThat(due).isEqualTo(keys.subList(0, 2));
    }

    @Test
    void holdsTimesThatAreHostile() {
        assertThat(Due.parse(new Due(Instant.ofEpochMilli(-5), Due.Kind.EXPIRE, "a").key())
                        .when())
                .isEqualTo(Instant.EPOCH);
        assertThat(new Due(Instant.parse("+40000-01-01T00:00:00Z"), Due.Kind.EXPIRE, "a").key())
                .startsWith("999999999999999E");
    }
}
