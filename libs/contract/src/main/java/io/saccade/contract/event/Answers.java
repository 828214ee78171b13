package io.saccade.contract.event;

import java.util.List;

/**
 * Answers to the questions of one request, in the order they were asked.
 *
 * @param items one per question
 */
public record Answers(List<Item> items) implements Answer {

    public Answers {
        items = Check.list("answers.items", Check.present("answers.items", items));
    }

    /**
     * One question and its answer.
     *
     * @param questionId as given with the question
     * @param question   as asked
     * @param answer     as the model wrote it
     * @param confidence product of the probabilities of the words, 0..1
     */
    public record Item(String questionId, String question, String answer, double confidence) {

        public Item {
            Check.id("answer.questionId", questionId);
            Check.present("answer.question", question);
            Check.present("answer.answer", answer);
            Check.fraction("answer.confidence", confidence);
        }
    }
}
