package io.saccade.triton;

import com.google.protobuf.ByteString;
import io.saccade.triton.proto.InferParameter;
import io.saccade.triton.proto.ModelInferRequest;
import io.saccade.triton.proto.ModelInferResponse;
import io.saccade.triton.proto.ModelInferResponse.InferOutputTensor;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Requests into messages, messages into results. Trusts nothing in an answer. */
final class InferCodec {
    private InferCodec() {}

    static ModelInferRequest encode(InferRequest request) {
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
            message.addRawInputContents(input.data());
        }
        for (String output : request.outputs()) {
            message.addOutputsBuilder().setName(output);
        }
        return message.build();
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
        String model = request.model();
        int outputs = message.getOutputsCount();
        int raws = message.getRawOutputContentsCount();
        if (raws != 0 && raws != outputs) {
            throw TritonException.protocol(model, outputs + " outputs need as many raw contents, got " + raws, null);
        }
        Map<String, Tensor> tensors = new LinkedHashMap<>();
        for (int i = 0; i < outputs; i++) {
            InferOutputTensor output = message.getOutputs(i);
            Tensor tensor = tensor(model, output, raws == 0 ? null : message.getRawOutputContents(i));
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

    private static Tensor tensor(String model, InferOutputTensor output, @Nullable ByteString raw) {
        DataType type = DataType.ofWireName(output.getDatatype())
                .orElseThrow(() -> TritonException.protocol(
                        model,
                        "output '" + output.getName() + "' has the unknown datatype '" + output.getDatatype() + "'",
                        null));
        try {
            ByteString data = raw;
            if (TypedContents.isPresent(output.getContents())) {
                if (raw != null && !raw.isEmpty()) {
                    throw new IllegalArgumentException(
                            "output '" + output.getName() + "' has raw and typed contents, and only one may be");
                }
                data = TypedContents.toRaw(type, output.getContents());
            }
            return Tensor.of(
                    output.getName(), type, Shape.of(output.getShapeList()), data == null ? ByteString.EMPTY : data);
        } catch (IllegalArgumentException e) {
            String text = e.getMessage();
            throw TritonException.protocol(model, text == null ? e.toString() : text, e);
        }
    }
}
