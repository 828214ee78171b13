package io.saccade.modelserver.onnx;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.TensorInfo;
import ai.onnxruntime.TensorInfo.OnnxTensorType;
import io.saccade.triton.DataType;
import java.lang.reflect.Constructor;
import java.lang.reflect.Field;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.nio.Buffer;
import java.nio.ByteBuffer;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Inputs of unsigned 16, 32 and 64 bit. ONNX Runtime has them and its native binding takes them, but no public method of its Java binding
 * (1.29.0) names them, so this class calls the one beneath. Should a later version have moved it, only models with such inputs are refused.
 */
final class UnsignedTensors {
    private record Door(
            Method createTensorFromBuffer,
            Constructor<OnnxTensor> tensor,
            Constructor<TensorInfo> info,
            long api,
            long allocator) {}

    private static final @Nullable Door DOOR = open();

    private UnsignedTensors() {}

    private static @Nullable Door open() {
        try {
            Method create = OnnxTensor.class.getDeclaredMethod(
                    "createTensorFromBuffer",
                    long.class,
                    long.class,
                    Buffer.class,
                    int.class,
                    long.class,
                    long[].class,
                    int.class);
            create.setAccessible(true);
            Constructor<OnnxTensor> tensor = OnnxTensor.class.getDeclaredConstructor(
                    long.class, long.class, TensorInfo.class, Buffer.class, boolean.class);
            tensor.setAccessible(true);
            Constructor<TensorInfo> info =
                    TensorInfo.class.getDeclaredConstructor(long[].class, String[].class, int.class);
            info.setAccessible(true);
            Field api = Class.forName("ai.onnxruntime.OnnxRuntime").getDeclaredField("ortApiHandle");
            api.setAccessible(true);
            Field allocator = OrtEnvironment.class.getDeclaredField("defaultAllocator");
            allocator.setAccessible(true);
            Object defaultAllocator = allocator.get(OnnxEnvironment.get());
            Field handle = defaultAllocator.getClass().getDeclaredField("handle");
            handle.setAccessible(true);
            return new Door(create, tensor, info, api.getLong(null), handle.getLong(defaultAllocator));
        } catch (ReflectiveOperationException | RuntimeException _) {
            return null;
        }
    }

    /** A tensor over the direct buffer itself, which must stay as it is until the tensor is closed. */
    static OnnxTensor create(String name, DataType type, ByteBuffer buffer, long[] shape)
            throws OrtException, OnnxException {
        if (DOOR == null) {
            throw new OnnxException(
                    "input '" + name + "' is " + type + ", which this ONNX Runtime binding does not take");
        }
        OnnxTensorType onnxType =
                switch (type) {
                    case UINT16 -> OnnxTensorType.ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT16;
                    case UINT32 -> OnnxTensorType.ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT32;
                    case UINT64 -> OnnxTensorType.ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT64;
                    default -> throw new IllegalArgumentException(type + " has a public way");
                };
        try {
            String[] names = new String[shape.length];
            Arrays.fill(names, "");
            Object handle = DOOR.createTensorFromBuffer()
                    .invoke(
                            null,
                            DOOR.api(),
                            DOOR.allocator(),
                            buffer,
                            0,
                            (long) buffer.remaining(),
                            shape,
                            onnxType.value);
            return DOOR.tensor()
                    .newInstance(
                            handle,
                            DOOR.allocator(),
                            DOOR.info().newInstance(shape, names, onnxType.value),
                            buffer,
                            false);
        } catch (InvocationTargetException e) {
            if (e.getCause() instanceof OrtException refused) {
                throw refused;
            }
            throw new OnnxException("input '" + name + "' cannot be handed to ONNX Runtime", e);
        } catch (ReflectiveOperationException e) {
            throw new OnnxException("input '" + name + "' cannot be handed to ONNX Runtime", e);
        }
    }
}
