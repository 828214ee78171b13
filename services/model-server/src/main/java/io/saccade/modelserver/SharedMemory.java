package io.saccade.modelserver;

import com.google.protobuf.ByteString;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.saccade.triton.proto.InferParameter;
import io.saccade.triton.proto.SystemSharedMemoryStatusResponse;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import org.jspecify.annotations.Nullable;

/**
 * Memory of clients on the same machine, as {@code shm_open} gives it: files of {@code /dev/shm}. Inputs are copied out before they are
 * checked, as a client may write into its memory at any time; outputs are copied in. So nothing here is in use longer than a copy takes,
 * and a region can be unregistered at once.
 */
final class SharedMemory implements AutoCloseable {
    private static final String REGION = "shared_memory_region";
    private static final String BYTE_SIZE = "shared_memory_byte_size";
    private static final String OFFSET = "shared_memory_offset";
    private static final String RESERVED = "triton_python_backend_shm_region_";

    /**
     * Where a tensor lies.
     *
     * @param region name of the region
     * @param offset from its beginning
     * @param size   bytes there are for it
     */
    record Place(String region, long offset, long size) {}

    private record Region(String key, long offset, long size, MemorySegment memory, Arena arena) {}

    private final boolean allowed;
    private final Path folder;
    private final Map<String, Region> regions = new TreeMap<>();

    /** Held for reading while memory is copied, for writing while regions come and go. */
    private final ReentrantReadWriteLock lock = new ReentrantReadWriteLock();

    /**
     * No region yet.
     *
     * @param allowed whether clients may register any
     */
    SharedMemory(boolean allowed) {
        this(allowed, Path.of("/dev/shm"));
    }

    SharedMemory(boolean allowed, Path folder) {
        this.allowed = allowed;
        this.folder = folder;
    }

    boolean isAllowed() {
        return allowed;
    }

    private void checkAllowed() {
        if (!allowed) {
            throw Status.UNIMPLEMENTED
                    .withDescription(
                            "shared memory of clients is not allowed; start the server with --allow-client-shm")
                    .asRuntimeException();
        }
    }

    void register(String name, String key, long offset, long size) {
        checkAllowed();
        String file = key.startsWith("/") ? key.substring(1) : key;
        if (name.isEmpty()) {
            throw invalid("a shared memory region needs a name");
        }
        if (file.startsWith(RESERVED)) {
            throw Status.INTERNAL
                    .withDescription("Unable to open shared memory region: '" + key + "'")
                    .asRuntimeException(); // it is not for clients, there or not
        }
        lock.writeLock().lock();
        try {
            if (regions.containsKey(name)) {
                throw Status.ALREADY_EXISTS
                        .withDescription("shared memory region '" + name + "' already in manager")
                        .asRuntimeException();
            }
            regions.put(name, open(name, key, file, offset, size));
        } finally {
            lock.writeLock().unlock();
        }
    }

    private Region open(String name, String key, String file, long offset, long size) {
        // A key must not lead out of the folder.
        if (file.isEmpty() || file.startsWith(".") || file.contains("/") || file.indexOf(0) >= 0) {
            throw cannotOpen(key, null);
        }
        Path path = folder.resolve(file);
        if (!Files.isRegularFile(path, LinkOption.NOFOLLOW_LINKS)) {
            throw cannotOpen(key, null);
        }
        Arena arena = Arena.ofShared();
        boolean opened = false;
        try (FileChannel channel =
                FileChannel.open(path, StandardOpenOption.READ, StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS)) {
            if (size <= 0 || offset < 0 || size > channel.size() - offset) {
                throw invalid("failed to register shared memory region '" + name
                        + "': expected offset and byte_size within its " + channel.size() + " bytes, got " + offset
                        + " and " + Long.toUnsignedString(size));
            }
            MemorySegment memory = channel.map(FileChannel.MapMode.READ_WRITE, offset, size, arena);
            opened = true;
            return new Region(key, offset, size, memory, arena);
        } catch (IOException e) {
            throw cannotOpen(key, e);
        } finally {
            if (!opened) {
                arena.close();
            }
        }
    }

    private static StatusRuntimeException cannotOpen(String key, @Nullable Throwable cause) {
        return Status.INTERNAL
                .withDescription("Unable to open shared memory region: '" + key + "'")
                .withCause(cause)
                .asRuntimeException();
    }

    /** Lets a region go, or all if the name is empty. Unknown names are nothing to let go. */
    void unregister(String name) {
        checkAllowed();
        lock.writeLock().lock();
        try {
            if (name.isEmpty()) {
                close();
                return;
            }
            Region region = regions.remove(name);
            if (region != null) {
                region.arena().close();
            }
        } finally {
            lock.writeLock().unlock();
        }
    }

