package io.saccade.faults.lab;

import static org.assertj.core.api.Assertions.assertThat;

import io.saccade.contract.EventIds;
import io.saccade.contract.EventJson;
import io.saccade.contract.EventType;
import io.saccade.faults.check.Owed;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class WorkloadTest {

    private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");
    private static final Material NOTHING = new Material(List.of(), List.of(), () -> {
        throw new AssertionError("no image of these tests comes by address");
    });

    private static final Path ANSWER = Path.of(
            System.getProperty("saccade.root", ".."),
            "docs",
            "reference",
            "examples",
            "io.saccade.image-enriched.v1.json");

    @Test
    void theSameSeedMakesTheSamePoison() {
        // Given
        var all = new Workload.Wish(Duration.ofMinutes(1), Others.POISON, 1, 1, false);

        // When
        var once = values(new Workload("r.", 5, NOTHING, new Truths(), all));
        var again = values(new Workload("r.", 5, NOTHING, new Truths(), all));
        var other = values(new Workload("r.", 6, NOTHING, new Truths(), all));

        // Then
        assertThat(once).isEqualTo(again).isNotEqualTo(other);
    }

    @Test
    void everyKindOfPoisonOwesAnExplanation() {
        // Given
        var workload = new Workload(
                "r.", 5, NOTHING, new Truths(), new Workload.Wish(Duration.ofMinutes(1), Others.POISON, 1, 1, false));

        // When
        var owed = IntStream.range(0, 200)
                .mapToObj(number -> workload.items(number, NOW).getFirst().owed())
                .toList();

        // Then
        assertThat(owed).noneMatch(Owed.Nothing.class::isInstance).noneMatch(Owed.Answer.class::isInstance);
        assertThat(owed).anyMatch(Owed.Letter.class::isInstance).anyMatch(Owed.Refusal.class::isInstance);
    }

    @Test
    void anotherImageUnderAnIdFollowsAGoodOneAndOwesADeadLetter() throws Exception {
        // Given
        var picture = new Picture("a.png", List.of("what color is the circle ?"), "a circle", new byte[64]);
        var truths = new Truths();
        truths.learn(picture, EventJson.create().read(EventType.IMAGE_ENRICHED, Files.readAllBytes(ANSWER)));
        var all = new Workload.Wish(Duration.ofMinutes(1), Others.POISON, 1, 1, true);
        var workload = new Workload("r.", 5, new Material(List.of(picture), List.of(), NOTHING.hosts()), truths, all);

        // When
        var pairs = IntStream.range(0, 200)
                .mapToObj(number -> workload.items(number, NOW))
                .filter(items -> items.size() > 1)
                .toList();

        // Then
        assertThat(pairs).hasSizeBetween(5, 60).allSatisfy(items -> {
            assertThat(items)
                    .hasSize(2)
                    .extracting(Item::key)
                    .containsOnly(items.getFirst().key());
            assertThat(items.getFirst().owed()).isInstanceOf(Owed.Answer.class);
            assertThat(items.getLast().owed()).isInstanceOf(Owed.Other.class);
            assertThat(items.getLast().value()).isNotEqualTo(items.getFirst().value());
        });
    }

    @Test
    void copiesOweNothingOfTheirOwn() {
        // Given
        var workload = new Workload(
                "r.", 5, NOTHING, new Truths(), new Workload.Wish(Duration.ofMinutes(1), Others.POISON, 1, 3, false));

        // When
        var items = workload.items(0, NOW);

        // Then
        assertThat(items).hasSize(3);
        assertThat(items.subList(1, 3)).allMatch(item -> item.owed() instanceof Owed.Nothing);
        assertThat(items).extracting(Item::key).containsOnly(items.getFirst().key());
    }

    private static List<String> values(Workload workload) {
        return IntStream.range(0, 50)
                .mapToObj(number -> workload.items(number, NOW).getFirst())
                .map(item -> item.key() + " " + (item.value() == null ? "" : EventIds.sha256(item.value())))
                .toList();
    }
}
