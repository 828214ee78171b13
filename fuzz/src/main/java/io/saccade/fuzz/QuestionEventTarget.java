package io.saccade.fuzz;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.saccade.contract.EventType;

/** A value of the questions topic, as {@link ImageEventTarget} for images. */
public final class QuestionEventTarget {
    private QuestionEventTarget() {}

    /** Called by the fuzzer first, so that loading does not count as the time of an input. */
    public static void fuzzerInitialize() {
        fuzzerTestOneInput(
                "{\"id\":\"q\",\"imageId\":\"a\",\"question\":\"what?\",\"image\":{\"uri\":\"https://a.example/\"}}"
                        .getBytes(UTF_8));
    }

    /** Called by the fuzzer. */
    public static void fuzzerTestOneInput(byte[] data) {
        ImageEventTarget.roundTrip(EventType.QUESTION_ASKED, data);
    }
}