    /** The region of this name, or all if the name is empty. */
    SystemSharedMemoryStatusResponse status(String name) {
        checkAllowed();
        lock.readLock().lock();
        try {
            if (!name.isEmpty() && !regions.containsKey(name)) {
                throw notFound("system shared memory", name);
            }
            SystemSharedMemoryStatusResponse.Builder status = SystemSharedMemoryStatusResponse.newBuilder();
            regions.forEach((each, region) -> {
                if (name.isEmpty() || name.equals(each)) {
                    status.putRegions(
                            each,
                            SystemSharedMemoryStatusResponse.RegionStatus.newBuilder()
                                    .setName(each)
                                    .setKey(region.key())
                                    .setOffset(region.offset())
                                    .setByteSize(region.size())
                                    .build());
                }
            });
            return status.build();
        } finally {
            lock.readLock().unlock();
        }
    }

    /** The place the parameters of a tensor name, if they name one; it is there and large enough. */
    Optional<Place> place(Map<String, InferParameter> parameters) {
        InferParameter region = parameters.get(REGION);
        if (region == null) {
            return Optional.empty();
        }
        InferParameter none = InferParameter.getDefaultInstance();
        Place place = new Place(
                region.getStringParam(),
                parameters.getOrDefault(OFFSET, none).getInt64Param(),
                parameters.getOrDefault(BYTE_SIZE, none).getInt64Param());
        lock.readLock().lock();
        try {
            MemorySegment _ = memory(place);
            return Optional.of(place);
        } finally {
            lock.readLock().unlock();
        }
    }

    private MemorySegment memory(Place place) {
        Region region = regions.get(place.region());
        if (region == null) {
            throw notFound("shared memory", place.region());
        }
        if (place.offset() < 0 || place.offset() > region.size()) {
            throw invalid("Invalid offset for shared memory region: '" + place.region() + "'");
        }
        if (place.size() < 0 || place.size() > region.size() - place.offset()) {
            throw invalid("Invalid offset + byte size for shared memory region: '" + place.region() + "'");
        }
        return region.memory().asSlice(place.offset(), place.size());
    }

    /** What lies there now. */
    ByteString read(Place place) {
        lock.readLock().lock();
        try {
            if (place.size() > Integer.MAX_VALUE) {
                throw invalid("a tensor must be smaller than 2 GiB, got " + place.size() + " bytes in '"
                        + place.region() + "'");
            }
            return ByteString.copyFrom(memory(place).asByteBuffer());
        } catch (InternalError e) {
            throw shrunk(place, e);
        } finally {
            lock.readLock().unlock();
        }
    }

    /** Writes an output there. */
    void write(String output, Place place, ByteString data) {
        lock.readLock().lock();
        try {
            MemorySegment memory = memory(place);
            if (data.size() > place.size()) {
                throw Status.INTERNAL
                        .withDescription("shared memory size specified with the request for output '" + output + "' ("
                                + place.size() + " bytes) should be at least " + data.size()
                                + " bytes to hold the results")
                        .asRuntimeException();
            }
            data.copyTo(memory.asSlice(0, data.size()).asByteBuffer());
        } catch (InternalError e) {
            throw shrunk(place, e);
        } finally {
            lock.readLock().unlock();
        }
    }

    /** The parameters that tell a client where its output lies, and how long it is. */
    static Map<String, InferParameter> parameters(Place place, int size) {
        return Map.of(
                REGION,
                        InferParameter.newBuilder()
                                .setStringParam(place.region())
                                .build(),
                OFFSET,
                        InferParameter.newBuilder()
                                .setInt64Param(place.offset())
                                .build(),
                BYTE_SIZE, InferParameter.newBuilder().setInt64Param(size).build());
    }

    /** What the JVM makes of an access behind the end of a file that has become shorter. */
    private static StatusRuntimeException shrunk(Place place, InternalError e) {
        return Status.INTERNAL
                .withDescription(
                        "shared memory region '" + place.region() + "' is no longer as long as it was registered")
                .withCause(e)
                .asRuntimeException();
    }

    private static StatusRuntimeException invalid(String text) {
        return Status.INVALID_ARGUMENT.withDescription(text).asRuntimeException();
    }

    private static StatusRuntimeException notFound(String what, String name) {
        return Status.NOT_FOUND
                .withDescription("Unable to find " + what + " region: '" + name + "'")
                .asRuntimeException();
    }

    /** Lets all regions go. */
    @Override
    public void close() {
        lock.writeLock().lock();
        try {
            regions.values().forEach(region -> region.arena().close());
            regions.clear();
        } finally {
            lock.writeLock().unlock();
        }
    }
}
