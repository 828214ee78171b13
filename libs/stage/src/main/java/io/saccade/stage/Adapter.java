package io.saccade.stage;

import io.saccade.contract.event.Answer;
import io.saccade.contract.event.Question;
import io.saccade.contract.event.Task;
import io.saccade.triton.TritonException;
import java.util.List;

/**
 * What one service adds to the common path: its model's inputs and outputs.
 *
 * @param <A> the answer of its task
 */
public interface Adapter<A extends Answer> extends AutoCloseable {

    /** What it answers. */
    Task task();

    /** Its model, and what that wants done to an image. */
    Manifest manifest();

    /**
     * Asks the model. Called on a virtual thread and may block; many calls run at once.
     *
     * @param image     as {@link #manifest()} demands
     * @param questions of the request, maybe none
     * @param model     how to call the model
     * @throws TritonException      if the server fails; its kind decides between retry and dead letter
     * @throws BadOutputException   if the model's output cannot be an answer
     * @throws InterruptedException if the stage is stopping
     */
    Outcome.Done<A> answer(Pixels image, List<Question> questions, ModelCalls model)
            throws TritonException, BadOutputException, InterruptedException;

    @Override
    default void close() {}
}
