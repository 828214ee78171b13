package io.saccade.modelserver;

import com.google.protobuf.ByteString;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.saccade.modelserver.batching.Job;
import io.saccade.triton.DataType;
import io.saccade.triton.Shape;
import io.saccade.triton.Tensor;
import io.saccade.triton.TypedContents;
import io.saccade.triton.proto.InferParameter;
import io.saccade.triton.proto.InferParameter.ParameterChoiceCase;
import io.saccade.triton.proto.InferTensorContents;
import io.saccade.triton.proto.ModelConfig;
import io.saccade.triton.proto.ModelInferRequest;
import io.saccade.triton.proto.ModelInferRequest.InferInputTensor;
import io.saccade.triton.proto.ModelInferRequest.InferRequestedOutputTensor;
import io.saccade.triton.proto.ModelInput;
import io.saccade.triton.proto.ModelOutput;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Turns a message into a {@link Job}, or refuses it with Triton's code and Triton's words, in Triton's order of checks: first the message
 * itself, then the names of inputs, the batch, and for each input type, shape and bytes. Clients tell failures apart by these texts.
 */
final class RequestReader {
    private static final String EMPTY_FINAL_RESPONSE = "triton_enable_empty_final_response";

    private final ServedModel model;
    private final ModelConfig config;
    private final ModelInferRequest request;
    private final String label;
    private final SharedMemory memory;

    private RequestReader(ServedModel model, ModelInferRequest request, SharedMemory memory) {
        this.memory = memory;
        this.model = model;
        this.config = model.config();
        this.request = request;
        this.label = "[request id: " + (request.getId().isEmpty() ? "<id_unknown>" : request.getId()) + "] ";
    }

    /**
     * The job in a message.
     *
     * @throws StatusRuntimeException if it is none
     */
    static Job read(
            ServedModel model,
            ModelInferRequest request,
            SharedMemory memory,
            BooleanSupplier cancelled,
            Job.Listener listener) {
        return new RequestReader(model, request, memory).job(cancelled, listener);
    }

    /** An input whose bytes are found and not yet checked. */
    private record Found(String name, @Nullable DataType type, Shape shape, ByteString data) {}

    private Job job(BooleanSupplier cancelled, Job.Listener listener) {
        checkParameters();
        Map<String, Found> found = find();
        Set<String> outputs = outputs();
        checkNames(found);
        int batch = batch(found);
        if (batch > config.getMaxBatchSize() && model.batches()) {
            throw invalid(label + "inference request batch-size must be <= " + config.getMaxBatchSize() + " for '"
                    + model.name() + "'");
        }
        List<Tensor> inputs = new ArrayList<>();
        for (ModelInput input : config.getInputList()) {
            Found each = found.get(input.getName());
            if (each != null) {
                inputs.add(check(each, input));
            }
        }
        return new Job(
                label,
                inputs,
                outputs,
                model.batches(),
                priority(),
                timeout(),
                cancelled,
                CallHeaders.current().trace(),
                listener);
    }

    private void checkParameters() {
        request.getParametersMap().forEach((name, value) -> {
            if (name.startsWith("triton_") && !name.equals(EMPTY_FINAL_RESPONSE)) {
                throw invalid("parameter keys starting with 'triton_' are reserved for Triton usage. Only the following"
                        + " keys starting with 'triton_' are allowed: " + EMPTY_FINAL_RESPONSE);
            }
            var given = value.getParameterChoiceCase();
            switch (name) {
                case EMPTY_FINAL_RESPONSE, "sequence_start", "sequence_end" ->
                    checkType(name, given == ParameterChoiceCase.BOOL_PARAM, "bool_param.");
                case "sequence_id" ->
                    checkType(
                            name,
                            given == ParameterChoiceCase.INT64_PARAM || given == ParameterChoiceCase.STRING_PARAM,
                            "int64_param or string_param.");
                case "priority", "timeout" -> {
                    // Read, and checked, where they are used.
                }
                default ->
                    checkType(
                            name,
                            given == ParameterChoiceCase.INT64_PARAM
                                    || given == ParameterChoiceCase.BOOL_PARAM
                                    || given == ParameterChoiceCase.STRING_PARAM
                                    || given == ParameterChoiceCase.DOUBLE_PARAM,
                            "int64_param, bool_param, or string_param.");
            }
        });
    }

    private static void checkType(String name, boolean right, String expected) {
        if (!right) {
            throw invalid("invalid value type for '" + name + "' parameter, expected " + expected);
        }
    }

