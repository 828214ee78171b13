package io.saccade.vision;

import static java.util.Objects.requireNonNull;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Map;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.jspecify.annotations.Nullable;

/**
 * Remembers, through the death of the process, which pictures were being decoded when it died. The file is mapped: what was
 * written is the kernel's, so it outlives {@code kill -9} and a fault in a native library without a write being forced. (It
 * does not outlive the machine, and need not: a machine does not die of a picture.)
 *
 * <p>A digest that is left behind is a suspect, no more: others were being decoded beside it, and most processes are killed
 * from outside. So after one death a picture is decoded in the JVM, whatever the setting; only after a second one is it
 * refused. The file holds {@value #SLOTS} pictures at work and the last {@value #SUSPECTS} suspects, digests and counts only.
 *
 * <p>Thread-safe. A folder serves several processes: each takes the first file no living process holds.
 */
public final class CrashJournal implements AutoCloseable {
    private static final int SLOTS = 64;
    private static final int SUSPECTS = 256;
    private static final int MOST_FILES = 64;
    private static final int DIGEST = 32;
    private static final int ENTRY = 40;
    private static final int HEADER = 64;
    private static final int SIZE = HEADER + (SLOTS + SUSPECTS) * ENTRY;
    private static final long MAGIC = 0x5341434A4F55524EL;
    private static final int NEXT = 8;
    private static final ValueLayout.OfLong NUMBER = ValueLayout.JAVA_LONG_UNALIGNED;
    private static final VarHandle STATE = ValueLayout.JAVA_INT.varHandle();

    private final FileChannel channel;
    private final MemorySegment memory;
    private final Map<String, Integer> deaths = new HashMap<>();
    private final ConcurrentLinkedQueue<Integer> freeSlots = new ConcurrentLinkedQueue<>();
    private final int leftBehind;
    private boolean closed;

    private CrashJournal(FileChannel channel) throws IOException {
        this.channel = channel;
        this.memory = channel.map(FileChannel.MapMode.READ_WRITE, 0, SIZE, Arena.ofAuto());
        if (memory.get(NUMBER, 0) != MAGIC) {
            memory.fill((byte) 0);
            memory.set(NUMBER, 0, MAGIC);
        }
        this.leftBehind = takeOver();
    }

    /**
     * Opens the first free journal of a folder, which is made if need be, for this user alone.
     *
     * @throws IOException if the folder cannot be made or written, belongs to another user, or all its files are held
     */
    public static CrashJournal open(Path folder) throws IOException {
        requireNonNull(folder, "folder");
        if (!Files.isDirectory(folder, LinkOption.NOFOLLOW_LINKS)) {
            Path parent = folder.toAbsolutePath().getParent();
            if (parent != null) {
                Files.createDirectories(parent);
            }
            if (folder.getFileSystem().supportedFileAttributeViews().contains("posix")) {
                Files.createDirectory(
                        folder, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
            } else {
                Files.createDirectory(folder);
            }
        }
        for (int number = 0; number < MOST_FILES; number++) {
            var channel = FileChannel.open(
                    folder.resolve("decoding-" + number),
                    StandardOpenOption.CREATE,
                    StandardOpenOption.READ,
                    StandardOpenOption.WRITE,
                    LinkOption.NOFOLLOW_LINKS);
            CrashJournal journal = tryOpen(channel);
            if (journal != null) {
                return journal;
            }
        }
        throw new IOException("all " + MOST_FILES + " journals of the folder are held by living processes");
    }

    private static @Nullable CrashJournal tryOpen(FileChannel channel) throws IOException {
        try {
            FileLock lock = channel.tryLock();
            if (lock != null) {
                return new CrashJournal(channel);
            }
        } catch (OverlappingFileLockException _) {
            // Held by this process: the next file.
        } catch (IOException | RuntimeException e) {
            channel.close();
            throw e;
        }
        channel.close();
        return null;
    }

    /** Pictures that were being decoded when the process before died. */
    public int leftBehind() {
        return leftBehind;
    }

    /** How often a process died while it decoded this picture: 0, 1, or more. */
    int deaths(byte[] sha256) {
        return deaths.getOrDefault(HexFormat.of().formatHex(sha256), 0);
    }

    /**
     * Writes down that a picture is being decoded.
     *
     * @param sha256 digest of its bytes
     * @return what to give to {@link #end}, or -1 where more than {@value #SLOTS} are decoded at once: then it is not written
     */
    int begin(byte[] sha256) {
        Integer slot = freeSlots.poll();
        if (slot == null) {
            return -1;
        }
        long at = slot(slot);
        MemorySegment.copy(sha256, 0, memory, ValueLayout.JAVA_BYTE, at + 8, DIGEST);
        // Last, so that a slot in use always holds its digest.
        STATE.setRelease(memory, at, 1);
        return slot;
    }

    /** The picture is decoded, or refused: the process lives. */
    void end(int slot) {
        if (slot >= 0) {
            STATE.setRelease(memory, slot(slot), 0);
            freeSlots.add(slot);
        }
    }

    /** Moves the digests that a dead process left to the suspects, and reads the suspects. */
    private int takeOver() {
        int found = 0;
        for (int slot = 0; slot < SLOTS; slot++) {
            long at = slot(slot);
            if (memory.get(ValueLayout.JAVA_INT, at) != 0) {
                found++;
                accuse(at + 8);
                memory.set(ValueLayout.JAVA_INT, at, 0);
            }
            freeSlots.add(slot);
        }
        for (int suspect = 0; suspect < SUSPECTS; suspect++) {
            long at = suspect(suspect);
            int count = memory.get(ValueLayout.JAVA_INT, at);
            if (count > 0) {
                byte[] digest = memory.asSlice(at + 8, DIGEST).toArray(ValueLayout.JAVA_BYTE);
                deaths.merge(HexFormat.of().formatHex(digest), count, Math::max);
            }
        }
        return found;
    }

    private void accuse(long digest) {
        for (int suspect = 0; suspect < SUSPECTS; suspect++) {
            long at = suspect(suspect);
            int count = memory.get(ValueLayout.JAVA_INT, at);
            if (count > 0 && memory.asSlice(at + 8, DIGEST).mismatch(memory.asSlice(digest, DIGEST)) < 0) {
                memory.set(ValueLayout.JAVA_INT, at, Math.min(count + 1, 1000));
                return;
            }
        }
        int next = Math.floorMod(memory.get(ValueLayout.JAVA_INT, NEXT), SUSPECTS);
        long at = suspect(next);
        memory.asSlice(at + 8, DIGEST).copyFrom(memory.asSlice(digest, DIGEST));
        memory.set(ValueLayout.JAVA_INT, at, 1);
        memory.set(ValueLayout.JAVA_INT, NEXT, (next + 1) % SUSPECTS);
    }

    private static long slot(int slot) {
        return HEADER + (long) slot * ENTRY;
    }

    private static long suspect(int suspect) {
        return HEADER + (long) (SLOTS + suspect) * ENTRY;
    }

    /**
     * Lets another process have the file. A picture that is still being decoded is no longer written down.
     *
     * @throws UncheckedIOException if the file cannot be closed
     */
    @Override
    public synchronized void close() {
        if (closed) {
            return;
        }
        closed = true;
        try {
            // The memory stays mapped until nobody decodes any more and the collector finds it.
            channel.close();
        } catch (IOException e) {
            throw new UncheckedIOException("the journal of pictures at work cannot be closed", e);
        }
    }
}
