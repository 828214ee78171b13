package io.saccade.contract;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.List;
import org.junit.jupiter.api.Test;

class EventIdsTest {

    @Test
    void givesTheSameWorkTheSameIdForEver() {
        // The literal pins the formula: a release that changes it makes duplicates of records in flight.
        assertThat(EventIds.result("image-1", "caption", "caption", "1")).isEqualTo("05483c266a0d76a4d13d0d09a0e3d2d7");
    }

    @Test
    void tellsApartWhatOnlyReadsTheSameWhenJoined() {
        var parts = List.of("a", "b", "ab", "", "1:a", "a1:b", ":", "1");
        var ids = new HashSet<String>();
        int made = 0;
        for (var first : parts) {
            for (var second : parts) {
                for (var third : parts) {
                    ids.add(EventIds.result(first, second, third, "1"));
                    made++;
                }
            }
        }
        assertThat(ids).hasSize(made);
    }

    @Test
    void tellsTheKindsApart() {
        assertThat(new HashSet<>(List.of(
                        EventIds.enriched("a", 1),
                        EventIds.enriched("a", 2),
                        EventIds.enriched("a1", 1),
                        EventIds.result("a", "1", "", ""),
                        EventIds.deadLetter("a", "t", 1, 11),
                        EventIds.deadLetter("a", "t", 11, 1),
                        EventIds.deadLetter("b", "t", 1, 11))))
                .hasSize(7);
    }

    @Test
    void makesIdsThatFitAHeaderAndAKey() {
        assertThat(EventIds.enriched("a", 1)).matches("[0-9a-f]{32}");
    }

    @Test
    void digestsBytes() {
        assertThat(EventIds.sha256("abc".getBytes(StandardCharsets.US_ASCII)))
                .isEqualTo("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    }
}
