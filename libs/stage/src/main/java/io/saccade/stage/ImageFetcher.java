package io.saccade.stage;

import io.saccade.contract.EventIds;
import io.saccade.contract.event.Failure;
import io.saccade.contract.event.ImageRef;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;

/**
 * Reads the bytes an event points to: inline, or a {@code file:} below a configured root. Every path is resolved to
 * what it really is before it is compared, so neither {@code ..} nor a link leads out.
 */
public final class ImageFetcher {

    private final List<Path> givenRoots;
    private final List<Path> roots;
    private final long maxBytes;

    /**
     * Checks the roots.
     *
     * @param roots    folders below which files may be read; none forbids {@code file:}
     * @param maxBytes largest file
     * @throws IllegalArgumentException if a root is no folder
     */
    public ImageFetcher(List<Path> roots, long maxBytes) {
        this.givenRoots =
                roots.stream().map(root -> root.toAbsolutePath().normalize()).toList();
        this.roots = roots.stream().map(ImageFetcher::real).toList();
        this.maxBytes = maxBytes;
    }

    /** What came of it. */
    public sealed interface Fetched {

        /** The file's bytes and their digest. */
        record Bytes(byte[] encoded, String sha256) implements Fetched {}

        /** They cannot or must not be read. */
        record Refused(Failure reason) implements Fetched {}
    }

    /** Reads, verifies the digest when one is given, and records it. May block. */
    public Fetched fetch(ImageRef image) {
        var inline = image.inline();
        if (inline != null) {
            return verified(inline.array(), image);
        }
        URI uri = java.util.Objects.requireNonNull(image.uri(), "uri");
        if (!"file".equalsIgnoreCase(uri.getScheme())) {
            return refused(
                    "fetch.scheme_unsupported",
                    "an image must come inline or by file:, got the scheme '" + uri.getScheme() + "'");
        }
        return readFile(uri, image);
    }

    private Fetched readFile(URI uri, ImageRef image) {
        try {
            var named = Path.of(uri).normalize();
            // Before the file system is asked: outside the roots, whether a file exists is nobody's business.
            if (!below(givenRoots, named) && !below(roots, named)) {
                return forbidden();
            }
            var path = named.toRealPath();
            if (!below(roots, path)) {
                return forbidden();
            }
            long size = Files.size(path);
            if (!Files.isRegularFile(path)) {
                return refused("fetch.not_a_file", "the image's URI must name a regular file, and it does not");
            }
            if (size > maxBytes) {
                return tooLarge(size);
            }
            try (InputStream in = Files.newInputStream(path)) {
                var bytes = in.readNBytes((int) Math.min(Integer.MAX_VALUE - 8L, maxBytes + 1));
                return bytes.length > maxBytes ? tooLarge(bytes.length) : verified(bytes, image);
            }
        } catch (NoSuchFileException e) {
            return refused("fetch.not_found", "there is no such file");
        } catch (IOException e) {
            return refused(
                    "fetch.failed",
                    "the file could not be read: " + e.getClass().getSimpleName());
        } catch (IllegalArgumentException | java.nio.file.FileSystemNotFoundException e) {
            return refused("fetch.bad_uri", "a file URI must look like file:///folder/picture.jpg, and this does not");
        }
    }

    private static boolean below(List<Path> roots, Path path) {
        return roots.stream().anyMatch(path::startsWith);
    }

    private static Fetched verified(byte[] bytes, ImageRef image) {
        var sha256 = EventIds.sha256(bytes);
        var expected = image.sha256();
        if (expected != null && !expected.equals(sha256)) {
            return refused(
                    "fetch.digest_mismatch",
                    "the bytes must have the SHA-256 " + expected + " of the event, but they have " + sha256);
        }
        return new Fetched.Bytes(bytes, sha256);
    }

    private Fetched tooLarge(long size) {
        return refused("image.too_large", "an image may have at most " + maxBytes + " bytes, got " + size);
    }

    private static Fetched forbidden() {
        return refused("fetch.path_forbidden", "files may be read only below the folders of saccade.images.file-roots");
    }

    private static Fetched refused(String code, String message) {
        return new Fetched.Refused(new Failure(code, message, false));
    }

    private static Path real(Path root) {
        try {
            return root.toRealPath();
        } catch (IOException | InvalidPathException e) {
            throw new IllegalArgumentException(
                    "saccade.images.file-roots must name folders that exist, got " + root, e);
        }
    }
}
