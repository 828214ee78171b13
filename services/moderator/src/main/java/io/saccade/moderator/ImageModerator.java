package io.saccade.moderator;

import io.saccade.contract.event.Moderation;
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
import io.saccade.triton.Shape;
import java.util.List;

/** Image to verdict: {@code image} UINT8 {@code [n][S][S][3]} in, {@code scores} FP32 {@code [n][labels]}, 0..1 each, out. */
final class ImageModerator implements Adapter<Moderation> {

    private final Manifest manifest;
    private final List<String> labels;
    private final Policy policy;

    ImageModerator(Manifest manifest, List<String> labels, Policy policy) {
        manifest.model().requireOutput("scores", DataType.FP32, labels.size());
        this.manifest = manifest;
        this.labels = List.copyOf(labels);
        this.policy = policy;
    }

    @Override
    public Task task() {
        return Task.MODERATION;
    }

    @Override
    public Manifest manifest() {
        return manifest;
    }

    @Override
    public Outcome.Done<Moderation> answer(Pixels image, List<Question> questions, ModelCalls model)
            throws BadOutputException, InterruptedException {
        var result = model.infer(InferRequest.to(manifest.model().name()).input(manifest.image(image, 1)));
        var raw = result.output("scores", DataType.FP32, Shape.of(1, labels.size()))
                .asFloats();
        var scores = new double[raw.length];
        for (int i = 0; i < raw.length; i++) {
            scores[i] = manifest.probability("scores", raw[i]);
        }
        return new Outcome.Done<>(policy.decide(labels, scores), manifest.ref(result));
    }
}
