package io.saccade.contract.event;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import java.util.Arrays;

/**
 * The bytes of an image file inside an event.
 *
 * <p>They are not copied on the way in or out, because a stage handles thousands a second: whoever makes one gives the
 * array away, and readers leave it as it is.
 */
public final class InlineBytes {

    private final byte[] bytes;

    private InlineBytes(byte[] bytes) {
        this.bytes = bytes;
    }

    /** Wraps an array; the caller no longer changes it. */
    @JsonCreator
    public static InlineBytes of(byte[] bytes) {
        return new InlineBytes(bytes);
    }

    /** The array itself, to be read only. */
    @JsonValue
    public byte[] array() {
        return bytes;
    }

    /** Size in bytes. */
    public int size() {
        return bytes.length;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof InlineBytes that && Arrays.equals(bytes, that.bytes);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(bytes);
    }

    @Override
    public String toString() {
        return "InlineBytes[" + bytes.length + " bytes]";
    }
}
