package io.saccade.modelserver.onnx;

import ai.onnxruntime.OnnxJavaType;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.TensorInfo;
import io.saccade.triton.DataType;
import io.saccade.triton.Shape;
import io.saccade.triton.Tensor;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** Tensors of the wire into those of ONNX Runtime, and back. Both are little-endian and row-major: numbers are copied as bytes. */
final class OnnxTensors {
    static {
        if (ByteOrder.nativeOrder() != ByteOrder.LITTLE_ENDIAN) {
            throw new IllegalStateException("tensors travel little-endian, and this machine is not");
        }
    }

    private OnnxTensors() {}

    static DataType type(String name, TensorInfo info) throws OnnxException {
        return switch (info.onnxType) {
            case ONNX_TENSOR_ELEMENT_DATA_TYPE_BOOL -> DataType.BOOL;
            case ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT8 -> DataType.UINT8;
            case ONNX_TENSOR_ELEMENT_DATA_TYPE_INT8 -> DataType.INT8;
            case ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT16 -> DataType.UINT16;
            case ONNX_TENSOR_ELEMENT_DATA_TYPE_INT16 -> DataType.INT16;
            case ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT32 -> DataType.UINT32;
            case ONNX_TENSOR_ELEMENT_DATA_TYPE_INT32 -> DataType.INT32;
            case ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT64 -> DataType.UINT64;
            case ONNX_TENSOR_ELEMENT_DATA_TYPE_INT64 -> DataType.INT64;
            case ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT16 -> DataType.FP16;
            case ONNX_TENSOR_ELEMENT_DATA_TYPE_BFLOAT16 -> DataType.BF16;
            case ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT -> DataType.FP32;
            case ONNX_TENSOR_ELEMENT_DATA_TYPE_DOUBLE -> DataType.FP64;
            case ONNX_TENSOR_ELEMENT_DATA_TYPE_STRING -> DataType.BYTES;
            case ONNX_TENSOR_ELEMENT_DATA_TYPE_UNDEFINED,
                    ONNX_TENSOR_ELEMENT_DATA_TYPE_COMPLEX64,
                    ONNX_TENSOR_ELEMENT_DATA_TYPE_COMPLEX128,
                    ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT8E4M3FN,
                    ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT8E4M3FNUZ,
                    ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT8E5M2,
                    ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT8E5M2FNUZ ->
                throw new OnnxException("'" + name + "' of the graph has the type " + info.onnxType
                        + ", which does not exist on the wire");
        };
    }

    /** The parts one after the other along the first dimension; a single part as it is. */
    static OnnxTensor join(OrtEnvironment environment, List<Tensor> parts, InputBuffers buffers)
            throws OrtException, OnnxException {
        Tensor first = parts.getFirst();
        long[] shape = first.shape().dims();
        if (parts.size() > 1) {
            shape[0] = parts.stream().mapToLong(part -> part.shape().dim(0)).sum();
        }
        if (first.type() == DataType.BYTES) {
            List<String> texts = new ArrayList<>();
            for (Tensor part : parts) {
                // A graph's strings are UTF-8 by ONNX's own definition; other bytes become replacement characters.
                for (byte[] element : part.asBytes()) {
                    texts.add(new String(element, StandardCharsets.UTF_8));
                }
            }
            return OnnxTensor.createTensor(environment, texts.toArray(String[]::new), shape);
        }
        long bytes = parts.stream().mapToLong(part -> part.data().size()).sum();
        if (bytes > Integer.MAX_VALUE) {
            throw new OnnxException("input '" + first.name() + "' of a batch must be less than 2 GiB, got " + bytes);
        }
        ByteBuffer buffer = buffers.take(first.name(), (int) bytes);
        for (Tensor part : parts) {
            part.data().copyTo(buffer);
        }
        buffer.flip();
        return switch (first.type()) {
            case BOOL -> OnnxTensor.createTensor(environment, buffer, shape, OnnxJavaType.BOOL);
            case UINT8 -> OnnxTensor.createTensor(environment, buffer, shape, OnnxJavaType.UINT8);
            case INT8 -> OnnxTensor.createTensor(environment, buffer, shape, OnnxJavaType.INT8);
            case INT16 -> OnnxTensor.createTensor(environment, buffer, shape, OnnxJavaType.INT16);
            case INT32 -> OnnxTensor.createTensor(environment, buffer, shape, OnnxJavaType.INT32);
            case INT64 -> OnnxTensor.createTensor(environment, buffer, shape, OnnxJavaType.INT64);
            case FP16 -> OnnxTensor.createTensor(environment, buffer, shape, OnnxJavaType.FLOAT16);
            case BF16 -> OnnxTensor.createTensor(environment, buffer, shape, OnnxJavaType.BFLOAT16);
            case FP32 -> OnnxTensor.createTensor(environment, buffer, shape, OnnxJavaType.FLOAT);
            case FP64 -> OnnxTensor.createTensor(environment, buffer, shape, OnnxJavaType.DOUBLE);
            case UINT16, UINT32, UINT64 -> UnsignedTensors.create(first.name(), first.type(), buffer, shape);
            case BYTES -> throw new AssertionError(first.type());
        };
    }

    static Tensor read(String name, OnnxTensor value) throws OrtException, OnnxException {
        TensorInfo info = value.getInfo();
        DataType type = type(name, info);
        Shape shape = Shape.of(info.getShape());
        if (type == DataType.BYTES) {
            List<byte[]> elements = new ArrayList<>();
            if (shape.elements() > 0) {
                flatten(value.getValue(), elements);
            }
            return Tensor.bytes(name, shape, elements);
        }
        if (shape.elements() == 0) {
            return Tensor.of(name, type, shape, ByteBuffer.allocate(0));
        }
        return Tensor.of(name, type, shape, value.getByteBuffer());
    }

    private static void flatten(Object value, List<byte[]> into) {
        if (value instanceof Object[] values) {
            for (Object each : values) {
                flatten(each, into);
            }
        } else {
            into.add(((String) value).getBytes(StandardCharsets.UTF_8));
        }
    }
}
