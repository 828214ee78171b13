package io.saccade.triton;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Told of each inference, for metrics. Called on the caller's thread at the start and on gRPC's at the end; must be quick and
 * must not throw. Each start has exactly one finish.
 */
public interface InferListener {
    /** Listens to nothing. */
    InferListener NONE = new InferListener() {};

    /** A call was sent. */
    default void started(String model) {}

    /**
     * A call ended.
     *
     * @param fault null when it succeeded; a call the caller cancelled counts as {@link Fault#PASSING}
     */
    default void finished(String model, Duration took, @Nullable Fault fault) {}

    /** Both, this one first: metrics of the service and of the library side by side. */
    default InferListener and(InferListener other) {
        InferListener one = this;
        return new InferListener() {
            @Override
            public void started(String model) {
                one.started(model);
                other.started(model);
            }

            @Override
            public void finished(String model, Duration took, @Nullable Fault fault) {
                one.finished(model, took, fault);
                other.finished(model, took, fault);
            }
        };
    }
}
