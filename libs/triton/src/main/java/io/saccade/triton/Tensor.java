package io.saccade.triton;

import static java.util.Objects.requireNonNull;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;

/**
 * A named tensor as it travels: row-major, little-endian, without padding. An element of {@link DataType#BYTES} is its
 * length in four bytes, then its bytes.
 *
 * <p>The number of bytes always agrees with type and shape; no later code asks again. Factories that take an array of bytes
 * or a buffer do <em>not</em> copy: what was handed over must not change until the call that carries it has ended. Factories
 * that take wider numbers or texts write them once, in the order of the wire.
 */
public final class Tensor {
    private static final int LENGTH_BYTES = 4;

    private final String name;
    private final DataType type;
    private final Shape shape;
    private final ByteString data;

    private Tensor(String name, DataType type, Shape shape, ByteString data) {
        this.name = requireNonNull(name, "name");
        this.type = requireNonNull(type, "type");
        this.shape = requireNonNull(shape, "shape");
        this.data = requireNonNull(data, "data");
        if (name.isEmpty()) {
            throw new IllegalArgumentException("a tensor needs a name");
        }
        if (shape.isVariable()) {
            throw new IllegalArgumentException("tensor '" + name + "' has an open dimension: " + shape);
        }
        long elements;
        try {
            elements = shape.elements();
        } catch (ArithmeticException e) {
            throw new IllegalArgumentException("tensor '" + name + "' of shape " + shape + " is too large", e);
        }
        if (type.isFixedSize()) {
            // Divided, not multiplied: the product could overflow and then agree by accident.
            if (data.size() % type.size() != 0 || data.size() / type.size() != elements) {
                throw new IllegalArgumentException("tensor '" + name + "' of type " + type + " and shape " + shape
                        + " must have " + elements + " x " + type.size() + " bytes, got " + data.size());
            }
        } else {
            checkElements(elements);
        }
    }

    private void checkElements(long expected) {
        ByteBuffer buffer = asByteBuffer();
        long found = 0;
        while (buffer.hasRemaining()) {
            if (buffer.remaining() < LENGTH_BYTES) {
                throw new IllegalArgumentException("tensor '" + name + "' ends inside the length of element " + found
                        + ": 4 bytes expected, got " + buffer.remaining());
            }
            long length = Integer.toUnsignedLong(buffer.getInt());
            if (length > buffer.remaining()) {
                throw new IllegalArgumentException("tensor '" + name + "' ends inside element " + found + ": " + length
                        + " bytes expected, got " + buffer.remaining());
            }
            buffer.position(buffer.position() + (int) length);
            found++;
        }
        if (found != expected) {
            throw new IllegalArgumentException("tensor '" + name + "' of type BYTES and shape " + shape + " must have "
                    + expected + " elements, got " + found);
        }
    }

    /** A tensor of bytes that already lie as on the wire; the bytes are taken as they are. */
    public static Tensor of(String name, DataType type, Shape shape, ByteString data) {
        return new Tensor(name, type, shape, data);
    }

    /** A tensor of what remains in the buffer, which already lies as on the wire; the buffer is not copied. */
    public static Tensor of(String name, DataType type, Shape shape, ByteBuffer data) {
        return new Tensor(name, type, shape, UnsafeByteOperations.unsafeWrap(data));
    }

    /** A tensor of memory that already lies as on the wire; it is not copied and must stay alive until the call has ended. */
    public static Tensor of(String name, DataType type, Shape shape, MemorySegment data) {
        if (data.byteSize() > Integer.MAX_VALUE) {
            throw tooLarge(name, data.byteSize());
        }
        return of(name, type, shape, data.asByteBuffer());
    }

    /** A {@link DataType#UINT8} tensor over the array itself. */
    public static Tensor uint8(String name, Shape shape, byte[] values) {
        return new Tensor(name, DataType.UINT8, shape, UnsafeByteOperations.unsafeWrap(values));
    }

