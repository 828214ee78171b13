package io.saccade.triton;

import io.grpc.Status;

/** Failures as the client makes them, for tests of other packages. */
public final class FailuresForTests {
    private FailuresForTests() {}

    /** The server is full. */
    public static TritonException overloaded() {
        return TritonException.of(
                "infer",
                "m",
                Status.UNAVAILABLE.withDescription("Exceeds maximum queue size").asRuntimeException());
    }

    /** The item is at fault. */
    public static TritonException permanent() {
        return TritonException.of(
                "infer",
                "m",
                Status.INVALID_ARGUMENT.withDescription("wrong shape").asRuntimeException());
    }
}
