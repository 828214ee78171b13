package io.saccade.triton;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * A piece of shared memory that carries one call at a time: who has taken it from {@link SharedMemory} has it alone, and gives
 * it back or retires it. Not for several threads at once.
 */
final class SharedSlot {
    private final String name;
    private final Path file;
    private final Arena arena;
    private final MemorySegment memory;

    private SharedSlot(String name, Path file, Arena arena, MemorySegment memory) {
        this.name = name;
        this.file = file;
        this.arena = arena;
        this.memory = memory;
    }

    static SharedSlot map(String name, Path file, FileChannel channel, long bytes) throws IOException {
        Arena arena = Arena.ofShared();
        boolean isMapped = false;
        try {
            var slot = new SharedSlot(name, file, arena, channel.map(FileChannel.MapMode.READ_WRITE, 0, bytes, arena));
            isMapped = true;
            return slot;
        } finally {
            if (!isMapped) {
                arena.close();
            }
        }
    }

    /** How the server shall call the region: the name of its file, which is unique. */
    String name() {
        return name;
    }

    /** What the server shall open, as {@code shm_open} takes it. */
    String key() {
        return "/" + name;
    }

    long bytes() {
        return memory.byteSize();
    }

    void write(long offset, ByteString data) {
        data.copyTo(memory.asSlice(offset, data.size()).asByteBuffer());
    }

    /** A copy of what lies there, as the memory is used again. */
    ByteString read(long offset, int size) {
        byte[] copy = new byte[size];
        MemorySegment.copy(memory, ValueLayout.JAVA_BYTE, offset, copy, 0, size);
        return UnsafeByteOperations.unsafeWrap(copy);
    }

    /** A view, valid as long as the slot is held. */
    ByteBuffer view(long offset, long size) {
        return memory.asSlice(offset, size).asByteBuffer();
    }

    /**
     * Removes the region's name and lets go of its memory here. A server that still reads from it or writes to it has its own hold
     * on the memory and disturbs nobody.
     */
    void close() {
        try {
            Files.deleteIfExists(file);
        } catch (IOException _) {
            // A sweep removes it when this process has ended.
        }
        arena.close();
    }
}
