package io.saccade.stage;

import io.saccade.contract.event.ModelRef;
import io.saccade.triton.DataType;
import io.saccade.triton.InferResult;
import io.saccade.triton.ModelContract;
import io.saccade.triton.ModelInfo;
import io.saccade.triton.Shape;
import io.saccade.triton.Tensor;
import io.saccade.triton.TensorSpec;
import io.saccade.vision.Preprocessing;
import io.saccade.vision.TextTokenizer;
import io.saccade.vision.TokenizerSpec;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.Stream;

/**
 * What a model says of itself, read once at the start: the parameters of its {@code config.pbtxt} are the only place
 * where size, crop, tokenizer and thresholds are written down.
 *
 * @param model         as the server describes it
 * @param preprocessing what it wants done to an image
 */
public record Manifest(ModelInfo model, Preprocessing preprocessing) {

    /** Name of the image input of every model of ours. */
    public static final String IMAGE = "image";

    /**
     * Reads the manifest of a model that takes an image.
     *
     * @param also further inputs that the stage will send; the model may demand no others
     * @throws io.saccade.triton.ModelMismatchException if the image input is not what the manifest says
     * @throws IllegalArgumentException                 if a parameter is missing or wrong; the message names the model
     */
    public static Manifest of(ModelInfo model, String... also) {
        Preprocessing preprocessing;
        try {
            preprocessing = Preprocessing.fromManifest(model.parameters());
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("model '" + model.name() + "': " + e.getMessage(), e);
        }
        ModelContract.of()
                .input(IMAGE, type(preprocessing), dimensions(preprocessing))
                .parameter("family")
                .batchOf(1)
                .oneAnswer()
                .require(model);
        var sent = Stream.concat(Stream.of(IMAGE), Arrays.stream(also)).toList();
        var missing = model.inputs().stream()
                .filter(input -> !input.optional() && !sent.contains(input.name()))
                .map(TensorSpec::name)
                .toList();
        if (!missing.isEmpty()) {
            throw new IllegalArgumentException("model '" + model.name() + "' demands the inputs " + missing
                    + ", but this stage sends only " + sent + "; is saccade.triton.model the right one?");
        }
        return new Manifest(model, preprocessing);
    }

    /** An image, repeated for each row of a batch, as the model's input. */
    public Tensor image(Pixels image, int rows) {
        var dimensions = dimensions(preprocessing);
        var shape = Shape.of(rows, dimensions[0], dimensions[1], dimensions[2]);
        if (rows == 1) {
            return Tensor.of(IMAGE, type(preprocessing), shape, ByteBuffer.wrap(image.rgb()));
        }
        var repeated = new byte[image.rgb().length * rows];
        for (int row = 0; row < rows; row++) {
            System.arraycopy(image.rgb(), 0, repeated, row * image.rgb().length, image.rgb().length);
        }
        return Tensor.of(IMAGE, type(preprocessing), shape, ByteBuffer.wrap(repeated));
    }

    private static DataType type(Preprocessing preprocessing) {
        return switch (preprocessing.output().type()) {
            case UINT8 -> DataType.UINT8;
            case FP16 -> DataType.FP16;
            case FP32 -> DataType.FP32;
        };
    }

    private static long[] dimensions(Preprocessing preprocessing) {
        long size = preprocessing.size();
        return switch (preprocessing.output().layout()) {
            case NHWC -> new long[] {size, size, 3};
            case NCHW -> new long[] {3, size, size};
        };
    }

    /**
     * The tokenizer that lies in the model's folder.
     *
     * @throws IllegalArgumentException if it is missing, broken, or not the one the model was made with
     */
    public static TextTokenizer tokenizer(ModelInfo model, Path folder) {
        var file = folder.resolve(model.requireParameter("tokenizer.file"));
        return TextTokenizer.load(file, TokenizerSpec.fromManifest(model.parameters()));
    }

    /** Which model gave this answer. */
    public ModelRef ref(InferResult result) {
        return new ModelRef(result.model(), result.version(), model.requireParameter("family"));
    }

    /**
     * A probability a model gave, made to lie in 0..1 where rounding left it, with six decimals: more is noise of float32.
     *
     * @throws BadOutputException if it is not finite or truly outside
     */
    public double probability(String tensor, float value) throws BadOutputException {
        if (!(value >= -1e-3 && value <= 1.001)) {
            throw new BadOutputException("model '" + model.name() + "', output '" + tensor
                    + "': a probability must lie in 0..1, got " + value);
        }
        return Math.round(Math.clamp(value, 0.0, 1.0) * 1e6) / 1e6;
    }
}
