package io.saccade.faults;

import static org.assertj.core.api.Assertions.assertThat;

import io.saccade.faults.bugs.Bug;
import io.saccade.faults.check.Invariant;
import io.saccade.faults.check.Violation;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.LocalDate;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GuaranteesTest {

    private static final LocalDate DAY = LocalDate.of(2026, 1, 2);

    @TempDir
    Path root;

    @BeforeEach
    void docs() throws IOException {
        Files.createDirectory(root.resolve("docs"));
    }

    @Test
    void aRunMakesItsRowAndLeavesTheOthers() throws IOException {
        // When
        Guarantees.merge(root, run("F1", 500, List.of()), DAY);
        Guarantees.merge(root, run("F3", 600, List.of()), DAY);

        // Then
        assertThat(Files.readString(Guarantees.page(root)))
                .contains(
                        "| I1, I2, I3, I7 kept | 2026-01-02 | 7 | 500 |",
                        "| I1, I2, I3, I7 kept | 2026-01-02 | 7 | 600 |")
                .contains("F2 The coordinating broker is killed")
                .contains("not run yet");
    }

    @Test
    void aSmallRunThatFoundNothingHidesNoLargeOne() throws IOException {
        // Given
        Guarantees.merge(root, run("F1", 100_000, List.of()), DAY);

        // When
        Guarantees.merge(root, run("F1", 500, List.of()), DAY.plusDays(1));

        // Then
        assertThat(Guarantees.read(root).get("F1").images()).isEqualTo(100_000);
    }

    @Test
    void aSmallRunThatFoundSomethingIsShown() throws IOException {
        // Given
        Guarantees.merge(root, run("F1", 100_000, List.of()), DAY);

        // When
        Guarantees.merge(root, run("F1", 500, List.of(new Violation(Invariant.I1, "x", "is lost"))), DAY);

        // Then
        assertThat(Guarantees.read(root).get("F1").result()).isEqualTo("broken: I1=1");
    }

    @Test
    void theLastRunWithABugIsShownEvenWhenItWasMissed() throws IOException {
        // Given
        Guarantees.merge(root, Bug.LOSE_RESULT, new Guarantees.BugRow(3, "2026-01-02", 7, 150));
        Guarantees.merge(root, Bug.DOUBLE_FINAL, new Guarantees.BugRow(9, "2026-01-02", 8, 151));

        // When
        Guarantees.merge(root, Bug.LOSE_RESULT, new Guarantees.BugRow(0, "2026-01-03", 9, 152));

        // Then
        assertThat(Files.readString(Guarantees.page(root)))
                .contains("| MISSED | 2026-01-03 | 9 | 152 |", "| caught, 9 times | 2026-01-02 | 8 | 151 |")
                .doesNotContain("2026-01-02 | 7 |");
    }

    @Test
    void aRunAndABugLeaveEachOthersResults() throws IOException {
        // Given
        Guarantees.merge(root, Bug.LOSE_RESULT, new Guarantees.BugRow(3, "2026-01-02", 7, 150));

        // When
        Guarantees.merge(root, run("F1", 500, List.of()), DAY);

        // Then
        assertThat(Files.readString(Guarantees.page(root)))
                .contains("| caught, 3 times | 2026-01-02 | 7 | 150 |")
                .contains("| I1, I2, I3, I7 kept | 2026-01-02 | 7 | 500 |");
    }

    @Test
    void thePageInDocsIsMadeFromTheResultsInDocs() throws IOException {
        // Given
        var checkout = Path.of(System.getProperty("saccade.root", "..")).toAbsolutePath();
        if (Boolean.getBoolean("saccade.write")) {
            Files.writeString(Guarantees.page(checkout), Guarantees.render(checkout));
        }

        // Then
        assertThat(Files.readString(Guarantees.page(checkout))).isEqualTo(Guarantees.render(checkout));
    }

    private static Run run(String fault, int images, List<Violation> violations) {
        return new Run(fault, 7, images, Duration.ofSeconds(1), violations, "", Map.of("sent", "all"));
    }
}
