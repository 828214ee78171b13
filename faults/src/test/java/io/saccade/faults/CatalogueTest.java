package io.saccade.faults;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashSet;
import org.junit.jupiter.api.Test;

class CatalogueTest {

    @Test
    void namesEveryFaultOnceAndSaysOfTheOthersWhyTheyAreNotRun() {
        var ids = new HashSet<String>();
        Catalogue.all().forEach(fault -> assertThat(ids.add(fault.id())).isTrue());
        // What is run in part only is in both lists.
        ids.addAll(Catalogue.NOT_YET.keySet());
        // F29 is './saccade faults random', F30 the bugs that the checker must catch.
        for (int number = 1; number <= 28; number++) {
            assertThat(ids).contains("F" + number);
        }
        assertThat(ids).hasSize(28);
    }

    @Test
    void theSmokeTestHasAtLeastTenFaults() {
        assertThat(new HashSet<>(Catalogue.SMOKE)).hasSizeGreaterThanOrEqualTo(10);
        assertThat(Catalogue.SMOKE).allMatch(id -> Catalogue.find(id).isPresent());
    }
}
