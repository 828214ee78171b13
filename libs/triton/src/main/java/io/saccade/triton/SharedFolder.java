package io.saccade.triton;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Files in the folder of the system's shared memory that do not outlive their owner for long. An owner holds the lock on
 * {@code saccade-triton-<token>.lock} as long as it lives, and its regions are {@code saccade-triton-<token>-<number>}. The
 * kernel gives the lock back however a process ends, so whoever gets the lock of another owner knows that it is dead, and
 * removes what it left. Process ids would not do: containers that share the folder need not share their process ids.
 *
 * <p>(The other way, to unlink a file as soon as both sides have it open, is closed: a server opens a region by its name, and
 * again after a restart.)
 */
final class SharedFolder implements AutoCloseable {
    private static final String PREFIX = "saccade-triton-";
    private static final Pattern NAME = Pattern.compile(PREFIX + "([0-9a-f]{32})(\\.lock|-[0-9]+)");
    private static final int CHUNK = 1 << 20;

    /**
     * Owners in this JVM. Their locks must not be tried: POSIX takes all locks of a process on a file away as soon as it closes
     * any of its descriptors of that file.
     */
    private static final Set<String> LIVING_HERE = ConcurrentHashMap.newKeySet();

    private static final SecureRandom RANDOM = new SecureRandom();

    private final Path folder;
    private final String token;
    private final Path lockFile;
    private final FileChannel lock;
    private final AtomicInteger regions = new AtomicInteger();

    private SharedFolder(Path folder, String token, Path lockFile, FileChannel lock) {
        this.folder = folder;
        this.token = token;
        this.lockFile = lockFile;
        this.lock = lock;
    }

    /**
     * A new owner, after those that are dead were swept away.
     *
     * @throws IOException if the folder is not there or cannot be written
     */
    static SharedFolder open(Path folder) throws IOException {
        sweep(folder);
        byte[] random = new byte[16];
        RANDOM.nextBytes(random);
        String token = HexFormat.of().formatHex(random);
        Path lockFile = folder.resolve(PREFIX + token + ".lock");
        LIVING_HERE.add(token);
        FileChannel lock = null;
        boolean isHeld = false;
        try {
            while (lock == null) {
                lock = lockedOrNull(lockFile);
            }
            isHeld = true;
            return new SharedFolder(folder, token, lockFile, lock);
        } finally {
            if (!isHeld) {
                LIVING_HERE.remove(token);
            }
        }
    }

    /** Null if a sweep took the file between its making and its locking. */
    private static @Nullable FileChannel lockedOrNull(Path lockFile) throws IOException {
        FileChannel channel = FileChannel.open(
                lockFile,
                Set.of(StandardOpenOption.CREATE, StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS),
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        boolean isOurs = false;
        try {
            // A sweep removes a file only while it holds the lock: what is there once we hold it stays.
            isOurs = channel.tryLock() != null && Files.exists(lockFile, LinkOption.NOFOLLOW_LINKS);
        } finally {
            if (!isOurs) {
                channel.close();
            }
        }
        return isOurs ? channel : null;
    }

    /** Removes the files of dead owners. */
    private static void sweep(Path folder) throws IOException {
        Set<String> seen = new HashSet<>();
        try (DirectoryStream<Path> files = Files.newDirectoryStream(folder, PREFIX + "*")) {
            for (Path file : files) {
                Matcher name = NAME.matcher(file.getFileName().toString());
                if (name.matches() && !LIVING_HERE.contains(name.group(1)) && seen.add(name.group(1))) {
                    sweep(folder, name.group(1));
                }
            }
        }
    }

    private static void sweep(Path folder, String token) throws IOException {
        Path lockFile = folder.resolve(PREFIX + token + ".lock");
        // Created where it is missing, so that two sweeps do not take what a third owner has just begun.
        try (FileChannel channel = FileChannel.open(
                lockFile, StandardOpenOption.CREATE, StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS)) {
            if (channel.tryLock() == null) {
                return;
            }
            try (DirectoryStream<Path> regions = Files.newDirectoryStream(folder, PREFIX + token + "-*")) {
                for (Path region : regions) {
                    Files.deleteIfExists(region);
                }
            }
            Files.deleteIfExists(lockFile);
        } catch (OverlappingFileLockException _) {
            // Alive: an owner in this JVM, made by another copy of this class.
        } catch (IOException _) {
            // Another user's, which only that user or root may remove.
        }
    }

    /** Whether a region of this name was made by an owner that no longer lives; false for what no owner made. */
    boolean isOfTheDead(String region) {
        Matcher name = NAME.matcher(region);
        if (!name.matches() || LIVING_HERE.contains(name.group(1))) {
            return false;
        }
        Path other = folder.resolve(PREFIX + name.group(1) + ".lock");
        if (!Files.exists(other, LinkOption.NOFOLLOW_LINKS)) {
            return true;
        }
        try (FileChannel channel = FileChannel.open(other, StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS)) {
            return channel.tryLock() != null;
        } catch (IOException | OverlappingFileLockException _) {
            return false;
        }
    }

    /**
     * A new region. Its memory is taken at once: a page that cannot be had when it is first touched would kill the process that
     * touches it, which may be the server.
     *
     * @throws IOException if there is not that much memory
     */
    SharedSlot make(long bytes) throws IOException {
        String name = PREFIX + token + "-" + regions.getAndIncrement();
        Path file = folder.resolve(name);
        boolean isMade = false;
        try (FileChannel channel = FileChannel.open(
                file,
                Set.of(
                        StandardOpenOption.CREATE_NEW,
                        StandardOpenOption.READ,
                        StandardOpenOption.WRITE,
                        LinkOption.NOFOLLOW_LINKS),
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")))) {
            ByteBuffer zeros = ByteBuffer.allocateDirect((int) Math.min(bytes, CHUNK));
            for (long left = bytes; left > 0; ) {
                zeros.clear().limit((int) Math.min(left, CHUNK));
                left -= channel.write(zeros);
            }
            SharedSlot slot = SharedSlot.map(name, file, channel, bytes);
            isMade = true;
            return slot;
        } finally {
            if (!isMade) {
                Files.deleteIfExists(file);
            }
        }
    }

    /** Lets the lock go; the regions have been closed before. */
    @Override
    public void close() {
        try {
            Files.deleteIfExists(lockFile);
        } catch (IOException _) {
            // The next sweep removes it.
        }
        try {
            lock.close();
        } catch (IOException _) {
            // The kernel closes it with the process.
        }
        LIVING_HERE.remove(token);
    }
}
