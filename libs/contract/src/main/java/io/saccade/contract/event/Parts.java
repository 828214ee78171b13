package io.saccade.contract.event;

import java.util.stream.Stream;

/**
 * What became of every task; none is left out.
 *
 * @param embedding  the image as a vector
 * @param caption    the image in a sentence
 * @param answers    answers to the questions
 * @param moderation scores and verdict
 */
public record Parts(
        Part<Embedding> embedding, Part<Caption> caption, Part<Answers> answers, Part<Moderation> moderation) {

    public Parts {
        Check.present("parts.embedding", embedding);
        Check.present("parts.caption", caption);
        Check.present("parts.answers", answers);
        Check.present("parts.moderation", moderation);
    }

    /** The part of a task. */
    public Part<?> of(Task task) {
        return switch (task) {
            case EMBEDDING -> embedding;
            case CAPTION -> caption;
            case ANSWERS -> answers;
            case MODERATION -> moderation;
        };
    }

    /** All parts, in the order of {@link Task}. */
    public Stream<Part<?>> stream() {
        return Stream.of(embedding, caption, answers, moderation);
    }
}
