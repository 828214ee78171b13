package io.saccade.faults;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.saccade.cli.stack.Installation;
import io.saccade.faults.lab.Lab;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;

/**
 * One fault of each kind, as part of {@code ./saccade test}: how often, and whether at all, is set in this module's pom.
 *
 * <p>Only I1, I2, I3 and I7 are decided. Times are measured and printed: a busy machine is slow, and still may lose nothing.
 * So a stack gets ten minutes to come to rest after each fault, and a few faults may miss their moment, since too little
 * flowed to break it in the middle of; but ten at least must have been played to their end.
 */
@EnabledIfSystemProperty(
        named = "saccade.faults",
        matches = "smoke",
        disabledReason = "needs 3 GB and minutes: run it with -Dsaccade.faults=smoke, or as './saccade faults smoke'")
class FaultsST {

    private static final long SEED = 1;
    private static final Duration PATIENCE = Duration.ofMinutes(10);
    private static final int LEAST_PLAYED = 10;

    @TempDir
    Path home;

    @Test
    void keepsEveryPromiseThroughOneFaultOfEachKind() throws Exception {
        var root = Path.of(System.getProperty("saccade.root", "..")).toAbsolutePath();
        var installation = new Installation(root, Path.of(System.getProperty("java.home"), "bin", "java"));
        assumeThat(installation.missing(false))
                .as("the services, which a build of this module alone does not make")
                .isEmpty();
        int images = Integer.getInteger("saccade.faults.images", 500);
        var broken = new ArrayList<String>();
        var played = new ArrayList<String>();
        try (var lab = Lab.open(home, installation, 3, SEED, 0)) {
            for (var id : Catalogue.SMOKE) {
                var run = Run.play(Catalogue.find(id).orElseThrow(), lab, images, SEED, PATIENCE, System.out::println);
                var story = id + " after " + Catalogue.seconds(run.took()) + "\n" + String.join("\n", run.verdicts());
                System.out.println(story);
                if (!run.violations().isEmpty()) {
                    broken.add(story);
                }
                if (run.trouble().isEmpty()) {
                    played.add(id);
                }
            }
        }
        assertThat(broken).isEmpty();
        assertThat(played).hasSizeGreaterThanOrEqualTo(LEAST_PLAYED);
    }
}
