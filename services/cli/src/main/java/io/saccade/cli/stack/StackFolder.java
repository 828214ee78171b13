package io.saccade.cli.stack;

import io.saccade.cli.CliException;
import java.nio.file.Path;
import java.util.regex.Pattern;

/**
 * Where a stack keeps what is its own. Deleting the folder of a stopped stack forgets it.
 *
 * @param name letters, digits, '.', '_' and '-', at most 40
 * @param path absolute
 */
public record StackFolder(String name, Path path) {

    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,39}");

    public StackFolder {
        if (!NAME.matcher(name).matches()) {
            throw CliException.usage("a stack's name must be 1 to 40 letters, digits, '.', '_' or '-', got '" + name
                    + "'; give another with --name");
        }
        path = path.toAbsolutePath().normalize();
    }

    /** The folder of a stack below a home. */
    public static StackFolder of(Path home, String name) {
        var folder = new StackFolder(name, home);
        return new StackFolder(name, folder.path().resolve(name));
    }

    /** What runs, for {@code status} and {@code down}. */
    public Path state() {
        return path.resolve("state.json");
    }

    /** Held by the supervisor as long as it lives. */
    public Path lock() {
        return path.resolve("lock");
    }

    /** One file per process. */
    public Path logs() {
        return path.resolve("logs");
    }

    /** The log of a process. */
    public Path log(String process) {
        return logs().resolve(process + ".log");
    }

    /** The broker's data. */
    public Path kafka() {
        return path.resolve("kafka");
    }

    /** Images too large for an event; services may read them from here. */
    public Path spool() {
        return path.resolve("spool");
    }

    /** The joiner's state, which it can rebuild. */
    public Path joiner() {
        return path.resolve("joiner");
    }
}
