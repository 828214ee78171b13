package io.saccade.modelserver;

import com.google.protobuf.ByteString;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.saccade.triton.DataType;
import io.saccade.triton.Shape;
import io.saccade.triton.Tensor;
import io.saccade.triton.proto.InferParameter;
import io.saccade.triton.proto.ModelInferRequest;
import io.saccade.triton.proto.ModelInferRequest.InferRequestedOutputTensor;
import io.saccade.triton.proto.ModelInferResponse;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * Turns outputs into a message with raw contents only, as Triton gives it, and outputs asked for as classes into their best ones.
 *
 * @param limit  most bytes of the tensors of one answer
 * @param memory where outputs go that a client wants in its own memory
 */
record ResponseWriter(int limit, SharedMemory memory) {
    /** Asks for the k best elements of an output instead of the output. */
    static final String CLASSIFICATION = "classification";

    private static final Set<DataType> CLASSIFIED = Set.of(
            DataType.UINT8,
            DataType.UINT16,
            DataType.UINT32,
            DataType.UINT64,
            DataType.INT8,
            DataType.INT16,
            DataType.INT32,
            DataType.INT64,
            DataType.FP32,
            DataType.FP64);

    /** Whether Triton makes classes of this type. */
    static boolean classifies(DataType type) {
        return CLASSIFIED.contains(type);
    }

    /**
     * The message.
     *
     * @throws StatusRuntimeException if it is larger than an answer may be
     */
    ModelInferResponse write(ServedModel model, ModelInferRequest request, List<Tensor> outputs) {
        Map<String, Integer> classes = new HashMap<>();
        Map<String, SharedMemory.Place> places = new HashMap<>();
        for (InferRequestedOutputTensor output : request.getOutputsList()) {
            memory.place(output.getParametersMap()).ifPresent(place -> places.put(output.getName(), place));
            InferParameter count = output.getParametersMap().get(CLASSIFICATION);
            if (count != null) {
                classes.put(output.getName(), (int) Math.min(Integer.MAX_VALUE, count.getInt64Param()));
            }
        }
        List<Tensor> written = new ArrayList<>();
        long bytes = 0;
        for (Tensor output : outputs) {
            Integer count = classes.get(output.name());
            Tensor each = count == null
                    ? output
                    : best(output, count, model.batches(), model.labels().getOrDefault(output.name(), List.of()));
            written.add(each);
            bytes += places.containsKey(output.name()) ? 0 : each.data().size();
        }
        if (bytes > limit) {
            throw Status.INVALID_ARGUMENT
                    .withDescription("Response has byte size " + bytes + " which exceeds the byte size limit " + limit
                            + " of an answer of model '" + model.name() + "'; ask for a smaller batch or fewer outputs")
                    .asRuntimeException();
        }
        ModelInferResponse.Builder response = ModelInferResponse.newBuilder()
                .setModelName(model.name())
                .setModelVersion(Long.toString(model.version()))
                .setId(request.getId());
        for (Tensor output : written) {
            ModelInferResponse.InferOutputTensor.Builder tensor = response.addOutputsBuilder()
                    .setName(output.name())
                    .setDatatype(output.type().name());
            for (int i = 0; i < output.shape().rank(); i++) {
                tensor.addShape(output.shape().dim(i));
            }
            SharedMemory.Place place = places.get(output.name());
            if (place == null) {
                response.addRawOutputContents(output.data());
            } else {
                memory.write(output.name(), place, output.data());
                tensor.putAllParameters(
                        SharedMemory.parameters(place, output.data().size()));
                response.addRawOutputContents(ByteString.EMPTY); // keeps the places of the others
            }
        }
        if (model.config().hasEnsembleScheduling()) {
            response.putAllParameters(sequence(request));
        }
        return response.build();
    }

    /** Triton's ensembles tell of which sequence a request was, even of none. */
    private static Map<String, InferParameter> sequence(ModelInferRequest request) {
        InferParameter no = InferParameter.newBuilder().setBoolParam(false).build();
        Map<String, InferParameter> sequence = new HashMap<>();
        sequence.put("sequence_start", request.getParametersOrDefault("sequence_start", no));
        sequence.put("sequence_end", request.getParametersOrDefault("sequence_end", no));
        sequence.put(
                "sequence_id",
                request.getParametersOrDefault(
                        "sequence_id",
                        InferParameter.newBuilder().setInt64Param(0).build()));
        return sequence;
    }

    /** For each item the largest elements as {@code value:index} or {@code value:index:label}, the largest first. */
    private static Tensor best(Tensor output, int count, boolean batched, List<String> labels) {
        int items = batched ? Math.toIntExact(output.shape().dim(0)) : 1;
        int size = items == 0 ? 0 : Math.toIntExact(output.shape().elements() / items);
        int most = Math.min(count, size);
        List<String> texts = new ArrayList<>();
        boolean real = output.type() == DataType.FP32 || output.type() == DataType.FP64;
        double[] reals = real ? output.asDoubles() : new double[0];
        long[] integers = real ? new long[0] : output.asLongs();
        Comparator<Integer> largest = real
                ? (one, other) -> Double.compare(reals[other], reals[one])
                : output.type() == DataType.UINT64
                        ? (one, other) -> Long.compareUnsigned(integers[other], integers[one])
                        : (one, other) -> Long.compare(integers[other], integers[one]);
        for (int item = 0; item < items; item++) {
            int from = item * size;
            Integer[] order = IntStream.range(from, from + size).boxed().toArray(Integer[]::new);
            Arrays.sort(order, largest);
            for (int i = 0; i < most; i++) {
                int at = order[i] - from;
                String value = real
                        ? String.format(Locale.ROOT, "%f", reals[order[i]])
                        : output.type() == DataType.UINT64
                                ? Long.toUnsignedString(integers[order[i]])
                                : Long.toString(integers[order[i]]);
                texts.add(value + ":" + at + (at < labels.size() ? ":" + labels.get(at) : ""));
            }
        }
        return Tensor.strings(output.name(), batched ? Shape.of(items, most) : Shape.of(most), texts);
    }
}
