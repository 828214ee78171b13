package io.saccade.triton;

import com.google.protobuf.ByteString;
import io.saccade.triton.proto.InferParameter;
import io.saccade.triton.proto.ModelInferRequest;
import io.saccade.triton.proto.ModelInferResponse;
import io.saccade.triton.proto.ModelInferResponse.InferOutputTensor;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Requests into messages, messages into results. Trusts nothing in an answer. */
final class InferCodec {
    private InferCodec() {}

    /** Of each entry of contents: its field number and its length, at most. */
    private static final int ENTRY_BYTES = 6;

    /**
     * A request whose tensors travel with it.
     *
     * @throws TritonException with {@link Fault#PERMANENT} if it is larger than a message can be
     */
    static ModelInferRequest encode(InferRequest request) {
        ModelInferRequest.Builder message = withoutContents(request);
        long bytes = message.buildPartial().getSerializedSize();
        for (Tensor input : request.inputs()) {
            message.addRawInputContents(input.data());
            bytes += ENTRY_BYTES + input.data().size();
        }
        if (bytes > Integer.MAX_VALUE) {
            throw TritonException.refused(
                    request.model(),
                    "a request to model '" + request.model() + "' must have less than 2 GiB, which is the most one gRPC"
                            + " message can have, got " + bytes + " bytes: send smaller batches");
        }
        return message.build();
    }

    /** A request whose tensors lie in a slot; writes them there. */
    static ModelInferRequest encode(InferRequest request, SharedPlan plan, SharedSlot slot) {
        ModelInferRequest.Builder message = withoutContents(request);
        plan.place(request, message, slot);
        return message.build();
    }

    private static ModelInferRequest.Builder withoutContents(InferRequest request) {
        ModelInferRequest.Builder message = ModelInferRequest.newBuilder()
                .setModelName(request.model())
                .setModelVersion(request.version())
                .setId(request.id());
        request.parameters().forEach((name, value) -> message.putParameters(name, parameter(value)));
        for (Tensor input : request.inputs()) {
            ModelInferRequest.InferInputTensor.Builder tensor = message.addInputsBuilder()
                    .setName(input.name())
                    .setDatatype(input.type().name());
            for (int i = 0; i < input.shape().rank(); i++) {
                tensor.addShape(input.shape().dim(i));
            }
        }
        for (String output : request.outputs()) {
            message.addOutputsBuilder().setName(output);
        }
        return message;
    }

    private static InferParameter parameter(Object value) {
        InferParameter.Builder parameter = InferParameter.newBuilder();
        return switch (value) {
            case Boolean flag -> parameter.setBoolParam(flag).build();
            case Long whole -> parameter.setInt64Param(whole).build();
            case Double real -> parameter.setDoubleParam(real).build();
            default -> parameter.setStringParam((String) value).build(); // InferRequest lets no other type pass
        };
    }

    /**
     * The result in an answer.
     *
     * @throws TritonException with {@link Fault#PERMANENT} if the answer is not one
     */
    static InferResult decode(InferRequest request, ModelInferResponse message) {
        return decode(request, message, (_, _, _) -> Optional.empty());
    }

    /** Finds the bytes of an output that came without any. */
    interface Elsewhere {
        /** @throws IllegalArgumentException if they are not what type and shape need */
        Optional<ByteString> read(String output, DataType type, Shape shape);
    }

    /** The same where outputs may lie in shared memory. */
    static InferResult decode(InferRequest request, ModelInferResponse message, Elsewhere elsewhere) {
        String model = request.model();
        int outputs = message.getOutputsCount();
        int raws = message.getRawOutputContentsCount();
        if (raws != 0 && raws != outputs) {
            throw TritonException.protocol(model, outputs + " outputs need as many raw contents, got " + raws, null);
        }
        Map<String, Tensor> tensors = new LinkedHashMap<>();
        for (int i = 0; i < outputs; i++) {
            InferOutputTensor output = message.getOutputs(i);
            Tensor tensor = tensor(model, output, raws == 0 ? null : message.getRawOutputContents(i), elsewhere);
            if (tensors.put(tensor.name(), tensor) != null) {
                throw TritonException.protocol(model, "output '" + tensor.name() + "' came twice", null);
            }
        }
        for (String wanted : request.outputs()) {
            if (!tensors.containsKey(wanted)) {
                throw TritonException.protocol(
                        model, "output '" + wanted + "' was asked for, got " + tensors.keySet(), null);
            }
        }
        return new InferResult(message.getModelName(), message.getModelVersion(), message.getId(), tensors);
    }

    private static Tensor tensor(
            String model, InferOutputTensor output, @Nullable ByteString raw, Elsewhere elsewhere) {
        DataType type = DataType.ofWireName(output.getDatatype())
                .orElseThrow(() -> TritonException.protocol(
                        model,
                        "output '" + output.getName() + "' has the unknown datatype '" + output.getDatatype() + "'",
                        null));
        try {
            Shape shape = Shape.of(output.getShapeList());
            ByteString data = raw;
            if (TypedContents.isPresent(output.getContents())) {
                if (raw != null && !raw.isEmpty()) {
                    throw new IllegalArgumentException(
                            "output '" + output.getName() + "' has raw and typed contents, and only one may be");
                }
                data = TypedContents.toRaw(type, output.getContents());
            } else if (raw == null || raw.isEmpty()) {
                data = elsewhere.read(output.getName(), type, shape).orElse(ByteString.EMPTY);
            }
            return Tensor.of(output.getName(), type, shape, data == null ? ByteString.EMPTY : data);
        } catch (IllegalArgumentException e) {
            String text = e.getMessage();
            throw TritonException.protocol(model, text == null ? e.toString() : text, e);
        }
    }
}
