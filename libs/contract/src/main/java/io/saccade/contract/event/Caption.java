package io.saccade.contract.event;

/**
 * The image in one sentence.
 *
 * @param text       as the model wrote it; empty when it wrote nothing
 * @param confidence product of the probabilities of the words, 0..1
 */
public record Caption(String text, double confidence) implements Answer {

    public Caption {
        Check.present("caption.text", text);
        Check.fraction("caption.confidence", confidence);
    }
}
