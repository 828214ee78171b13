package io.saccade.testkit;

import io.grpc.Status;
import io.saccade.triton.Tensor;
import java.time.Duration;
import java.util.List;

/** What the {@link ScriptedModelServer} does with a call. */
public sealed interface Reply {

    /**
     * Answers with tensors, exactly as they are: nothing checks that they fit the model.
     *
     * @param outputs in this order
     */
    record Outputs(List<Tensor> outputs) implements Reply {
        public Outputs {
            outputs = List.copyOf(outputs);
        }
    }

    /**
     * Fails with a gRPC status, which is never OK.
     *
     * @param status with the text the caller reads
     */
    record Failing(Status status) implements Reply {
        public Failing {
            if (status.isOk()) {
                throw new IllegalArgumentException("a failing reply must not be OK");
            }
        }
    }

    /**
     * Does something later.
     *
     * @param delay from the call on
     * @param then  what
     */
    record Later(Duration delay, Reply then) implements Reply {}

    /** Never answers; the caller's deadline ends the call. */
    record Silence() implements Reply {}

    /** Answers with tensors. */
    static Reply outputs(Tensor... outputs) {
        return new Outputs(List.of(outputs));
    }

    /** Fails as a server that is full does. */
    static Reply full() {
        return failing(Status.Code.UNAVAILABLE, "Exceeds maximum queue size");
    }

    /** Fails with a status and a text. */
    static Reply failing(Status.Code code, String text) {
        return new Failing(code.toStatus().withDescription(text));
    }

    /** This reply, but later. */
    default Reply after(Duration delay) {
        return new Later(delay, this);
    }
}
