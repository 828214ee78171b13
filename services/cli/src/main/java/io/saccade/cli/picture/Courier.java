package io.saccade.cli.picture;

import io.saccade.cli.CliException;
import io.saccade.contract.EventIds;
import io.saccade.contract.event.ImageRef;
import io.saccade.contract.event.ImageSubmitted;
import io.saccade.contract.event.InlineBytes;
import io.saccade.contract.event.Priority;
import io.saccade.contract.event.Question;
import io.saccade.contract.event.Task;
import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Makes events of files and addresses: small files travel inside, large ones as a copy that the services of this machine may read. */
public final class Courier {

    /** Base64 makes a third more of it: so a broker's default limit of 1 MiB still holds. */
    public static final int MAX_INLINE_BYTES = 700 * 1024;

    /** Attribute of the answer that tells which file it is about. */
    public static final String FILE = "file";

    private static final Pattern ADDRESS = Pattern.compile("(https?|s3|file|data):", Pattern.CASE_INSENSITIVE);

    private final ImageIds ids;
    private final @Nullable Path spool;

    /**
     * Events with ids of this kind.
     *
     * @param spool where copies go; null when the services are elsewhere and could not read them
     */
    public Courier(ImageIds ids, @Nullable Path spool) {
        this.ids = ids;
        this.spool = spool;
    }

    /**
     * What is asked of each file.
     *
     * @param text      what its source says of it; null for nothing
     * @param questions in a person's words
     * @param tasks     what to find out; empty for everything
     */
    public record Wish(@Nullable String text, List<String> questions, Set<Task> tasks) {

        public Wish {
            questions = List.copyOf(questions);
            tasks = Set.copyOf(tasks);
        }
    }

    /**
     * The event for a file.
     *
     * @throws CliException if it cannot be read, or is too large to travel
     */
    public ImageSubmitted pack(Path file, Wish wish) {
        var name = Optional.ofNullable(file.getFileName()).map(Path::toString).orElse("");
        var id = ids.of(name);
        return new ImageSubmitted(
                id,
                "default",
                image(file, id, name),
                wish.text(),
                questions(wish.questions()),
                wish.tasks(),
                null,
                Priority.LIVE,
                Map.of(FILE, name),
                Instant.now());
    }

    /** Whether a person means an address rather than a path. */
    public static boolean isAddress(String text) {
        return ADDRESS.matcher(text).lookingAt();
    }

    /**
     * The event for an image that the services read themselves; whether they may is theirs to say.
     *
     * @throws CliException if it is no URI
     */
    public ImageSubmitted address(String address, Wish wish) {
        URI uri;
        try {
            uri = new URI(address);
        } catch (URISyntaxException e) {
            throw CliException.usage("an address must be written as a URI, blanks as %20 for one; position "
                    + e.getIndex() + " of '" + shown(address) + "' is not");
        }
        var path = uri.isOpaque() || uri.getPath() == null ? "" : uri.getPath();
        var name = path.substring(path.lastIndexOf('/') + 1);
        return new ImageSubmitted(
                ids.of(name),
                "default",
                ImageRef.at(uri),
                wish.text(),
                questions(wish.questions()),
                wish.tasks(),
                null,
                Priority.LIVE,
                Map.of(FILE, shown(address)),
                Instant.now());
    }

    /** Without a query, which may hold a signature, and no longer than a line. */
    private static String shown(String address) {
        var plain = address.startsWith("data:") ? "data:..." : address.replaceFirst("[?#].*", "");
        return plain.length() > 200 ? plain.substring(0, 200) + "..." : plain;
    }

    private ImageRef image(Path file, String id, String name) {
        try {
            long size = Files.size(file);
            if (size <= MAX_INLINE_BYTES) {
                var bytes = Files.readAllBytes(file);
                return new ImageRef(InlineBytes.of(bytes), null, EventIds.sha256(bytes), null);
            }
            if (spool == null) {
                throw CliException.usage(file + " has " + size + " bytes, but only " + MAX_INLINE_BYTES
                        + " travel inside an event, and this broker is not of a local stack; put the file where the services"
                        + " can read it and submit its address, as docs/guide tells");
            }
            Files.createDirectories(spool);
            int dot = name.lastIndexOf('.');
            var ending = dot > 0 ? name.substring(dot).replaceAll("[^A-Za-z0-9.]", "") : "";
            var copy = spool.resolve(id + ending);
            Files.copy(file, copy);
            return ImageRef.at(copy.toUri());
        } catch (IOException e) {
            throw CliException.missing(file + " cannot be read: " + e.getMessage(), e);
        }
    }

    /**
     * Questions with ids q1, q2 and so on.
     *
     * @throws CliException if one is empty or too long, or there are too many
     */
    public static List<Question> questions(List<String> texts) {
        if (texts.size() > ImageSubmitted.MAX_QUESTIONS) {
            throw CliException.usage(
                    "there may be at most " + ImageSubmitted.MAX_QUESTIONS + " questions, got " + texts.size());
        }
        var questions = new ArrayList<Question>();
        for (var text : texts) {
            try {
                questions.add(new Question("q" + (questions.size() + 1), text.strip()));
            } catch (IllegalArgumentException e) {
                throw CliException.usage(
                        "question " + (questions.size() + 1) + ": " + e.getMessage() + "; give it with --question");
            }
        }
        return questions;
    }
}
