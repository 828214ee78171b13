package io.saccade.stage;

import io.saccade.contract.event.Answer;
import io.saccade.contract.topic.Topic;
import io.saccade.triton.ModelInfo;
import io.saccade.triton.TritonClient;
import java.nio.file.Path;
import java.util.Set;

/**
 * Makes a service's adapter once its model is ready: the one bean a service has to offer.
 *
 * @param <A> the answer of its task
 */
public interface AdapterFactory<A extends Answer> {

    /** The stage's name, for groups, metrics and events. */
    String stage();

    /** Folder of its model in the repository, unless configured otherwise. */
    String model();

    /** What it reads. Whoever reads {@link Topic#IMAGES} is given {@link Topic#BACKFILL} too, unnamed: the join awaits both. */
    Set<Topic> topics();

    /**
     * Checks the model and reads what lies beside it.
     *
     * @throws io.saccade.triton.ModelMismatchException if the model is not what the stage needs; the start then fails
     * @throws IllegalArgumentException                 if a file or parameter of the model is wrong; likewise
     * @throws io.saccade.triton.TritonException        if the server fails; the start is then tried again
     */
    Adapter<A> create(Surroundings surroundings);

    /**
     * What an adapter may use.
     *
     * @param model  what the server says of the model
     * @param client to ask other models, at the start only
     * @param models the model repository
     */
    record Surroundings(ModelInfo model, TritonClient client, Path models) {

        /** The model's folder. */
        public Path folder() {
            return models.resolve(model.name());
        }
    }
}
