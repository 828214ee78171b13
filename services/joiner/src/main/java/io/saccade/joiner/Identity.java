package io.saccade.joiner;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.UUID;
import java.util.regex.Pattern;

/**
 * Who this replica is to Kafka, as long as its state lies where it lies. One that was killed and comes back under its name
 * takes its partitions over from itself; under another it would wait until the broker has noticed that the old one is gone.
 * Kafka Streams locks the folder, so that two replicas never have one name.
 */
final class Identity {

    private static final Pattern NAME = Pattern.compile("[a-z0-9-]{1,100}");

    private Identity() {}

    /**
     * The name that is kept in the folder; a new one if there is none, or none that can be used.
     *
     * @throws UncheckedIOException if the folder cannot be read and written
     */
    static String in(Path folder) {
        var file = folder.resolve("replica");
        try {
            Files.createDirectories(folder);
            if (Files.exists(file)) {
                var known = Files.readString(file, StandardCharsets.UTF_8).strip();
                if (NAME.matcher(known).matches()) {
                    return known;
                }
                Files.delete(file); // a crash while it was written
            }
            var name = UUID.randomUUID().toString();
            Files.writeString(file, name + "\n", StandardCharsets.UTF_8);
            return name;
        } catch (IOException e) {
            throw new UncheckedIOException("the state directory " + folder + " must be readable and writable", e);
        }
    }
}
