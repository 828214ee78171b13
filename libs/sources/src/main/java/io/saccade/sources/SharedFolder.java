package io.saccade.sources;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.file.StandardOpenOption.CREATE;
import static java.nio.file.StandardOpenOption.WRITE;

import io.saccade.contract.EventIds;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A folder of fetched images that the services of one machine share. A file is written aside and moved into place, so
 * that no reader sees half of one; its digest stands in its first line and is verified at every read. Whoever fetches
 * holds a lock that the operating system gives back when the process dies.
 *
 * <p>The folder is a convenience: when it cannot be read or written, images are fetched as if it were not there. Its
 * bounds are kept by whoever writes, from time to time; between two such times each process can pass them by a sixteenth.
 */
final class SharedFolder {

    private static final Logger LOGGER = LoggerFactory.getLogger(SharedFolder.class);
    private static final Pattern ENTRY = Pattern.compile("[0-9a-f]{64}");
    private static final String MAGIC = "saccade-image/1";
    private static final int HEADER = MAGIC.length() + 1 + 64 + 1 + 20 + 1;
    private static final Duration ABANDONED = Duration.ofHours(1);

    private final Path folder;
    private final Bounds bounds;
    private final Clock clock;
    private final AtomicLong writtenBytes = new AtomicLong();
    private final AtomicLong writtenEntries = new AtomicLong();
    private volatile boolean complained;

    /**
     * How much is kept, and how long.
     *
     * @param bytes   of all files, positive
     * @param entries files, positive
     * @param fresh   how long an image stands for its address when the event gives no digest; with one it never ages
     */
    record Bounds(long bytes, long entries, Duration fresh) {

        public Bounds {
            if (bytes < 1 || entries < 1 || fresh.isNegative()) {
                throw new IllegalArgumentException(
                        "a cache must have at least 1 byte and 1 entry, and no negative age, got " + bytes + ", "
                                + entries + ", " + fresh);
            }
        }
    }

    /**
     * Makes the folder, for its owner alone.
     *
     * @throws IllegalArgumentException if it cannot be made or written
     */
    SharedFolder(Path folder, Bounds bounds, Clock clock) {
        this.folder = folder;
        this.bounds = bounds;
        this.clock = clock;
        try {
            if (!Files.isDirectory(folder)) {
                var parent = folder.toAbsolutePath().getParent();
                if (parent != null) {
                    Files.createDirectories(parent);
                }
                createPrivate(folder);
            }
            if (!Files.isWritable(folder)) {
                throw new IllegalArgumentException(
                        "saccade.images.cache.folder must name a folder that can be written, got " + folder);
            }
        } catch (IOException e) {
            throw new IllegalArgumentException(
                    "saccade.images.cache.folder must name a folder that can be made, got " + folder, e);
        }
    }

