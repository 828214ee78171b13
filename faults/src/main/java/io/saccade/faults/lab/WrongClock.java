package io.saccade.faults.lab;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * A clock that is wrong, for a process that is yet to start: the library {@code libfaketime}, loaded before all others, answers
 * when the process asks what time it is. The time that only measures how long something takes stays right.
 */
public final class WrongClock {

    private static final String LIBRARY = "libfaketimeMT.so.1";
    private static final Optional<Path> FOUND = find();

    private WrongClock() {}

    /** Whether this machine has the library. */
    public static boolean isHere() {
        return FOUND.isPresent();
    }

    /** A clock that is wrong by so much for as long as the process lives. */
    public static Map<String, String> by(Duration offset) {
        return with(Map.of("FAKETIME", text(offset)));
    }

    /** A clock that is wrong by what a file says, which {@link #set} may change at any time. */
    public static Map<String, String> steppedBy(Path file) {
        return with(Map.of("FAKETIME_TIMESTAMP_FILE", file.toString(), "FAKETIME_CACHE_DURATION", "1"));
    }

    /** Sets the clocks that follow a file; a process sees it within a second. */
    public static void set(Path file, Duration offset) throws IOException {
        Files.writeString(file, text(offset) + "\n");
    }

    private static Map<String, String> with(Map<String, String> settings) {
        var all = new java.util.HashMap<>(settings);
        all.put("LD_PRELOAD", FOUND.orElseThrow().toString());
        all.put("FAKETIME_DONT_FAKE_MONOTONIC", "1");
        all.put("DONT_FAKE_MONOTONIC", "1"); // its name before 0.9.9
        // By itself it takes a timed wait of a JVM, which is by the monotonic clock, for one by the other clock, and
        // ends it at
        // once: every thread that waits for a time then spins.
        all.put("FAKETIME_FORCE_MONOTONIC_FIX", "0");
        return all;
    }

    private static String text(Duration offset) {
        return (offset.isNegative() ? "-" : "+") + offset.abs().toSeconds() + "s";
    }

    private static Optional<Path> find() {
        for (var folder : java.util.List.of(Path.of("/usr/lib"), Path.of("/usr/lib64"), Path.of("/usr/local/lib"))) {
            try (Stream<Path> found = Files.isDirectory(folder)
                    ? Files.find(folder, 3, (path, _) -> path.endsWith(LIBRARY))
                    : Stream.empty()) {
                var library = found.findFirst();
                if (library.isPresent()) {
                    return library;
                }
            } catch (IOException | java.io.UncheckedIOException e) {
                // a folder that may not be read has no library for us
            }
        }
        return Optional.empty();
    }
}
