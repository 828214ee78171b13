package io.saccade.encoder;

import io.saccade.contract.event.Embedding;
import io.saccade.contract.event.Question;
import io.saccade.contract.event.Task;
import io.saccade.contract.event.Vector;
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
import java.util.List;
import java.util.Optional;

/** Image to vector: {@code image} UINT8 {@code [n][S][S][3]} in, {@code embedding} FP32 {@code [n][D]}, unit length, out. */
final class ImageEncoder implements Adapter<Embedding> {

    private static final String EMBEDDING = "embedding";
    /** How far from 1 the length of a unit vector in float32 (or stored as fp16) may lie. */
    private static final double UNIT_TOLERANCE = 1e-2;

    private final Manifest manifest;
    private final Optional<ZeroShotLabels> labels;
    private final int topLabels;
    private final String space;

    ImageEncoder(Manifest manifest, Optional<ZeroShotLabels> labels, int topLabels) {
        ModelContract.of()
                .output(EMBEDDING, DataType.FP32, Shape.VARIABLE)
                .parameter("embedding.space")
                .require(manifest.model());
        this.manifest = manifest;
        this.labels = labels;
        this.topLabels = topLabels;
        this.space = manifest.model().requireParameter("embedding.space");
    }

    @Override
    public Task task() {
        return Task.EMBEDDING;
    }

    @Override
    public Manifest manifest() {
        return manifest;
    }

    @Override
    public Outcome.Done<Embedding> answer(Pixels image, List<Question> questions, ModelCalls model)
            throws BadOutputException, InterruptedException {
        var result = model.infer(InferRequest.to(manifest.model().name()).input(manifest.image(image, 1)));
        var vector = unit(result.output(EMBEDDING, DataType.FP32, Shape.of(1, Shape.VARIABLE))
                .asFloats());
        return new Outcome.Done<>(
                new Embedding(
                        space,
                        vector,
                        labels.map(l -> l.best(vector, topLabels)).orElse(List.of())),
                manifest.ref(result));
    }

    private Vector unit(float[] values) throws BadOutputException {
        try {
            var vector = Vector.of(values);
            double length = Math.sqrt(vector.dot(vector));
            if (Math.abs(length - 1) <= UNIT_TOLERANCE) {
                return vector;
            }
            throw new BadOutputException("model '" + manifest.model().name()
                    + "', output 'embedding': an L2-normalised vector was expected, got length " + length);
        } catch (IllegalArgumentException e) {
            throw new BadOutputException(
                    "model '" + manifest.model().name() + "', output 'embedding': " + e.getMessage());
        }
    }
}
