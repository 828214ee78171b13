package io.saccade.guard.http;

import static java.util.Objects.requireNonNull;

import io.saccade.guard.FetchCode;
import java.net.URI;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** How a fetch ended. Its sentences hold no path, no query and no user name. */
public sealed interface HttpOutcome {

    /**
     * The bytes are here.
     *
     * @param bytes       the body, not copied: nobody else holds it
     * @param contentType what the server calls it, at most 200 printable characters; a claim, nothing more
     * @param finalUri    where it was after redirects, query included: not for logs
     * @param took        from the call to the last byte, name resolution included
     */
    @SuppressWarnings("ArrayRecordComponent") // handed over, never compared
    record Fetched(byte[] bytes, @Nullable String contentType, URI finalUri, Duration took) implements HttpOutcome {

        public Fetched {
            requireNonNull(bytes, "bytes");
            requireNonNull(finalUri, "finalUri");
            requireNonNull(took, "took");
        }
    }

    /**
     * It must not be fetched, or there is nothing to fetch: the same again would end the same.
     *
     * @param code     for machines; not {@linkplain FetchCode#passing() passing}
     * @param sentence for people
     */
    record Refused(FetchCode code, String sentence) implements HttpOutcome {

        public Refused {
            requireNonNull(code, "code");
            requireNonNull(sentence, "sentence");
            if (code.passing()) {
                throw new IllegalArgumentException(code + " may pass, so it is no refusal");
            }
        }
    }

    /**
     * It did not work, and may work later.
     *
     * @param code       for machines; {@linkplain FetchCode#passing() passing}
     * @param sentence   for people
     * @param retryAfter how long the server asks to wait, 0 to {@link RetryAfter#LONGEST}; null if it does not say
     */
    record Failed(FetchCode code, String sentence, @Nullable Duration retryAfter) implements HttpOutcome {

        public Failed {
            requireNonNull(code, "code");
            requireNonNull(sentence, "sentence");
            if (!code.passing()) {
                throw new IllegalArgumentException(code + " does not pass, so it is a refusal");
            }
            if (retryAfter != null && (retryAfter.isNegative() || retryAfter.compareTo(RetryAfter.LONGEST) > 0)) {
                throw new IllegalArgumentException(
                        "retryAfter must be 0 to " + RetryAfter.LONGEST + ", got " + retryAfter);
            }
        }
    }
}