    private Map<String, Found> find() {
        Map<String, InferInputTensor> once = new LinkedHashMap<>();
        for (InferInputTensor input : request.getInputsList()) {
            if (once.put(input.getName(), input) != null) {
                throw invalid(label + "input '" + input.getName() + "' already exists in request");
            }
        }
        Map<String, Found> found = new LinkedHashMap<>();
        int raw = 0;
        for (InferInputTensor input : request.getInputsList()) {
            Optional<SharedMemory.Place> place = memory.place(input.getParametersMap());
            @Nullable DataType type = DataType.ofWireName(input.getDatatype()).orElse(null);
            ByteString data;
            if (place.isPresent()) {
                if (input.hasContents()) {
                    throw invalid("unexpected 'contents' for input '" + input.getName() + "' of model '" + model.name()
                            + "', which lies in shared memory region '"
                            + place.get().region() + "'");
                }
                data = memory.read(place.get());
            } else if (input.hasContents() && request.getRawInputContentsCount() > 0) {
                throw invalid("contents field must not be specified when using raw_input_contents for '"
                        + input.getName() + "' for model '" + model.name() + "'");
            } else if (input.hasContents()) {
                data = typed(input, type);
            } else if (raw < request.getRawInputContentsCount()) {
                data = request.getRawInputContents(raw++);
            } else {
                throw invalid("unable to find data for input tensor '" + input.getName() + "' for model '"
                        + model.name() + "' in request.");
            }
            found.put(input.getName(), new Found(input.getName(), type, shape(input), data));
        }
        return found;
    }

    private Shape shape(InferInputTensor input) {
        try {
            return Shape.of(input.getShapeList());
        } catch (IllegalArgumentException _) {
            throw invalid(label + "All input dimensions should be specified for input '" + input.getName()
                    + "' for model '" + model.name() + "', got " + dims(input.getShapeList()));
        }
    }

    private static String dims(List<Long> dims) {
        return dims.stream().map(String::valueOf).collect(Collectors.joining(",", "[", "]"));
    }

    private ByteString typed(InferInputTensor input, @Nullable DataType type) {
        InferTensorContents contents = input.getContents();
        if (contents.getAllFields().size() > 1) {
            throw invalid("unexpected explicit tensor data for input tensor '" + input.getName() + "' for model '"
                    + model.name() + "', binary data was already supplied.");
        }
        DataType filled = filled(contents, type).orElse(type);
        if (filled != null && filled != type) {
            throw invalid("unexpected explicit tensor data for input tensor '" + input.getName() + "' for model '"
                    + model.name() + "' of type '" + filled + "', expected datatype '"
                    + (type == null ? "<invalid>" : type) + "'");
        }
        return type == null || filled(contents, type).isEmpty()
                ? ByteString.EMPTY
                : TypedContents.toRaw(type, contents);
    }

    /** The type whose field holds values; a narrow integer shares the field of the 32-bit one. */
    private static Optional<DataType> filled(InferTensorContents contents, @Nullable DataType type) {
        if (contents.getBoolContentsCount() > 0) {
            return Optional.of(DataType.BOOL);
        }
        if (contents.getIntContentsCount() > 0) {
            return Optional.of(type == DataType.INT8 || type == DataType.INT16 ? type : DataType.INT32);
        }
        if (contents.getInt64ContentsCount() > 0) {
            return Optional.of(DataType.INT64);
        }
        if (contents.getUintContentsCount() > 0) {
            return Optional.of(type == DataType.UINT8 || type == DataType.UINT16 ? type : DataType.UINT32);
        }
        if (contents.getUint64ContentsCount() > 0) {
            return Optional.of(DataType.UINT64);
        }
        if (contents.getFp32ContentsCount() > 0) {
            return Optional.of(DataType.FP32);
        }
        if (contents.getFp64ContentsCount() > 0) {
            return Optional.of(DataType.FP64);
        }
        return contents.getBytesContentsCount() > 0 ? Optional.of(DataType.BYTES) : Optional.empty();
    }

