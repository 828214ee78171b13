package io.saccade.fuzz;

import io.saccade.contract.EventType;

/** A value of the questions topic, as {@link ImageEventTarget} for images. */
public final class QuestionEventTarget {
    private QuestionEventTarget() {}

    /** Called by the fuzzer. */
    public static void fuzzerTestOneInput(byte[] data) {
        ImageEventTarget.roundTrip(EventType.QUESTION_ASKED, data);
    }
}
