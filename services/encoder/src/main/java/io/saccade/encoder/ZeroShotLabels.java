package io.saccade.encoder;

import io.saccade.contract.event.Embedding.Label;
import io.saccade.contract.event.Vector;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Zero-shot classification as in CLIP (Radford et al. 2021, section 3.1): a class is the mean of the L2-normalised
 * vectors of its prompts, L2-normalised again; its probability is the softmax over {@code scale * cosine}. Immutable.
 */
final class ZeroShotLabels {

    private final List<String> names;
    private final List<Vector> classes;
    private final double scale;

    /**
     * Labels with their class vectors.
     *
     * @param scale the learned {@code exp(logit_scale)}, positive
     */
    ZeroShotLabels(List<String> names, List<Vector> classes, double scale) {
        if (names.size() != classes.size()) {
            throw new IllegalArgumentException(
                    "each label needs a vector, got " + names.size() + " labels and " + classes.size() + " vectors");
        }
        if (!(scale > 0) || Double.isInfinite(scale)) {
            throw new IllegalArgumentException("embedding.scale must be positive and finite, got " + scale);
        }
        this.names = List.copyOf(names);
        this.classes = List.copyOf(classes);
        this.scale = scale;
    }

    /** The class of a label: the normalised mean of its prompts' vectors, each L2-normalised. */
    static Vector classOf(List<Vector> prompts) {
        var sum = new double[prompts.getFirst().length()];
        for (var prompt : prompts) {
            for (int i = 0; i < sum.length; i++) {
                sum[i] += prompt.at(i);
            }
        }
        double square = 0;
        for (double x : sum) {
            square += x * x;
        }
        double norm = Math.sqrt(square);
        var mean = new float[sum.length];
        for (int i = 0; i < sum.length; i++) {
            mean[i] = (float) (sum[i] / norm);
        }
        return Vector.of(mean);
    }

    /** The most probable labels of an image, best first. */
    List<Label> best(Vector image, int count) {
        var logits = new double[classes.size()];
        double highest = Double.NEGATIVE_INFINITY;
        for (int i = 0; i < logits.length; i++) {
            logits[i] = scale * image.dot(classes.get(i));
            highest = Math.max(highest, logits[i]);
        }
        double sum = 0;
        for (int i = 0; i < logits.length; i++) {
            logits[i] = Math.exp(logits[i] - highest); // the highest taken away, so that nothing overflows
            sum += logits[i];
        }
        double total = sum;
        return IntStream.range(0, logits.length)
                .mapToObj(i -> new Label(names.get(i), Math.round(logits[i] / total * 1e6) / 1e6))
                .sorted(Comparator.comparingDouble(Label::score).reversed())
                .limit(count)
                .toList();
    }
}