    private Set<String> outputs() {
        Set<String> known = new LinkedHashSet<>();
        for (ModelOutput output : config.getOutputList()) {
            known.add(output.getName());
        }
        if (request.getOutputsCount() == 0) {
            return known;
        }
        Set<String> wanted = new LinkedHashSet<>();
        for (InferRequestedOutputTensor output : request.getOutputsList()) {
            if (!known.contains(output.getName())) {
                throw invalid(
                        "unexpected inference output '" + output.getName() + "' for model '" + model.name() + "'");
            }
            if (memory.place(output.getParametersMap()).isPresent()
                    && output.containsParameters(ResponseWriter.CLASSIFICATION)) {
                throw invalid("shared memory can't use classification, got both for output '" + output.getName()
                        + "' of model '" + model.name() + "'");
            }
            checkClasses(output);
            wanted.add(output.getName());
        }
        known.retainAll(wanted); // in the model's order
        return known;
    }

    private void checkClasses(InferRequestedOutputTensor output) {
        InferParameter count = output.getParametersMap().get(ResponseWriter.CLASSIFICATION);
        if (count == null) {
            return;
        }
        if (!count.hasInt64Param()) {
            throw invalid("invalid value type for 'classification' parameter, expected int64_param");
        }
        if (count.getInt64Param() < 1) {
            throw invalid(
                    "invalid value for 'classification' parameter, expected 1 or more, got " + count.getInt64Param());
        }
        for (ModelOutput known : config.getOutputList()) {
            DataType type = DataType.of(known.getDataType()).orElseThrow();
            if (known.getName().equals(output.getName()) && !ResponseWriter.classifies(type)) {
                throw invalid("class result not available for output due to unsupported type '" + type
                        + "', which is that of '" + known.getName() + "' of model '" + model.name() + "'");
            }
        }
    }

    private void checkNames(Map<String, Found> found) {
        List<String> missing = new ArrayList<>();
        int required = 0;
        for (ModelInput input : config.getInputList()) {
            if (!input.getOptional()) {
                required++;
                if (!found.containsKey(input.getName())) {
                    missing.add(input.getName());
                }
            }
        }
        int known = config.getInputCount();
        if (found.size() > known || found.size() < required) {
            throw invalid(label + "expected "
                    + (known == required ? known + " inputs" : "number of inputs between " + required + " and " + known)
                    + " but got " + found.size() + " inputs for model '" + model.name() + "'. Got input(s) "
                    + quoted(found.keySet()) + ", but missing required input(s) " + quoted(missing)
                    + ". Please provide all required input(s).");
        }
        for (String name : found.keySet()) {
            if (config.getInputList().stream()
                    .noneMatch(input -> input.getName().equals(name))) {
                throw invalid("unexpected inference input '" + name + "' for model '" + model.name() + "'");
            }
        }
        if (!missing.isEmpty()) { // only with optional inputs can the number be right and one be missing
            throw invalid(label + "missing required input(s) " + quoted(missing) + " for model '" + model.name() + "'");
        }
    }

    private static String quoted(Iterable<String> names) {
        List<String> quoted = new ArrayList<>();
        names.forEach(name -> quoted.add("'" + name + "'"));
        return "[" + String.join(",", quoted) + "]";
    }

    private int batch(Map<String, Found> found) {
        if (!model.batches()) {
            return 1;
        }
        long batch = -1;
        for (Found each : found.values()) {
            if (each.shape().rank() == 0) {
                throw invalid(label + "input '" + each.name()
                        + "' has no shape but model requires batch dimension for '" + model.name() + "'");
            }
            long own = each.shape().dim(0);
            if (batch >= 0 && own != batch) {
                throw invalid(label + "input '" + each.name() + "' batch size does not match other inputs for '"
                        + model.name() + "'");
            }
            batch = own;
        }
        if (batch == 0) {
            throw noRows(found.values().iterator().next());
        }
        return (int) Math.min(batch, Integer.MAX_VALUE);
    }

    /** Triton counts the bytes of one row even where there is none. */
    private StatusRuntimeException noRows(Found empty) {
        long row = empty.type() == null || !empty.type().isFixedSize()
                ? 0
                : empty.shape().withoutFirst().elements() * empty.type().size();
        return invalid(label + "input byte size mismatch for input '" + empty.name() + "' for model '" + model.name()
                + "'. Expected " + row + ", got " + empty.data().size());
    }

