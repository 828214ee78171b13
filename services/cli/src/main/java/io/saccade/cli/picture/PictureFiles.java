package io.saccade.cli.picture;

import io.saccade.cli.CliException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;

/** Finds the files a person means. Whether a file is an image is not asked here: the pipeline says that of each. */
public final class PictureFiles {

    private PictureFiles() {}

    /**
     * The files, and those in the folders and their folders, by name; hidden ones in folders are left out.
     *
     * @throws CliException if a path does not exist or cannot be read, or a folder has no file
     */
    public static List<Path> find(Collection<Path> paths) {
        var files = new LinkedHashSet<Path>();
        for (var path : paths) {
            if (Files.isDirectory(path)) {
                var inside = inside(path);
                if (inside.isEmpty()) {
                    throw CliException.usage("folder " + path + " should hold images, but holds no file");
                }
                files.addAll(inside);
            } else if (Files.isRegularFile(path)) {
                files.add(path);
            } else {
                throw CliException.usage("'" + path + "' should be a file or a folder, but "
                        + (Files.exists(path) ? "is neither" : "does not exist"));
            }
        }
        for (var file : files) {
            if (!Files.isReadable(file)) {
                throw CliException.usage("file " + file + " cannot be read; check its permissions");
            }
        }
        return List.copyOf(files);
    }

    private static List<Path> inside(Path folder) {
        try (var entries = Files.walk(folder)) {
            var files = new ArrayList<Path>();
            entries.filter(Files::isRegularFile)
                    .filter(file -> !isHidden(folder.relativize(file)))
                    .sorted()
                    .forEach(files::add);
            return files;
        } catch (IOException | java.io.UncheckedIOException e) {
            throw CliException.missing("folder " + folder + " cannot be read: " + e.getMessage(), e);
        }
    }

    private static boolean isHidden(Path relative) {
        for (var name : relative) {
            if (name.toString().startsWith(".")) {
                return true;
            }
        }
        return false;
    }
}
