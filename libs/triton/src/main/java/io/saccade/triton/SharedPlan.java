package io.saccade.triton;

import com.google.protobuf.ByteString;
import io.saccade.triton.proto.InferParameter;
import io.saccade.triton.proto.ModelInferRequest;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Where the tensors of one request lie in a slot: all inputs, then those outputs that the request names with a number of bytes.
 *
 * @param inputs  offsets in bytes, in the request's order
 * @param outputs by name
 */
record SharedPlan(List<Long> inputs, Map<String, Place> outputs) {
    private static final long ALIGNMENT = 64;

    /**
     * Room for an output.
     *
     * @param offset in the slot, in bytes
     * @param bytes  the most it may have
     */
    record Place(long offset, long bytes) {}

    SharedPlan {
        inputs = List.copyOf(inputs);
        outputs = Map.copyOf(outputs);
    }

    /** Empty for a request that does not fit, or has an input without bytes: a place without bytes is none. */
    static Optional<SharedPlan> of(InferRequest request, long slotBytes) {
        List<Long> inputs = new ArrayList<>();
        long end = 0;
        for (Tensor input : request.inputs()) {
            if (input.data().isEmpty()) {
                return Optional.empty();
            }
            inputs.add(end);
            end = aligned(end + input.data().size());
        }
        Map<String, Place> outputs = new LinkedHashMap<>();
        for (Map.Entry<String, Long> output : request.outputBytes().entrySet()) {
            if (output.getValue() > slotBytes) {
                return Optional.empty();
            }
            outputs.put(output.getKey(), new Place(end, output.getValue()));
            end = aligned(end + output.getValue());
        }
        return end <= slotBytes ? Optional.of(new SharedPlan(inputs, outputs)) : Optional.empty();
    }

    private static long aligned(long offset) {
        return (offset + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    }

    /** Writes the inputs into the slot and their places into a message that has no contents yet. */
    void place(InferRequest request, ModelInferRequest.Builder message, SharedSlot slot) {
        for (int i = 0; i < inputs.size(); i++) {
            ByteString data = request.inputs().get(i).data();
            slot.write(inputs.get(i), data);
            message.getInputsBuilder(i).putAllParameters(parameters(slot, inputs.get(i), data.size()));
        }
        for (int i = 0; i < message.getOutputsCount(); i++) {
            Place place = outputs.get(message.getOutputs(i).getName());
            if (place != null) {
                message.getOutputsBuilder(i).putAllParameters(parameters(slot, place.offset(), place.bytes()));
            }
        }
    }

    private static Map<String, InferParameter> parameters(SharedSlot slot, long offset, long bytes) {
        return Map.of(
                "shared_memory_region",
                        InferParameter.newBuilder().setStringParam(slot.name()).build(),
                "shared_memory_offset",
                        InferParameter.newBuilder().setInt64Param(offset).build(),
                "shared_memory_byte_size",
                        InferParameter.newBuilder().setInt64Param(bytes).build());
    }

    /**
     * An output that the server wrote into the slot. Trusts nothing: the place bounds what is read.
     *
     * @throws IllegalArgumentException if its type and shape need more than there was room for
     */
    static ByteString read(SharedSlot slot, Place place, String output, DataType type, Shape shape) {
        if (shape.isVariable()) {
            throw new IllegalArgumentException("output '" + output + "' has an open dimension: " + shape);
        }
        long size = type.isFixedSize() ? fixedSize(type, shape) : textSize(slot, place, shape);
        if (size < 0 || size > place.bytes()) {
            throw new IllegalArgumentException("output '" + output + "' of type " + type + " and shape " + shape
                    + " does not fit the " + place.bytes() + " bytes of shared memory that were there for it");
        }
        return slot.read(place.offset(), (int) size);
    }

    private static long fixedSize(DataType type, Shape shape) {
        try {
            return Math.multiplyExact(shape.elements(), type.size());
        } catch (ArithmeticException _) {
            return -1;
        }
    }

    /** Texts say their lengths themselves: as many as the shape has are read. */
    private static long textSize(SharedSlot slot, Place place, Shape shape) {
        ByteBuffer texts = slot.view(place.offset(), place.bytes()).order(ByteOrder.LITTLE_ENDIAN);
        long count;
        try {
            count = shape.elements();
        } catch (ArithmeticException _) {
            return -1;
        }
        for (long left = count; left > 0; left--) {
            if (texts.remaining() < Integer.BYTES) {
                return -1;
            }
            long length = Integer.toUnsignedLong(texts.getInt());
            if (length > texts.remaining()) {
                return -1;
            }
            texts.position(texts.position() + (int) length);
        }
        return texts.position();
    }
}