    private static void createPrivate(Path folder) throws IOException {
        try {
            Files.createDirectory(
                    folder, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        } catch (UnsupportedOperationException e) {
            Files.createDirectory(folder); // a file system without such permissions
        } catch (java.nio.file.FileAlreadyExistsException e) {
            // Another service was faster.
        }
    }

    /** What is kept under a key, if it is fresh enough and still what was written. */
    Optional<Fetched.Bytes> read(CacheKey key) {
        var file = folder.resolve(key.name());
        try {
            var all = Files.readAllBytes(file);
            var header = Header.parse(all);
            var encoded = Arrays.copyOfRange(all, Math.min(HEADER, all.length), all.length);
            var sha256 = EventIds.sha256(encoded);
            if (header == null || !sha256.equals(header.sha256())) {
                Files.deleteIfExists(file);
                LOGGER.atWarn().addKeyValue("file", key.name()).log("a cached image was damaged and is fetched again");
                return Optional.empty();
            }
            if (key.sha256() == null ? stale(header.stored()) : !key.sha256().equals(sha256)) {
                return Optional.empty();
            }
            touch(file);
            return Optional.of(new Fetched.Bytes(encoded, sha256));
        } catch (NoSuchFileException e) {
            return Optional.empty();
        } catch (IOException e) {
            complain(e);
            return Optional.empty();
        }
    }

    private boolean stale(Instant stored) {
        var age = Duration.between(stored, clock.instant());
        return age.isNegative() || age.compareTo(bounds.fresh()) > 0;
    }

    /** The time of its last use decides what goes first. */
    private void touch(Path file) {
        try {
            Files.setLastModifiedTime(file, FileTime.from(clock.instant()));
        } catch (IOException e) {
            // Swept away by another service a moment ago; the bytes are had.
        }
    }

    /** Keeps an image; larger than the whole folder may be, it is not kept. */
    void write(CacheKey key, Fetched.Bytes image) {
        long size = image.encoded().length + (long) HEADER;
        if (size > bounds.bytes() / 4) {
            return;
        }
        Path aside = null;
        try {
            aside = Files.createTempFile(folder, "aside-", ".tmp");
            try (var out = Files.newOutputStream(aside)) {
                out.write(new Header(image.sha256(), clock.instant()).line());
                out.write(image.encoded());
            }
            Files.setLastModifiedTime(aside, FileTime.from(clock.instant()));
            Files.move(aside, folder.resolve(key.name()), StandardCopyOption.ATOMIC_MOVE);
            aside = null;
            long bytes = writtenBytes.addAndGet(size);
            long entries = writtenEntries.incrementAndGet();
            if (bytes >= bounds.bytes() / 16 || entries >= bounds.entries() / 16) {
                writtenBytes.addAndGet(-bytes);
                writtenEntries.addAndGet(-entries);
                sweep();
            }
        } catch (IOException | UncheckedIOException e) {
            complain(e);
        } finally {
            deleteQuietly(aside);
        }
    }

    /** The lock of a key, or empty while another thread or process has it. Never waits. */
    Optional<Lock> lock(CacheKey key) {
        var file = folder.resolve(key.name() + ".lock");
        FileChannel channel = null;
        boolean locked = false;
        try {
            channel = FileChannel.open(file, CREATE, WRITE);
            locked = channel.tryLock() != null;
            return locked ? Optional.of(new Lock(file, channel)) : Optional.empty();
        } catch (OverlappingFileLockException e) {
            return Optional.empty();
        } catch (IOException e) {
            complain(e);
            return Optional.of(new Lock(file, null)); // without a folder nobody need wait for anybody
        } finally {
            if (!locked) {
                closeQuietly(channel);
            }
        }
    }

    /** The right to fetch what all wait for. */
    record Lock(Path file, @Nullable FileChannel channel) implements AutoCloseable {

        /** Gives it back. Who opened the file before it went gets a lock that no one else sees, and fetches once more. */
        @Override
        public void close() {
            if (channel != null) {
                deleteQuietly(file);
                closeQuietly(channel);
            }
        }
    }

    /** Removes what was used longest ago until the folder is at three quarters of its bounds, and what a crash left. */
    void sweep() throws IOException {
        record Entry(Path file, long size, Instant used) {}
        var entries = new ArrayList<Entry>();
        var now = clock.instant();
        try (var files = Files.newDirectoryStream(folder)) {
            for (var file : files) {
                try {
                    var used = Files.getLastModifiedTime(file).toInstant();
                    if (ENTRY.matcher(file.getFileName().toString()).matches()) {
                        entries.add(new Entry(file, Files.size(file), used));
                    } else if (Duration.between(used, now).compareTo(ABANDONED) > 0) {
                        Files.deleteIfExists(file);
                    }
                } catch (NoSuchFileException e) {
                    // Gone meanwhile, which is what was wanted.
                }
            }
        }
        long bytes = entries.stream().mapToLong(Entry::size).sum();
        long count = entries.size();
        entries.sort(Comparator.comparing(Entry::used));
        for (var entry : entries) {
            if (bytes <= bounds.bytes() / 4 * 3 && count <= bounds.entries() * 3 / 4) {
                return;
            }
            Files.deleteIfExists(entry.file());
            bytes -= entry.size();
            count--;
        }
    }

    private void complain(Exception e) {
        if (!complained) {
            complained = true;
            LOGGER.atWarn()
                    .addKeyValue("folder", folder)
                    .addKeyValue("error", e.getClass().getSimpleName())
                    .log("the image cache cannot be used; images are fetched without it");
        }
    }

    private static void deleteQuietly(@Nullable Path file) {
        if (file != null) {
            try {
                Files.deleteIfExists(file);
            } catch (IOException e) {
                // The next sweep takes it.
            }
        }
    }

    private static void closeQuietly(@Nullable FileChannel channel) {
        if (channel != null) {
            try {
                channel.close();
            } catch (IOException e) {
                // Nothing was written through it.
            }
        }
    }

    /** The first line of a file, of fixed length. */
    private record Header(String sha256, Instant stored) {

        private static final Pattern LINE = Pattern.compile(Pattern.quote(MAGIC) + " ([0-9a-f]{64}) ([0-9]{20})\n");

        byte[] line() {
            return "%s %s %020d\n"
                    .formatted(MAGIC, sha256, stored.toEpochMilli())
                    .getBytes(US_ASCII);
        }

        static @Nullable Header parse(byte[] file) {
            var matcher = LINE.matcher(new String(file, 0, Math.min(HEADER, file.length), US_ASCII));
            return matcher.matches()
                    ? new Header(matcher.group(1), Instant.ofEpochMilli(Long.parseLong(matcher.group(2))))
                    : null;
        }
    }
}