    /** A {@link DataType#INT32} tensor of these values. */
    public static Tensor int32(String name, Shape shape, int... values) {
        ByteBuffer buffer = littleEndian(name, values.length, Integer.BYTES);
        buffer.asIntBuffer().put(values);
        return of(name, DataType.INT32, shape, buffer);
    }

    /** A {@link DataType#INT64} tensor of these values. */
    public static Tensor int64(String name, Shape shape, long... values) {
        ByteBuffer buffer = littleEndian(name, values.length, Long.BYTES);
        buffer.asLongBuffer().put(values);
        return of(name, DataType.INT64, shape, buffer);
    }

    /** A {@link DataType#FP32} tensor of these values. */
    public static Tensor fp32(String name, Shape shape, float... values) {
        ByteBuffer buffer = littleEndian(name, values.length, Float.BYTES);
        buffer.asFloatBuffer().put(values);
        return of(name, DataType.FP32, shape, buffer);
    }

    /** A {@link DataType#FP64} tensor of these values. */
    public static Tensor fp64(String name, Shape shape, double... values) {
        ByteBuffer buffer = littleEndian(name, values.length, Double.BYTES);
        buffer.asDoubleBuffer().put(values);
        return of(name, DataType.FP64, shape, buffer);
    }

    /** A {@link DataType#FP16} tensor: each value rounded to the nearest half, ties to even. */
    public static Tensor fp16(String name, Shape shape, float... values) {
        ByteBuffer buffer = littleEndian(name, values.length, Short.BYTES);
        for (int i = 0; i < values.length; i++) {
            buffer.putShort(i * Short.BYTES, Float.floatToFloat16(values[i]));
        }
        return of(name, DataType.FP16, shape, buffer);
    }

    /** A {@link DataType#BF16} tensor: each value rounded to the nearest, ties to even. */
    public static Tensor bf16(String name, Shape shape, float... values) {
        ByteBuffer buffer = littleEndian(name, values.length, Short.BYTES);
        for (int i = 0; i < values.length; i++) {
            buffer.putShort(i * Short.BYTES, toBrain(values[i]));
        }
        return of(name, DataType.BF16, shape, buffer);
    }

    /** A {@link DataType#BOOL} tensor of these values. */
    public static Tensor bool(String name, Shape shape, boolean... values) {
        byte[] bytes = new byte[values.length];
        for (int i = 0; i < values.length; i++) {
            bytes[i] = (byte) (values[i] ? 1 : 0);
        }
        return new Tensor(name, DataType.BOOL, shape, UnsafeByteOperations.unsafeWrap(bytes));
    }

    /** A {@link DataType#BYTES} tensor of these texts in UTF-8. */
    public static Tensor strings(String name, Shape shape, List<String> values) {
        return bytes(
                name,
                shape,
                values.stream()
                        .map(value -> value.getBytes(StandardCharsets.UTF_8))
                        .toList());
    }

    /** A {@link DataType#BYTES} tensor of these elements. */
    public static Tensor bytes(String name, Shape shape, List<byte[]> values) {
        long size = 0;
        for (byte[] value : values) {
            size += LENGTH_BYTES + value.length;
        }
        if (size > Integer.MAX_VALUE) {
            throw tooLarge(name, size);
        }
        ByteBuffer buffer = littleEndian(name, (int) size, 1);
        for (byte[] value : values) {
            buffer.putInt(value.length).put(value);
        }
        return of(name, DataType.BYTES, shape, buffer.flip());
    }

    private static ByteBuffer littleEndian(String name, int elements, int size) {
        long bytes = (long) elements * size;
        if (bytes > Integer.MAX_VALUE) {
            throw tooLarge(name, bytes);
        }
        return ByteBuffer.allocate((int) bytes).order(ByteOrder.LITTLE_ENDIAN);
    }

