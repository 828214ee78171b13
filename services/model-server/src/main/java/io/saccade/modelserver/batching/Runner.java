package io.saccade.modelserver.batching;

import io.saccade.triton.Tensor;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Runs batches, on one thread: each instance of a model has its own. */
public interface Runner {
    /**
     * Runs the requests of a batch as one.
     *
     * @param requests inputs of each request, all of one {@link Job#kind}
     * @param outputs  names of the outputs at least one request wants
     * @param stage    told when the inputs are in place and when the run is over
     * @return outputs by name, for the whole batch
     * @throws RunException with the status each of the requests is to be answered
     */
    Map<String, Tensor> run(List<List<Tensor>> requests, Set<String> outputs, Stage stage) throws RunException;

    /** Where a run stands. */
    interface Stage {
        /** The inputs are in place. */
        void inputsReady();

        /** The outputs are computed. */
        void ran();
    }
}