    private Tensor check(Found found, ModelInput input) {
        DataType expected = DataType.of(input.getDataType()).orElseThrow();
        if (found.type() != expected) {
            throw invalid(label + "inference input '" + found.name() + "' data-type is '"
                    + (found.type() == null ? "<invalid>" : found.type()) + "', but model '" + model.name()
                    + "' expects '" + expected + "'");
        }
        if (found.shape().isVariable()) {
            throw invalid(label + "All input dimensions should be specified for input '" + found.name()
                    + "' for model '" + model.name() + "', got " + found.shape());
        }
        Shape dims = Shape.of(input.getDimsList());
        Shape declared = model.batches() ? dims.prepend(Shape.VARIABLE) : dims;
        if (!declared.fits(found.shape())) {
            throw invalid(label + "unexpected shape for input '" + found.name() + "' for model '" + model.name()
                    + "'. Expected " + declared + ", got " + found.shape() + ". "
                    + (model.batches()
                            ? "NOTE: Setting a non-zero max_batch_size in the model config requires a batch dimension to be"
                                    + " prepended to each input shape. If you want to specify the full shape including the"
                                    + " batch dim in your input dims config, try setting max_batch_size to zero. See the"
                                    + " model configuration docs for more info on max_batch_size."
                            : ""));
        }
        long elements;
        try {
            elements = found.shape().elements();
        } catch (ArithmeticException _) {
            throw invalid(label + "input '" + found.name() + "' for model '" + model.name() + "' of shape "
                    + found.shape() + " has more elements than can be counted");
        }
        if (expected == DataType.BYTES) {
            checkStrings(found, elements);
        } else if (found.data().size() % expected.size() != 0 || found.data().size() / expected.size() != elements) {
            throw invalid(label + "input byte size mismatch for input '" + found.name() + "' for model '"
                    + model.name() + "'. Expected "
                    + BigInteger.valueOf(elements).multiply(BigInteger.valueOf(expected.size()))
                    + ", got " + found.data().size());
        }
        return Tensor.of(found.name(), expected, found.shape(), found.data());
    }

    private void checkStrings(Found found, long elements) {
        String where = "inference input '" + found.name() + "' for model '" + model.name() + "', expecting ";
        ByteBuffer buffer = found.data().asReadOnlyByteBuffer().slice().order(ByteOrder.LITTLE_ENDIAN);
        long seen = 0;
        while (buffer.hasRemaining()) {
            if (buffer.remaining() < Integer.BYTES) {
                throw invalid(label + "incomplete string length indicator for " + where + Integer.BYTES
                        + " bytes but only " + buffer.remaining()
                        + " bytes available. Please make sure the string length indicator is in one buffer.");
            }
            long length = Integer.toUnsignedLong(buffer.getInt());
            seen++;
            if (seen > elements) {
                throw invalid(label + "unexpected number of string elements " + seen + " for " + where + elements);
            }
            if (length > buffer.remaining()) {
                throw invalid(label + "incomplete string data for " + where + "string of length " + length
                        + " but only " + buffer.remaining() + " bytes available");
            }
            buffer.position(buffer.position() + (int) length);
        }
        if (seen != elements) {
            throw invalid(label + "expected " + elements + " string elements for inference input '" + found.name()
                    + "' for model '" + model.name() + "', got " + seen);
        }
    }

    private int priority() {
        InferParameter priority = request.getParametersMap().get("priority");
        if (priority == null) {
            return 0;
        }
        return switch (priority.getParameterChoiceCase()) {
            case INT64_PARAM -> {
                if (priority.getInt64Param() < 0) {
                    throw invalid("invalid value for 'priority', expected value >= 0.");
                }
                yield (int) Math.min(Integer.MAX_VALUE, priority.getInt64Param());
            }
            case UINT64_PARAM ->
                priority.getUint64Param() < 0
                        ? Integer.MAX_VALUE
                        : (int) Math.min(Integer.MAX_VALUE, priority.getUint64Param());
            case BOOL_PARAM, STRING_PARAM, DOUBLE_PARAM, PARAMETERCHOICE_NOT_SET ->
                throw invalid("invalid value type for 'priority' parameter, expected int64_param or uint64_param.");
        };
    }

    private @Nullable Duration timeout() {
        InferParameter timeout = request.getParametersMap().get("timeout");
        if (timeout == null) {
            return null;
        }
        if (!timeout.hasInt64Param()) {
            throw invalid("invalid value type for 'timeout' parameter, expected int64_param.");
        }
        long micros = timeout.getInt64Param();
        return micros <= 0
                ? null
                : Duration.ofNanos(Math.multiplyExact(Math.min(micros, Long.MAX_VALUE / 1000), 1000L));
    }

    private static StatusRuntimeException invalid(String text) {
        return Status.INVALID_ARGUMENT.withDescription(text).asRuntimeException();
    }
}
