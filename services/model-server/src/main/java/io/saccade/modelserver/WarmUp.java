package io.saccade.modelserver;

import com.google.protobuf.ByteString;
import io.saccade.modelserver.batching.RunException;
import io.saccade.modelserver.batching.Runner;
import io.saccade.modelserver.config.CompleteConfig;
import io.saccade.modelserver.config.ConfigException;
import io.saccade.triton.DataType;
import io.saccade.triton.Shape;
import io.saccade.triton.Tensor;
import io.saccade.triton.proto.ModelConfig;
import io.saccade.triton.proto.ModelInput;
import io.saccade.triton.proto.ModelOutput;
import io.saccade.triton.proto.ModelWarmup;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;

/**
 * The requests of {@code model_warmup}, run before a model is ready, on the thread that loads it. They are not counted anywhere. All
 * instances share one session, so each sample runs {@code count} times and not once more for each instance.
 */
final class WarmUp {
    private static final Runner.Stage UNTIMED = new Runner.Stage() {
        @Override
        public void inputsReady() {}

        @Override
        public void ran() {}
    };

    private final CompleteConfig given;
    private final ModelConfig config;

    /** Always the same numbers: a model that loads today loads tomorrow. */
    private final Random random = new Random(1);

    private WarmUp(CompleteConfig given, ModelConfig config) {
        this.given = given;
        this.config = config;
    }

    /**
     * Runs the samples.
     *
     * @param config with what the graph told
     * @throws ConfigException if a sample does not fit the model or its run fails
     */
    static void run(CompleteConfig given, ModelConfig config, Runner runner) throws ConfigException {
        WarmUp warmUp = new WarmUp(given, config);
        Set<String> outputs = new LinkedHashSet<>();
        config.getOutputList().stream().map(ModelOutput::getName).forEach(outputs::add);
        for (int i = 0; i < config.getModelWarmupCount(); i++) {
            List<Tensor> sample = warmUp.sample(i);
            for (int run = 0; run < Math.max(1, config.getModelWarmup(i).getCount()); run++) {
                try {
                    runner.run(List.of(sample), outputs, UNTIMED);
                } catch (RunException e) {
                    throw warmUp.problem(i, "expected a run that succeeds, got: " + e.getMessage());
                }
            }
        }
    }

    private ConfigException problem(int index, String sentence) {
        return given.problem(
                "model_warmup", index, "sample '" + config.getModelWarmup(index).getName() + "': " + sentence);
    }

    private List<Tensor> sample(int index) throws ConfigException {
        ModelWarmup sample = config.getModelWarmup(index);
        boolean batches = config.getMaxBatchSize() > 0;
        int batch = Math.max(1, sample.getBatchSize());
        if (batch > Math.max(1, config.getMaxBatchSize())) {
            throw problem(
                    index, "batch_size: expected at most " + Math.max(1, config.getMaxBatchSize()) + ", got " + batch);
        }
        List<Tensor> inputs = new ArrayList<>();
        Map<String, ModelWarmup.Input> left = new TreeMap<>(sample.getInputsMap());
        for (ModelInput input : config.getInputList()) {
            ModelWarmup.Input filling = left.remove(input.getName());
            if (filling == null && !input.getOptional()) {
                throw problem(
                        index, "inputs: expected all inputs of the model, got none for '" + input.getName() + "'");
            }
            if (filling == null) {
                continue;
            }
            if (filling.getDataType() != input.getDataType()) {
                throw problem(
                        index,
                        "data_type of '" + input.getName() + "': expected " + input.getDataType() + ", got "
                                + filling.getDataType());
            }
            Shape dims = Shape.of(input.getDimsList());
            if (filling.getDimsList().stream().anyMatch(dim -> dim < 1)
                    || !dims.fits(Shape.of(filling.getDimsList()))) {
                throw problem(
                        index,
                        "dims of '" + input.getName() + "': expected 1 or more each, within " + dims + ", got "
                                + filling.getDimsList());
            }
            Shape shape = Shape.of(filling.getDimsList());
            inputs.add(tensor(index, input, filling, batches ? shape.prepend(batch) : shape));
        }
        if (!left.isEmpty()) {
            throw problem(index, "inputs: expected inputs of the model, got " + left.keySet());
        }
        return inputs;
    }

    private Tensor tensor(int index, ModelInput input, ModelWarmup.Input filling, Shape shape) throws ConfigException {
        boolean zero =
                switch (filling.getInputDataTypeCase()) {
                    case ZERO_DATA -> true;
                    case RANDOM_DATA -> false;
                    case INPUT_DATA_FILE, INPUTDATATYPE_NOT_SET ->
                        throw problem(
                                index,
                                "'" + input.getName() + "': expected zero_data or random_data, got "
                                        + (filling.hasInputDataFile() ? "input_data_file" : "neither"));
                };
        DataType type = DataType.of(input.getDataType()).orElseThrow();
        long elements;
        try {
            elements = Math.multiplyExact(shape.elements(), Math.max(1L, type.size()));
        } catch (ArithmeticException _) {
            elements = Long.MAX_VALUE;
        }
        if (elements > Integer.MAX_VALUE) {
            throw problem(index, "'" + input.getName() + "': expected less than 2 GiB, got shape " + shape);
        }
        int count = (int) shape.elements();
        if (type == DataType.BYTES) {
            List<String> texts = new ArrayList<>();
            for (int i = 0; i < count; i++) {
                texts.add(zero ? "" : Integer.toString(random.nextInt(1_000_000)));
            }
            return Tensor.strings(input.getName(), shape, texts);
        }
        if (zero) {
            return Tensor.of(input.getName(), type, shape, ByteString.copyFrom(new byte[(int) elements]));
        }
        return switch (type) { // any bytes are an integer, but not a number worth computing with
            case FP32 -> Tensor.fp32(input.getName(), shape, floats(count));
            case FP16 -> Tensor.fp16(input.getName(), shape, floats(count));
            case BF16 -> Tensor.bf16(input.getName(), shape, floats(count));
            case FP64 -> {
                double[] values = new double[count];
                for (int i = 0; i < count; i++) {
                    values[i] = random.nextDouble();
                }
                yield Tensor.fp64(input.getName(), shape, values);
            }
            case BOOL -> {
                boolean[] values = new boolean[count];
                for (int i = 0; i < count; i++) {
                    values[i] = random.nextBoolean();
                }
                yield Tensor.bool(input.getName(), shape, values);
            }
            case INT8, INT16, INT32, INT64, UINT8, UINT16, UINT32, UINT64, BYTES -> {
                byte[] bytes = new byte[(int) elements];
                random.nextBytes(bytes);
                yield Tensor.of(
                        input.getName(), type, shape, ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN));
            }
        };
    }

    private float[] floats(int count) {
        float[] values = new float[count];
        for (int i = 0; i < count; i++) {
            values[i] = random.nextFloat();
        }
        return values;
    }
}
