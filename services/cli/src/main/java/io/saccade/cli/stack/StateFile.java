package io.saccade.cli.stack;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.datatype.jsr310.JavaTimeModule;
import io.saccade.cli.CliException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Optional;

/** A stack's state on disk. A reader sees one state or the next, never half of one. */
public final class StateFile {

    private static final ObjectMapper JSON = JsonMapper.builder()
            .addModule(new JavaTimeModule())
            .disable(SerializationFeature.WRITE_DATES_AS_TIMESTAMPS)
            .enable(SerializationFeature.INDENT_OUTPUT)
            .build();

    private final Path path;

    /** The file at a path, which need not exist. */
    public StateFile(Path path) {
        this.path = path;
    }

    /** Replaces what is there. */
    public void write(StackState state) throws IOException {
        var next = path.resolveSibling(path.getFileName() + ".next");
        Files.write(next, JSON.writeValueAsBytes(state));
        Files.move(next, path, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }

    /**
     * What is there.
     *
     * @throws CliException if it cannot be read
     */
    public Optional<StackState> read() {
        try {
            return Optional.of(JSON.readValue(Files.readAllBytes(path), StackState.class));
        } catch (NoSuchFileException e) {
            return Optional.empty();
        } catch (JacksonException e) {
            throw CliException.missing(
                    path + " is no state of this version; make sure that no process of the stack runs, then delete it",
                    e);
        } catch (IOException e) {
            throw CliException.missing("could not read " + path + ": " + e.getMessage(), e);
        }
    }

    /** Forgets the stack. */
    public void delete() throws IOException {
        Files.deleteIfExists(path);
    }
}
