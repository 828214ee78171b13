package io.saccade.vision;

/** What a decoder makes of some bytes. */
sealed interface Decoded {

    record Picture(Bitmap bitmap) implements Decoded {}

    record Refused(Refusal refusal) implements Decoded {}

    static Decoded refused(RefusalCode code, String message) {
        return new Refused(new Refusal(code, message));
    }
}
