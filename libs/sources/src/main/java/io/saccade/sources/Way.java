package io.saccade.sources;

import io.saccade.contract.event.ImageRef;
import java.net.URI;
import java.util.Locale;

/** How an image comes. A bounded set, fit for a metric's tag: a scheme that nobody reads is {@link #OTHER}. */
public enum Way {
    /** In the event. */
    INLINE,
    /** In the event, as a URI. */
    DATA,
    /** From a folder. */
    FILE,
    /** From a web server, in the clear. */
    HTTP,
    /** From a web server. */
    HTTPS,
    /** From an object store. */
    S3,
    /** By a scheme that is none of these. */
    OTHER;

    /** The way of an image, whether it is switched on or not. */
    public static Way of(ImageRef image) {
        URI uri = image.uri();
        if (uri == null) {
            return INLINE;
        }
        return switch (String.valueOf(uri.getScheme()).toLowerCase(Locale.ROOT)) {
            case "data" -> DATA;
            case "file" -> FILE;
            case "http" -> HTTP;
            case "https" -> HTTPS;
            case "s3" -> S3;
            default -> OTHER;
        };
    }

    /** In lower case, as it stands in metrics and, for those that have one, in URIs. */
    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }
}