    private static IllegalArgumentException tooLarge(String name, long bytes) {
        return new IllegalArgumentException(
                "tensor '" + name + "' must have less than 2 GiB, got " + bytes + " bytes: send smaller batches");
    }

    private static short toBrain(float value) {
        int bits = Float.floatToRawIntBits(value);
        if (Float.isNaN(value)) {
            return (short) ((bits >>> 16) | 0x40); // rounding could carry a NaN into infinity
        }
        int halfWayUp = 0x7FFF + ((bits >>> 16) & 1);
        return (short) ((bits + halfWayUp) >>> 16);
    }

    /** The name the model gives it. */
    public String name() {
        return name;
    }

    /** What one element is. */
    public DataType type() {
        return type;
    }

    /** The dimensions, a batch dimension included. */
    public Shape shape() {
        return shape;
    }

    /** The bytes as they travel. */
    public ByteString data() {
        return data;
    }

    /** The bytes as they travel: a read-only view from position 0, in little-endian order. */
    public ByteBuffer asByteBuffer() {
        // Sliced: the view of a part of an array starts at that part's offset, and callers read from 0.
        return data.asReadOnlyByteBuffer().slice().order(ByteOrder.LITTLE_ENDIAN);
    }

    /**
     * Where the first NaN or infinity is: its index over all elements, row-major; empty if all numbers are finite or the tensor holds no
     * floating-point numbers. Looks at each element once and copies nothing.
     */
    public OptionalLong firstNotFinite() {
        ByteBuffer buffer = asByteBuffer();
        int count = type.isFixedSize() ? count() : 0;
        for (int i = 0; i < count; i++) {
            boolean isFinite =
                    switch (type) {
                        case FP64 -> Double.isFinite(buffer.getDouble(i * Double.BYTES));
                        case FP32 -> Float.isFinite(buffer.getFloat(i * Float.BYTES));
                        case FP16 -> Float.isFinite(Float.float16ToFloat(buffer.getShort(i * Short.BYTES)));
                        case BF16 -> Float.isFinite(Float.intBitsToFloat(buffer.getShort(i * Short.BYTES) << 16));
                        case BOOL, INT8, INT16, INT32, INT64, UINT8, UINT16, UINT32, UINT64, BYTES -> true;
                    };
            if (!isFinite) {
                return OptionalLong.of(i);
            }
        }
        return OptionalLong.empty();
    }

    /** The elements of an FP32 tensor, or of an FP16 or BF16 tensor widened without loss, in a new array. */
    public float[] asFloats() {
        ByteBuffer buffer = asByteBuffer();
        float[] values = new float[count()];
        switch (type) {
            case FP32 -> buffer.asFloatBuffer().get(values);
            case FP16 -> {
                for (int i = 0; i < values.length; i++) {
                    values[i] = Float.float16ToFloat(buffer.getShort(i * Short.BYTES));
                }
            }
            case BF16 -> {
                for (int i = 0; i < values.length; i++) {
                    values[i] = Float.intBitsToFloat(buffer.getShort(i * Short.BYTES) << 16);
                }
            }
            default -> throw cannotRead("floats");
        }
        return values;
    }

    /** The elements of an FP64 tensor, or of a narrower floating-point tensor widened without loss, in a new array. */
    public double[] asDoubles() {
        double[] values = new double[count()];
        if (type == DataType.FP64) {
            asByteBuffer().asDoubleBuffer().get(values);
        } else {
            float[] floats = asFloats();
            for (int i = 0; i < values.length; i++) {
                values[i] = floats[i];
            }
        }
        return values;
    }

