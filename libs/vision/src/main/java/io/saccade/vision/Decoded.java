package io.saccade.vision;

/** What a decoder makes of some bytes. */
sealed interface Decoded {

    /**
     * The pixels as stored, and nothing of what else the file said.
     *
     * @param bitmap      the pixels
     * @param format      the file format, by its content
     * @param orientation how the picture is to be turned, if the model wants that done
     * @param decoder     what read it
     */
    record Picture(Bitmap bitmap, ImageFormat format, Orientation orientation, DecoderKind decoder)
            implements Decoded {}

    record Refused(Refusal refusal) implements Decoded {}

    static Decoded picture(Bitmap bitmap, ImageFormat format, Orientation orientation) {
        return new Picture(bitmap, format, orientation, DecoderKind.JAVA);
    }

    static Decoded refused(RefusalCode code, String message) {
        return new Refused(new Refusal(code, message));
    }
}
