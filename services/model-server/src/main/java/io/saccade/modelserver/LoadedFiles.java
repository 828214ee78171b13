package io.saccade.modelserver;

import com.google.protobuf.ByteString;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.Map;
import java.util.stream.Stream;

/** The files of a model that came with the request to load it, as a folder for as long as the model is being loaded. */
final class LoadedFiles implements AutoCloseable {
    private final Path folder;

    private LoadedFiles(Path folder) {
        this.folder = folder;
    }

    /**
     * Writes the files.
     *
     * @param files by their path in the folder of the model
     * @throws IOException if one would lie elsewhere, or cannot be written
     */
    static LoadedFiles write(Map<String, ByteString> files) throws IOException {
        var written = new LoadedFiles(Files.createTempDirectory("saccade-model-"));
        boolean complete = false;
        try {
            for (var file : files.entrySet()) {
                written.write(file.getKey(), file.getValue());
            }
            complete = true;
            return written;
        } finally {
            if (!complete) {
                written.close();
            }
        }
    }

    private void write(String name, ByteString bytes) throws IOException {
        Path file;
        try {
            file = folder.resolve(name.replaceFirst("^/+", "")).normalize();
        } catch (InvalidPathException e) {
            throw new IOException("'" + name + "' is no path: " + e.getReason(), e);
        }
        if (!file.startsWith(folder) || file.equals(folder)) {
            throw new IOException("'" + name + "' is no path of a file in the folder of a model");
        }
        Files.createDirectories(file.getParent());
        try (var out = Files.newOutputStream(file)) {
            bytes.writeTo(out);
        }
    }

    Path folder() {
        return folder;
    }

    @Override
    public void close() throws IOException {
        try (Stream<Path> entries = Files.walk(folder)) {
            for (Path entry : entries.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(entry);
            }
        }
    }
}
