package io.saccade.faults;

import static org.assertj.core.api.Assertions.assertThat;

import io.saccade.cli.stack.Installation;
import io.saccade.faults.lab.Lab;
import java.nio.file.Path;
import java.util.ArrayList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;

/**
 * The smoke test as part of {@code ./saccade test -Dsaccade.faults=smoke}. Times are measured and not asserted: a busy
 * machine is slow, and still may lose nothing.
 */
@EnabledIfSystemProperty(
        named = "saccade.faults",
        matches = "smoke",
        disabledReason = "needs 3 GB and minutes: run it with -Dsaccade.faults=smoke, or as './saccade faults smoke'")
class FaultsST {

    private static final int IMAGES = 420;

    @TempDir
    Path home;

    @Test
    void keepsEveryPromiseThroughOneFaultOfEachKind() throws Exception {
        var root = Path.of(System.getProperty("saccade.root", "..")).toAbsolutePath();
        var java = Path.of(System.getProperty("java.home"), "bin", "java");
        var broken = new ArrayList<String>();
        try (var lab = Lab.open(home, new Installation(root, java), 3, 1)) {
            for (var id : Catalogue.SMOKE) {
                var run = Run.play(Catalogue.find(id).orElseThrow(), lab, IMAGES, 1);
                if (!run.kept()) {
                    broken.add(id + "\n" + String.join("\n", run.verdicts()));
                }
            }
        }
        assertThat(broken).isEmpty();
    }
}
