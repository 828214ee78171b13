package io.saccade.vision;

/** Why a picture is refused. The text of a code never changes: dashboards and other people's code compare it. */
public enum RefusalCode {
    /** There are no bytes. */
    EMPTY("image.empty", "There are no bytes."),
    /** More bytes than {@link ImageLimits#maxBytes()}. */
    TOO_LARGE("image.too_large", "The file has more bytes than are allowed."),
    /** The header says more pixels than {@link ImageLimits#maxPixels()}. */
    TOO_MANY_PIXELS("image.too_many_pixels", "The header says more pixels than are allowed."),
    /** The header says an edge longer than {@link ImageLimits#maxSide()}. */
    SIDE_TOO_LONG("image.side_too_long", "The header says an edge that is longer than allowed."),
    /** One edge is more than {@link ImageLimits#maxRatio()} times as long as the other. */
    TOO_NARROW("image.too_narrow", "One edge is so much longer than the other that nothing could be seen."),
    /** Decoding would cost far more than the pixels are worth, as a JPEG of thousands of scans does. */
    TOO_COMPLEX("image.too_complex", "Decoding would cost far more than the pixels are worth."),
    /** Decoding took longer than {@link ImageLimits#maxTime()}; the one reason that depends on the machine. */
    TOO_SLOW("image.too_slow", "Decoding took longer than allowed and was given up."),
    /** The process died twice while it decoded these bytes. */
    CRASHED_DECODER("image.crashed_decoder", "The process died twice while it decoded this file."),
    /** A format that is not read, or a kind of one that no decoder here can read. */
    UNSUPPORTED_FORMAT("image.unsupported_format", "The file is of a format, or a kind of one, that is not read."),
    /** Samples of a depth that has no agreed meaning in 8 bits, such as 12-bit JPEG or floating point TIFF. */
    UNSUPPORTED_DEPTH("image.unsupported_depth", "The samples have a depth that is not read."),
    /** The file ends before the picture does. */
    TRUNCATED("image.truncated", "The file ends before the picture does."),
    /** The bytes contradict the format. */
    BROKEN("image.broken", "The bytes contradict the format.");

    private final String code;
    private final String sentence;

    RefusalCode(String code, String sentence) {
        this.code = code;
        this.sentence = sentence;
    }

    /** The code as it travels in events, such as {@code image.too_large}. */
    public String code() {
        return code;
    }

    /** What it means, for the catalogue of codes. */
    public String sentence() {
        return sentence;
    }
}
