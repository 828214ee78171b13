package io.saccade.contract.event;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.net.URI;
import org.jspecify.annotations.Nullable;

/**
 * Where the bytes of an image are: in the event itself, or behind a URI. Exactly one of the two.
 *
 * @param inline      the encoded file (JPEG, PNG, ...), at most {@value #MAX_INLINE_BYTES} bytes; base64 in JSON
 * @param uri         where to read it; whether its scheme and address are allowed is the reader's decision
 * @param sha256      digest of the bytes, 64 lower-case hex characters; when given, the reader verifies it
 * @param contentType a hint only: the reader looks at the bytes
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record ImageRef(
        @Nullable InlineBytes inline,
        @Nullable URI uri,
        @Nullable String sha256,
        @Nullable String contentType) {

    /** 1 MiB: a larger image travels by reference, so that a broker's default limits hold. */
    public static final int MAX_INLINE_BYTES = 1 << 20;

    public ImageRef {
        if ((inline == null) == (uri == null)) {
            throw new IllegalArgumentException(
                    "image must have either 'inline' or 'uri', got " + (inline == null ? "neither" : "both"));
        }
        if (inline != null && inline.size() > MAX_INLINE_BYTES) {
            throw new IllegalArgumentException("image.inline must have at most " + MAX_INLINE_BYTES + " bytes, got "
                    + inline.size() + "; send a larger image by 'uri'");
        }
        if (uri != null && !uri.isAbsolute()) {
            throw new IllegalArgumentException("image.uri must be absolute, for example https://host/picture.jpg");
        }
        Check.sha256("image.sha256", sha256);
    }

    /** An image that travels in the event. */
    public static ImageRef inline(byte[] encoded) {
        return new ImageRef(InlineBytes.of(encoded), null, null, null);
    }

    /** An image that lies elsewhere. */
    public static ImageRef at(URI uri) {
        return new ImageRef(null, uri, null, null);
    }
}
