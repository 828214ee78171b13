package io.saccade.modelserver;

/** Who says which models are loaded. */
enum ControlMode {
    /** The folder, once, at start. */
    NONE,
    /** Requests; at start only those named. */
    EXPLICIT,
    /** The folder, looked at again and again. */
    POLL
}
