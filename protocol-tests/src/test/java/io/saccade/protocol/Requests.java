package io.saccade.protocol;

import com.google.protobuf.ByteString;
import io.saccade.triton.proto.InferParameter;
import io.saccade.triton.proto.InferTensorContents;
import io.saccade.triton.proto.ModelInferRequest;
import io.saccade.triton.proto.ModelInferRequest.InferInputTensor;
import io.saccade.triton.proto.ModelInferRequest.InferRequestedOutputTensor;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.stream.LongStream;

/** Words for inference requests, the wrong ones too: nothing is checked here. */
final class Requests {

    private Requests() {}

    /** A request with its inputs; more is added with the builder's own methods. */
    static ModelInferRequest.Builder infer(String model, Input... inputs) {
        var request = ModelInferRequest.newBuilder().setModelName(model);
        for (Input input : inputs) {
            request.addInputs(input.tensor());
            request.addAllRawInputContents(input.raw());
        }
        return request;
    }

    /**
     * An input and its bytes.
     *
     * @param raw one entry, or none
     */
    record Input(InferInputTensor tensor, List<ByteString> raw) {}

    static Input raw(String name, String type, List<Long> shape, ByteString bytes) {
        return new Input(tensor(name, type, shape).build(), List.of(bytes));
    }

    static Input typed(String name, String type, List<Long> shape, InferTensorContents.Builder contents) {
        return new Input(tensor(name, type, shape).setContents(contents).build(), List.of());
    }

    static Input bare(String name, String type, List<Long> shape) {
        return new Input(tensor(name, type, shape).build(), List.of());
    }

    private static InferInputTensor.Builder tensor(String name, String type, List<Long> shape) {
        return InferInputTensor.newBuilder().setName(name).setDatatype(type).addAllShape(shape);
    }

    static InferTensorContents.Builder contents() {
        return InferTensorContents.newBuilder();
    }

    static InferRequestedOutputTensor output(String name) {
        return InferRequestedOutputTensor.newBuilder().setName(name).build();
    }

    static List<Long> shape(long... dims) {
        return LongStream.of(dims).boxed().toList();
    }

    static InferParameter text(String value) {
        return InferParameter.newBuilder().setStringParam(value).build();
    }

    static InferParameter number(long value) {
        return InferParameter.newBuilder().setInt64Param(value).build();
    }

    static InferParameter unsigned(long value) {
        return InferParameter.newBuilder().setUint64Param(value).build();
    }

    static InferParameter real(double value) {
        return InferParameter.newBuilder().setDoubleParam(value).build();
    }

    static InferParameter flag(boolean value) {
        return InferParameter.newBuilder().setBoolParam(value).build();
    }

    static ByteString bytes(int... bytes) {
        byte[] array = new byte[bytes.length];
        for (int i = 0; i < bytes.length; i++) {
            array[i] = (byte) bytes[i];
        }
        return ByteString.copyFrom(array);
    }

    /** Bytes 1, 2, 3 ... */
    static ByteString counting(int count) {
        byte[] array = new byte[count];
        for (int i = 0; i < count; i++) {
            array[i] = (byte) (i + 1);
        }
        return ByteString.copyFrom(array);
    }

    static ByteString ints(int... values) {
        ByteBuffer buffer = ByteBuffer.allocate(4 * values.length).order(ByteOrder.LITTLE_ENDIAN);
        Arrays.stream(values).forEach(buffer::putInt);
        return ByteString.copyFrom(buffer.flip());
    }

    static ByteString longs(long... values) {
        ByteBuffer buffer = ByteBuffer.allocate(8 * values.length).order(ByteOrder.LITTLE_ENDIAN);
        Arrays.stream(values).forEach(buffer::putLong);
        return ByteString.copyFrom(buffer.flip());
    }

    static ByteString floats(float... values) {
        ByteBuffer buffer = ByteBuffer.allocate(4 * values.length).order(ByteOrder.LITTLE_ENDIAN);
        for (float value : values) {
            buffer.putFloat(value);
        }
        return ByteString.copyFrom(buffer.flip());
    }

    static ByteString doubles(double... values) {
        ByteBuffer buffer = ByteBuffer.allocate(8 * values.length).order(ByteOrder.LITTLE_ENDIAN);
        Arrays.stream(values).forEach(buffer::putDouble);
        return ByteString.copyFrom(buffer.flip());
    }

    static ByteString strings(String... values) {
        return lengthPrefixed(Arrays.stream(values)
                .map(value -> ByteString.copyFrom(value, StandardCharsets.UTF_8))
                .toList());
    }

    static ByteString lengthPrefixed(List<ByteString> values) {
        ByteString all = ByteString.EMPTY;
        for (ByteString value : values) {
            all = all.concat(ints(value.size())).concat(value);
        }
        return all;
    }
}
