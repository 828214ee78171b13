package io.saccade.system;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Where things lie in this checkout. */
final class Repository {

    static final Path ROOT =
            Path.of(System.getProperty("saccade.root", "..")).toAbsolutePath().normalize();

    private Repository() {}

    static Path path(String relative) {
        return ROOT.resolve(relative);
    }

    /** The class path of a module that is no Quarkus service: its jar and what lies beside it. */
    static String classPath(String module) {
        var target = path(module).resolve("target");
        try (var jars = Files.list(target)) {
            var jar = jars.filter(file -> file.getFileName().toString().matches("saccade-[a-z-]+-[0-9].*\\.jar"))
                    .findFirst()
                    .orElseThrow(() -> new AssertionError(module + " is not built; run ./saccade build"));
            return jar + ":" + target.resolve("lib") + "/*";
        } catch (IOException e) {
            throw new UncheckedIOException(module + " is not built; run ./saccade build", e);
        }
    }

    static Path java() {
        return Path.of(System.getProperty("java.home"), "bin", "java");
    }
}
