package io.saccade.protocol;

import io.grpc.Status;

/**
 * What a server said, as text that is the same on each run.
 *
 * @param code OK for an answer, anything else for a refusal
 * @param text the message in protobuf's text format, or the description of the refusal
 */
record Answer(Status.Code code, String text) {

    Answer {
        text = text.strip();
    }

    boolean isOk() {
        return code == Status.Code.OK;
    }

    /** Without the id of the request before it, which says nothing about the refusal. */
    Answer withoutId() {
        return isOk() ? this : new Answer(code, text.replaceFirst("^\\[request id: [^]]*] ", ""));
    }
}
