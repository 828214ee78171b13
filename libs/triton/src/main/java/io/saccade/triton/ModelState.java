package io.saccade.triton;

import static java.util.Objects.requireNonNull;

/**
 * One line of the repository index.
 *
 * @param model   name of the model
 * @param version its version, empty when none was ever loaded
 * @param state   READY, UNAVAILABLE, LOADING, UNLOADING, UNKNOWN, or empty when it was never loaded
 * @param reason  why it is not ready, empty when there is nothing to say
 */
public record ModelState(String model, String version, String state, String reason) {
    /** Refuses null. */
    public ModelState {
        requireNonNull(model, "model");
        requireNonNull(version, "version");
        requireNonNull(state, "state");
        requireNonNull(reason, "reason");
    }

    /** Whether it can be asked. */
    public boolean isReady() {
        return state.equals("READY");
    }
}
