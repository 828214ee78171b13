package io.saccade.cli.stack;

import static java.util.Objects.requireNonNull;

/** Which server runs the models of a stack. */
public sealed interface ModelServerChoice {

    /** The server of this checkout, as a process of the stack. */
    record Ours() implements ModelServerChoice {}

    /** NVIDIA's Triton from {@code deploy/triton}, as a process of the stack. */
    record Triton() implements ModelServerChoice {}

    /**
     * A server that somebody else runs; the stack neither starts nor stops it.
     *
     * @param address {@code HOST:PORT} of its gRPC
     */
    record Elsewhere(String address) implements ModelServerChoice {
        public Elsewhere {
            requireNonNull(address, "address");
        }
    }
}
