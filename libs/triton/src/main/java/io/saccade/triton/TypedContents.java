package io.saccade.triton;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import io.saccade.triton.proto.InferTensorContents;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Typed contents brought into the raw form. Triton never answers them, but other KServe servers do, and a client may send
 * them to a server.
 */
public final class TypedContents {
    private TypedContents() {}

    /** Whether some field is filled. */
    public static boolean isPresent(InferTensorContents contents) {
        return !contents.equals(InferTensorContents.getDefaultInstance());
    }

    /**
     * The number of values in the field that belongs to a type.
     *
     * @throws IllegalArgumentException for FP16 and BF16, which have no field
     */
    public static int count(DataType type, InferTensorContents contents) {
        return switch (type) {
            case BOOL -> contents.getBoolContentsCount();
            case INT8, INT16, INT32 -> contents.getIntContentsCount();
            case INT64 -> contents.getInt64ContentsCount();
            case UINT8, UINT16, UINT32 -> contents.getUintContentsCount();
            case UINT64 -> contents.getUint64ContentsCount();
            case FP32 -> contents.getFp32ContentsCount();
            case FP64 -> contents.getFp64ContentsCount();
            case BYTES -> contents.getBytesContentsCount();
            case FP16, BF16 -> throw new IllegalArgumentException(type + " has no typed contents, only raw ones");
        };
    }

    /**
     * The values as they would lie in raw contents.
     *
     * @throws IllegalArgumentException for FP16 and BF16, which have no field
     */
    public static ByteString toRaw(DataType type, InferTensorContents contents) {
        int count = count(type, contents);
        if (type == DataType.BYTES) {
            return bytes(contents);
        }
        ByteBuffer raw =
                ByteBuffer.allocate(Math.multiplyExact(count, type.size())).order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < count; i++) {
            switch (type) {
                case BOOL -> raw.put((byte) (contents.getBoolContents(i) ? 1 : 0));
                case INT8 -> raw.put((byte) contents.getIntContents(i));
                case INT16 -> raw.putShort((short) contents.getIntContents(i));
                case INT32 -> raw.putInt(contents.getIntContents(i));
                case INT64 -> raw.putLong(contents.getInt64Contents(i));
                case UINT8 -> raw.put((byte) contents.getUintContents(i));
                case UINT16 -> raw.putShort((short) contents.getUintContents(i));
                case UINT32 -> raw.putInt(contents.getUintContents(i));
                case UINT64 -> raw.putLong(contents.getUint64Contents(i));
                case FP32 -> raw.putFloat(contents.getFp32Contents(i));
                case FP64 -> raw.putDouble(contents.getFp64Contents(i));
                case BYTES, FP16, BF16 -> throw new AssertionError(type);
            }
        }
        return UnsafeByteOperations.unsafeWrap(raw.flip());
    }

    private static ByteString bytes(InferTensorContents contents) {
        int size = 0;
        for (ByteString value : contents.getBytesContentsList()) {
            size = Math.addExact(size, Integer.BYTES + value.size());
        }
        ByteBuffer raw = ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
        for (ByteString value : contents.getBytesContentsList()) {
            raw.putInt(value.size());
            value.copyTo(raw);
        }
        return UnsafeByteOperations.unsafeWrap(raw.flip());
    }
}
