package io.saccade.triton;

import static java.util.Objects.requireNonNull;

/**
 * System shared memory that a server has registered.
 *
 * @param name   what requests call it
 * @param key    what the server opened, as {@code shm_open} takes it: {@code /name}
 * @param offset where it begins in there, in bytes
 * @param bytes  its size
 */
public record SharedRegion(String name, String key, long offset, long bytes) {
    /** Checks that there is a name. */
    public SharedRegion {
        requireNonNull(key, "key");
        if (name.isEmpty()) {
            throw new IllegalArgumentException("a shared memory region needs a name");
        }
        if (offset < 0 || bytes <= 0) {
            throw new IllegalArgumentException("shared memory region '" + name
                    + "' must have an offset of 0 or more and bytes above 0, got " + offset + " and " + bytes);
        }
    }
}
