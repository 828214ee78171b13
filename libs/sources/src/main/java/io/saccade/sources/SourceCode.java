package io.saccade.sources;

/**
 * Why the bytes of an image were not had, where {@link io.saccade.guard.FetchCode} has no word for it. The text of a code
 * never changes: dashboards and other people's code compare it.
 */
public enum SourceCode {
    /** The URI's scheme is none that images come by, or one that is switched off. */
    SCHEME_UNSUPPORTED("fetch.scheme_unsupported", "images are not read by this scheme here"),
    /** A file outside the roots. */
    PATH_FORBIDDEN("fetch.path_forbidden", "the file lies outside the folders that may be read"),
    /** A bucket, or a place in it, that is not listed. */
    BUCKET_FORBIDDEN("fetch.bucket_forbidden", "the bucket is none that images of this tenant may be read from"),
    /** A folder, a device, a pipe. */
    NOT_A_FILE("fetch.not_a_file", "the URI names something that is no regular file"),
    /** The bytes are not those the event announced. */
    DIGEST_MISMATCH("fetch.digest_mismatch", "the bytes do not have the SHA-256 that the event gives"),
    /** The host has failed so often that it is left alone for a while. */
    HOST_RESTING("fetch.host_resting", "the host failed several times in a row and is left alone for a while", true),
    /** As many fetches as are allowed were at work. */
    BUSY(
            "fetch.busy",
            "as many fetches as allowed, from this host or for this tenant, were at work all the time",
            true),
    /** No credentials for the store, or expired ones. */
    CREDENTIALS("fetch.credentials", "the services have no valid credentials for the store", true);

    private final String code;
    private final String sentence;
    private final boolean passing;

    SourceCode(String code, String sentence) {
        this(code, sentence, false);
    }

    SourceCode(String code, String sentence, boolean passing) {
        this.code = code;
        this.sentence = sentence;
        this.passing = passing;
    }

    /** The code as it travels in events, such as {@code fetch.path_forbidden}. */
    public String code() {
        return code;
    }

    /** What it means, without a full stop. */
    public String sentence() {
        return sentence;
    }

    /** Whether the same event may succeed later. */
    public boolean passing() {
        return passing;
    }
}
