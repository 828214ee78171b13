package io.saccade.contract.event;

import java.util.List;

/**
 * The image as a vector, and the labels nearest to it.
 *
 * @param space  names the space: vectors can be compared when, and only when, their spaces are equal
 * @param vector L2-normalised
 * @param labels zero-shot labels, best first; empty when none are configured
 */
public record Embedding(String space, Vector vector, List<Label> labels) implements Answer {

    public Embedding {
        Check.id("embedding.space", space);
        Check.present("embedding.vector", vector);
        labels = Check.list("embedding.labels", Check.present("embedding.labels", labels));
    }

    /**
     * A label and how sure the model is of it.
     *
     * @param name  as in the label file
     * @param score probability among the labels of the file, 0..1
     */
    public record Label(String name, double score) {

        public Label {
            Check.text("label.name", name, 200);
            Check.fraction("label.score", score);
        }
    }
}
