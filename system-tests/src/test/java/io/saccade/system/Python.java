package io.saccade.system;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;

/** The Python that tests may use, if the machine has one: {@code .ci/run} makes it, {@code ./saccade} does not need it. */
final class Python {

    private Python() {}

    /** An interpreter that has these packages; without one the test is skipped with the reason. */
    static Path with(String... packages) {
        var found =
                candidates().stream().filter(python -> has(python, packages)).findFirst();
        Assumptions.assumeTrue(
                found.isPresent(),
                "no Python with " + String.join(", ", packages)
                        + "; make one with: python3 -m venv .saccade/python && .saccade/python/bin/pip install "
                        + "-r triton-models/sample/requirements-draw.txt -r docs/guide/examples/requirements.txt");
        return found.orElseThrow();
    }

    /** Runs a script and gives what it printed; fails the test when it fails. */
    static String run(Path python, Path script, String... arguments) throws IOException, InterruptedException {
        var command = new ArrayList<>(List.of(python.toString(), script.toString()));
        command.addAll(List.of(arguments));
        var process = new ProcessBuilder(command).redirectErrorStream(true).start();
        var output = new String(process.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
        if (process.waitFor() != 0) {
            throw new AssertionError(script.getFileName() + " failed:\n" + output);
        }
        return output;
    }

    private static List<Path> candidates() {
        var candidates = new ArrayList<Path>();
        Optional.ofNullable(System.getenv("SACCADE_PYTHON")).map(Path::of).ifPresent(candidates::add);
        candidates.add(Repository.path(".saccade/python/bin/python"));
        candidates.add(Path.of("python3"));
        return candidates;
    }

    private static boolean has(Path python, String... packages) {
        if (python.isAbsolute() && !Files.isExecutable(python)) {
            return false;
        }
        try {
            var process = new ProcessBuilder(python.toString(), "-c", "import " + String.join(", ", packages))
                    .redirectErrorStream(true)
                    .start();
            return process.waitFor(60, TimeUnit.SECONDS) && process.exitValue() == 0;
        } catch (IOException e) {
            return false;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }
}
