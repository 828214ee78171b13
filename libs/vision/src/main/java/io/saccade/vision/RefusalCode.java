package io.saccade.vision;

/** Why a picture is refused. The text of a code never changes: dashboards and other people's code compare it. */
public enum RefusalCode {
    /** There are no bytes. */
    EMPTY("image.empty"),
    /** More bytes than {@link ImageLimits#maxBytes()}. */
    TOO_LARGE("image.too_large"),
    /** The header says more pixels than {@link ImageLimits#maxPixels()}. */
    TOO_MANY_PIXELS("image.too_many_pixels"),
    /** The header says an edge longer than {@link ImageLimits#maxSide()}. */
    SIDE_TOO_LONG("image.side_too_long"),
    /** Decoding would cost far more than the pixels are worth, as a JPEG of thousands of scans does. */
    TOO_COMPLEX("image.too_complex"),
    /** Neither JPEG nor PNG, or a kind of them the decoder cannot read. */
    UNSUPPORTED_FORMAT("image.unsupported_format"),
    /** More than 8 bits a sample: the reference would clip it to a nearly white picture. */
    UNSUPPORTED_DEPTH("image.unsupported_depth"),
    /** The file ends before the picture does. */
    TRUNCATED("image.truncated"),
    /** The bytes contradict the format. */
    BROKEN("image.broken");

    private final String code;

    RefusalCode(String code) {
        this.code = code;
    }

    /** The code as it travels in events, such as {@code image.too_large}. */
    public String code() {
        return code;
    }
}
