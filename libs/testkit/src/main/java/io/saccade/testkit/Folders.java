package io.saccade.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;

/** Folders of tests and benchmarks. */
public final class Folders {

    private Folders() {}

    /**
     * Deletes a folder with all that is in it, following no link; does nothing if it is not there.
     *
     * @throws UncheckedIOException if something of it remains
     */
    public static void delete(Path folder) {
        if (!Files.exists(folder)) {
            return;
        }
        try (var entries = Files.walk(folder)) {
            for (var entry : entries.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(entry);
            }
        } catch (IOException e) {
            throw new UncheckedIOException("could not delete " + folder, e);
        }
    }
}
