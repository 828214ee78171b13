package io.saccade.faults.lab;

import io.saccade.testkit.Folders;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.concurrent.TimeUnit;

/**
 * A folder on a small disk of its own, in memory, which can be filled to the last byte. What lies in the folder comes along
 * when the disk is put under it and stays when it is taken away; whoever has files open there must not run meanwhile.
 */
public final class SmallDisk implements AutoCloseable {

    private static final String FILLER = "filler";
    private static final int CHUNK = 1 << 20;

    private final Path folder;
    private boolean mounted;

    private SmallDisk(Path folder) {
        this.folder = folder;
    }

    /**
     * Puts a disk under a folder.
     *
     * @param room bytes beyond what lies there
     */
    public static SmallDisk under(Path folder, long room) throws IOException {
        Files.createDirectories(folder);
        var disk = new SmallDisk(folder);
        var aside = folder.resolveSibling(folder.getFileName() + ".aside");
        copy(folder, aside);
        mount(folder, size(folder) * 5 / 4 + room);
        disk.mounted = true;
        copy(aside, folder);
        Folders.delete(aside);
        return disk;
    }

    /** Whether this system lets us: it takes Linux, root, and a container that may mount. */
    public static boolean isPossible() {
        try {
            var probe = Files.createTempDirectory("saccade-disk");
            try {
                mount(probe, CHUNK);
                unmount(probe);
                return true;
            } finally {
                Files.delete(probe);
            }
        } catch (IOException e) {
            return false;
        }
    }

    /** Writes until nothing more fits. */
    public void fill() throws IOException {
        var zeros = ByteBuffer.allocate(CHUNK);
        try (var file =
                FileChannel.open(folder.resolve(FILLER), StandardOpenOption.CREATE, StandardOpenOption.APPEND)) {
            for (int size = CHUNK; size > 0; ) {
                zeros.clear().limit(size);
                try {
                    while (zeros.hasRemaining()) {
                        file.write(zeros);
                    }
                } catch (IOException e) {
                    size /= 2; // what is left is smaller than this
                }
            }
        }
    }

    /** Takes away what {@link #fill} wrote. */
    public void free() throws IOException {
        Files.deleteIfExists(folder.resolve(FILLER));
    }

    /** Takes the disk away; what lies on it is kept in the folder. */
    @Override
    public void close() throws IOException {
        if (!mounted) {
            return;
        }
        free();
        var aside = folder.resolveSibling(folder.getFileName() + ".aside");
        copy(folder, aside);
        unmount(folder);
        mounted = false;
        copy(aside, folder);
        Folders.delete(aside);
    }

    private static void mount(Path folder, long bytes) throws IOException {
        command("mount", "-t", "tmpfs", "-o", "size=" + bytes, "saccade-faults", folder.toString());
    }

    private static void unmount(Path folder) throws IOException {
        command("umount", folder.toString());
    }

    private static void command(String... words) throws IOException {
        var process = new ProcessBuilder(words)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
        try {
            if (!process.waitFor(30, TimeUnit.SECONDS) || process.exitValue() != 0) {
                process.destroyForcibly();
                throw new IOException("'" + String.join(" ", words) + "' failed");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
    }

    private static long size(Path folder) throws IOException {
        try (var files = Files.walk(folder)) {
            return files.filter(Files::isRegularFile)
                    .mapToLong(file -> file.toFile().length())
                    .sum();
        }
    }

    private static void copy(Path from, Path to) throws IOException {
        Files.walkFileTree(from, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult preVisitDirectory(Path dir, BasicFileAttributes attributes) throws IOException {
                Files.createDirectories(to.resolve(from.relativize(dir)));
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                Files.copy(file, to.resolve(from.relativize(file)), java.nio.file.StandardCopyOption.REPLACE_EXISTING);
                return FileVisitResult.CONTINUE;
            }
        });
    }
}
