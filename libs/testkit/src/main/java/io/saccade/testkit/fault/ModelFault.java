package io.saccade.testkit.fault;

import io.grpc.Status;
import java.time.Duration;

/** What happens to one inference call on its way to a real model server and back. */
public sealed interface ModelFault {

    /** Nothing. */
    record None() implements ModelFault {}

    /**
     * The call never reaches the server and fails.
     *
     * @param status never OK
     */
    record Failing(Status status) implements ModelFault {
        public Failing {
            if (status.isOk()) {
                throw new IllegalArgumentException("a failing call must not end as OK");
            }
        }
    }

    /**
     * The call reaches the server late.
     *
     * @param delay before it does
     * @param then  what happens after it
     */
    record Late(Duration delay, ModelFault then) implements ModelFault {}

    /**
     * The server computes, and what it answers is spoilt.
     *
     * @param damage in which way
     */
    record Spoilt(Damage damage) implements ModelFault {}

    /** The server computes, and its answer is lost; the caller's deadline ends the call. */
    record Lost() implements ModelFault {}

    /** Ways to spoil an answer. Each is applied to every output it fits. */
    enum Damage {
        /** Every number that can be is NaN. */
        NAN,
        /** Every number that can be is infinite. */
        INFINITE,
        /** The shape says one row more than there are bytes for. */
        WRONG_SHAPE,
        /** The last byte is missing. */
        TRUNCATED,
        /** No output at all. */
        EMPTY,
        /** The type is another one of the same size, or of another size. */
        WRONG_TYPE,
        /** Whole numbers far outside of any vocabulary, as a decoder that has gone astray writes. */
        WILD
    }

    /** Nothing. */
    static ModelFault none() {
        return new None();
    }

    /** Fails with a code. */
    static ModelFault failing(Status.Code code, String text) {
        return new Failing(code.toStatus().withDescription(text));
    }

    /** This, but later. */
    default ModelFault after(Duration delay) {
        return new Late(delay, this);
    }
}
