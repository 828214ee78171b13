package io.saccade.modelserver.batching;

import io.grpc.Status;

/** A run that failed, with what is to be answered. */
public final class RunException extends Exception {
    /** What is to be answered. */
    private final transient Status status;

    /** A run that failed for this reason. */
    public RunException(Status status, Throwable cause) {
        super(status.getDescription(), cause);
        this.status = status;
    }

    Status status() {
        return status;
    }
}
