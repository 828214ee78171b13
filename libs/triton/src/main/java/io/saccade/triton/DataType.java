package io.saccade.triton;

import java.util.Optional;

/**
 * What one element of a tensor is. The names are those of the wire ({@code "FP32"}); in {@code config.pbtxt} they carry
 * the prefix {@code TYPE_}, and {@link #BYTES} is called {@code TYPE_STRING} there.
 */
public enum DataType {
    /** One byte, 0 or 1. */
    BOOL(1),
    /** Unsigned, one byte. */
    UINT8(1),
    /** Unsigned, two bytes. */
    UINT16(2),
    /** Unsigned, four bytes. */
    UINT32(4),
    /** Unsigned, eight bytes. */
    UINT64(8),
    /** Signed, one byte. */
    INT8(1),
    /** Signed, two bytes. */
    INT16(2),
    /** Signed, four bytes. */
    INT32(4),
    /** Signed, eight bytes. */
    INT64(8),
    /** IEEE 754 binary16. */
    FP16(2),
    /** IEEE 754 binary32. */
    FP32(4),
    /** IEEE 754 binary64. */
    FP64(8),
    /** Any bytes or UTF-8 text, each element with its own length. */
    BYTES(0),
    /** The upper half of a binary32. */
    BF16(2);

    private final int size;

    DataType(int size) {
        this.size = size;
    }

    /** Bytes of one element; 0 for {@link #BYTES}, whose elements differ in length. */
    public int size() {
        return size;
    }

    /** Whether all elements have the same number of bytes: everything but {@link #BYTES}. */
    public boolean isFixedSize() {
        return size > 0;
    }

    /** The type with this name on the wire, such as {@code "FP32"}; empty for a name that is none. */
    public static Optional<DataType> ofWireName(String name) {
        for (DataType type : values()) {
            if (type.name().equals(name)) {
                return Optional.of(type);
            }
        }
        return Optional.empty();
    }

    /** The type of a model configuration; empty for {@code TYPE_INVALID} and for values newer than this library. */
    public static Optional<DataType> of(io.saccade.triton.proto.DataType configured) {
        return switch (configured) {
            case TYPE_BOOL -> Optional.of(BOOL);
            case TYPE_UINT8 -> Optional.of(UINT8);
            case TYPE_UINT16 -> Optional.of(UINT16);
            case TYPE_UINT32 -> Optional.of(UINT32);
            case TYPE_UINT64 -> Optional.of(UINT64);
            case TYPE_INT8 -> Optional.of(INT8);
            case TYPE_INT16 -> Optional.of(INT16);
            case TYPE_INT32 -> Optional.of(INT32);
            case TYPE_INT64 -> Optional.of(INT64);
            case TYPE_FP16 -> Optional.of(FP16);
            case TYPE_FP32 -> Optional.of(FP32);
            case TYPE_FP64 -> Optional.of(FP64);
            case TYPE_STRING -> Optional.of(BYTES);
            case TYPE_BF16 -> Optional.of(BF16);
            case TYPE_INVALID, UNRECOGNIZED -> Optional.empty();
        };
    }

    /** The same type as a model configuration names it. */
    public io.saccade.triton.proto.DataType configured() {
        return io.saccade.triton.proto.DataType.valueOf(this == BYTES ? "TYPE_STRING" : "TYPE_" + name());
    }
}
