package io.saccade.sources;

import io.saccade.contract.EventIds;
import io.saccade.guard.FetchCode;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemNotFoundException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;

/**
 * Reads a {@code file:} below a configured root. Every path is resolved to what it really is before it is compared, so
 * neither {@code ..} nor a link leads out. Between the check and the read a link can still be changed by whoever may write
 * below a root: roots are folders whose writers are trusted not to.
 */
final class FileSource implements ImageSource {

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
    FileSource(List<Path> roots, long maxBytes) {
        this.givenRoots =
                roots.stream().map(root -> root.toAbsolutePath().normalize()).toList();
        this.roots = roots.stream().map(FileSource::real).toList();
        this.maxBytes = maxBytes;
    }

    @Override
    public Fetched fetch(Wanted wanted) {
        try {
            var named = Path.of(wanted.uri()).normalize();
            // Before the file system is asked: outside the roots, whether a file exists is nobody's business.
            if (!below(givenRoots, named) && !below(roots, named)) {
                return forbidden();
            }
            var path = named.toRealPath();
            if (!below(roots, path)) {
                return forbidden();
            }
            if (!Files.isRegularFile(path)) {
                return Fetched.refused(
                        SourceCode.NOT_A_FILE, "the image's URI must name a regular file, and it does not");
            }
            long size = Files.size(path);
            if (size > maxBytes) {
                return tooLarge(maxBytes, size);
            }
            try (InputStream in = Files.newInputStream(path)) {
                var bytes = in.readNBytes((int) Math.min(Integer.MAX_VALUE - 8L, maxBytes + 1));
                return bytes.length > maxBytes
                        ? tooLarge(maxBytes, bytes.length)
                        : new Fetched.Bytes(bytes, EventIds.sha256(bytes));
            }
        } catch (NoSuchFileException e) {
            return Fetched.refused(FetchCode.NOT_FOUND, "there is no such file");
        } catch (AccessDeniedException e) {
            return Fetched.refused(FetchCode.ACCESS_DENIED, "the file is there, but the services may not read it");
        } catch (IOException e) {
            return Fetched.failed(
                    FetchCode.BROKEN_OFF,
                    "the file could not be read: " + e.getClass().getSimpleName(),
                    Fetched.Blame.HOST);
        } catch (IllegalArgumentException | FileSystemNotFoundException e) {
            return Fetched.refused(
                    FetchCode.BAD_URI, "a file URI must look like file:///folder/picture.jpg, and this does not");
        }
    }

    static Fetched.Refused tooLarge(long maxBytes, long size) {
        return Fetched.refused(
                FetchCode.TOO_LARGE, "an image may have at most " + maxBytes + " bytes, got " + size + " or more");
    }

    private static boolean below(List<Path> roots, Path path) {
        return roots.stream().anyMatch(path::startsWith);
    }

    private static Fetched forbidden() {
        return Fetched.refused(
                SourceCode.PATH_FORBIDDEN, "files may be read only below the folders of saccade.images.file-roots");
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
