package io.saccade.captioner;

import io.saccade.contract.event.Caption;
import io.saccade.contract.event.Question;
import io.saccade.contract.event.Task;
import io.saccade.stage.Adapter;
import io.saccade.stage.BadOutputException;
import io.saccade.stage.Manifest;
import io.saccade.stage.ModelCalls;
import io.saccade.stage.Outcome;
import io.saccade.stage.Pixels;
import io.saccade.triton.DataType;
import io.saccade.triton.InferRequest;
import io.saccade.triton.ModelContract;
import io.saccade.triton.Shape;
import io.saccade.vision.TextTokenizer;
import java.util.List;

/**
 * Image to sentence: {@code image} UINT8 {@code [n][S][S][3]} in; {@code tokens} INT64 {@code [n][T]} and
 * {@code confidence} FP32 {@code [n][1]} out. The whole generation runs inside the model.
 */
final class ImageCaptioner implements Adapter<Caption> {

    private final Manifest manifest;
    private final TextTokenizer tokenizer;

    ImageCaptioner(Manifest manifest, TextTokenizer tokenizer) {
        ModelContract.of()
                .output("tokens", DataType.INT64, Shape.VARIABLE)
                .output("confidence", DataType.FP32, 1)
                .require(manifest.model());
        this.manifest = manifest;
        this.tokenizer = tokenizer;
    }

    @Override
    public Task task() {
        return Task.CAPTION;
    }

    @Override
    public Manifest manifest() {
        return manifest;
    }

    @Override
    public Outcome.Done<Caption> answer(Pixels image, List<Question> questions, ModelCalls model)
            throws BadOutputException, InterruptedException {
        var result = model.infer(InferRequest.to(manifest.model().name()).input(manifest.image(image, 1)));
        var tokens = result.output("tokens", DataType.INT64, Shape.of(1, Shape.VARIABLE))
                .asLongs();
        var unknown = tokenizer.firstUnknown(tokens);
        if (unknown.isPresent()) {
            throw new BadOutputException("'tokens' of model '"
                    + manifest.model().name() + "' must hold ids of its tokenizer, got " + unknown.getAsLong());
        }
        var confidence = result.output("confidence", DataType.FP32, Shape.of(1, 1));
        return new Outcome.Done<>(
                new Caption(
                        tokenizer.decode(tokens),
                        manifest.probability("confidence", confidence.asFloats()[0])),
                manifest.ref(result));
    }

    @Override
    public void close() {
        tokenizer.close();
    }
}
