package io.saccade.modelserver.onnx;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HashMap;
import java.util.Map;

/**
 * Memory outside the heap in which a thread lays out inputs, one piece for each, used again from run to run: ONNX Runtime reads it where it
 * lies. Not for several threads.
 */
public final class InputBuffers {
    private final Map<String, ByteBuffer> buffers = new HashMap<>();

    /** An empty buffer with exactly this many bytes; valid until the next call with this name. */
    ByteBuffer take(String name, int bytes) {
        ByteBuffer buffer = buffers.get(name);
        if (buffer == null || buffer.capacity() < bytes) {
            buffer = ByteBuffer.allocateDirect(Math.max(64, bytes));
            buffers.put(name, buffer);
        }
        return buffer.duplicate().clear().limit(bytes).slice().order(ByteOrder.nativeOrder());
    }
}