    /**
     * The elements of any integer tensor widened without loss, in a new array. UINT64 keeps its bits: a value of 2^63 or
     * more reads as negative ({@link Long#toUnsignedString(long)} shows it).
     */
    public long[] asLongs() {
        ByteBuffer buffer = asByteBuffer();
        long[] values = new long[count()];
        for (int i = 0; i < values.length; i++) {
            values[i] = switch (type) {
                case INT64, UINT64 -> buffer.getLong(i * Long.BYTES);
                case INT32 -> buffer.getInt(i * Integer.BYTES);
                case UINT32 -> Integer.toUnsignedLong(buffer.getInt(i * Integer.BYTES));
                case INT16 -> buffer.getShort(i * Short.BYTES);
                case UINT16 -> Short.toUnsignedLong(buffer.getShort(i * Short.BYTES));
                case INT8 -> buffer.get(i);
                case UINT8 -> Byte.toUnsignedLong(buffer.get(i));
                case BOOL, FP16, FP32, FP64, BYTES, BF16 -> throw cannotRead("integers");
            };
        }
        return values;
    }

    /** The elements of a BOOL tensor, in a new array; any byte but 0 is true. */
    public boolean[] asBooleans() {
        if (type != DataType.BOOL) {
            throw cannotRead("booleans");
        }
        boolean[] values = new boolean[count()];
        for (int i = 0; i < values.length; i++) {
            values[i] = data.byteAt(i) != 0;
        }
        return values;
    }

    /** The elements of a BYTES tensor, each in a new array. */
    public List<byte[]> asBytes() {
        if (type != DataType.BYTES) {
            throw cannotRead("byte strings");
        }
        List<byte[]> values = new ArrayList<>(count());
        ByteBuffer buffer = asByteBuffer();
        while (buffer.hasRemaining()) {
            byte[] value = new byte[buffer.getInt()];
            buffer.get(value);
            values.add(value);
        }
        return values;
    }

    /**
     * The elements of a BYTES tensor as texts.
     *
     * @throws TritonException with {@link Fault#PERMANENT} if an element is not valid UTF-8: a model that answers this once
     *                         will do so again, and a replacement character would hide it
     */
    public List<String> asStrings() {
        List<byte[]> elements = asBytes();
        List<String> values = new ArrayList<>(elements.size());
        for (byte[] element : elements) {
            try {
                values.add(StandardCharsets.UTF_8
                        .newDecoder()
                        .decode(ByteBuffer.wrap(element))
                        .toString());
            } catch (CharacterCodingException e) {
                throw TritonException.protocol(
                        "",
                        "element " + values.size() + " of tensor '" + name + "' is not valid UTF-8 (" + element.length
                                + " bytes)",
                        e);
            }
        }
        return values;
    }

    /**
     * One item of a batch: the part at an index of the outermost dimension, without that dimension. The bytes are shared,
     * not copied.
     */
    public Tensor row(int index) {
        if (shape.rank() == 0 || index < 0 || index >= shape.dim(0)) {
            throw new IndexOutOfBoundsException("tensor '" + name + "' of shape " + shape + " has no row " + index);
        }
        Shape rowShape = shape.withoutFirst();
        int elements = Math.toIntExact(rowShape.elements());
        if (type.isFixedSize()) {
            int size = elements * type.size();
            return new Tensor(name, type, rowShape, data.substring(index * size, (index + 1) * size));
        }
        ByteBuffer buffer = asByteBuffer();
        skip(buffer, (long) index * elements);
        int from = buffer.position();
        skip(buffer, elements);
        return new Tensor(name, type, rowShape, data.substring(from, buffer.position()));
    }

    private static void skip(ByteBuffer buffer, long elements) {
        for (long i = 0; i < elements; i++) {
            int length = buffer.getInt();
            buffer.position(buffer.position() + length);
        }
    }

    private int count() {
        return Math.toIntExact(shape.elements());
    }

    private IllegalStateException cannotRead(String what) {
        return new IllegalStateException("tensor '" + name + "' is " + type + " and cannot be read as " + what);
    }

    /** Name, type, shape and size; never the values. */
    @Override
    public String toString() {
        return "Tensor[" + name + " " + type + shape + ", " + data.size() + " bytes]";
    }
}
