package io.saccade.guard;

/**
 * Why a URL is not fetched, or why fetching it did not work. The text of a code never changes: dashboards and other
 * people's code compare it.
 */
public enum FetchCode {
    /** The text is no absolute URL that every parser reads the same way. */
    BAD_URI("fetch.bad_uri", "the URL is not written in a way that every program reads alike"),
    /** The scheme is not among those of the policy. */
    SCHEME_FORBIDDEN("fetch.scheme_forbidden", "the scheme of the URL is not one that may be fetched"),
    /** There is a user name or a password in the URL. */
    USERINFO_FORBIDDEN("fetch.userinfo_forbidden", "the URL holds a user name or a password"),
    /** The host is spelt so that two programs could take it for two different hosts. */
    HOST_AMBIGUOUS("fetch.host_ambiguous", "the host is spelt in a way that programs read differently"),
    /** The host is on the deny list, not on the allow list, or a name that only a machine's surroundings know. */
    HOST_FORBIDDEN("fetch.host_forbidden", "the host is not one that may be asked"),
    /** The port is not among those of the policy. */
    PORT_FORBIDDEN("fetch.port_forbidden", "the port is not one that may be asked"),
    /** An address, or an address inside that address, is not on the public internet. */
    ADDRESS_FORBIDDEN("fetch.address_forbidden", "the host has an address that may not be reached"),
    /** The name has no address, or none was told in time. */
    NAME_UNRESOLVED("fetch.name_unresolved", "no address was found for the name", true),
    /** None of the addresses accepted a connection. */
    CONNECT_FAILED("fetch.connect_failed", "no connection to the host could be made", true),
    /** The certificate is not one for this host that is trusted, or no common protocol was found. */
    TLS_FAILED("fetch.tls_failed", "the server could not prove to be the host that was asked for"),
    /** A redirect without a place, or to a place that is no URL. */
    BAD_REDIRECT("fetch.bad_redirect", "the server sent a redirect that names no place"),
    /** A redirect from {@code https} to {@code http}. */
    REDIRECT_INSECURE("fetch.redirect_insecure", "the server sent a redirect from an encrypted to an open connection"),
    /** More redirects than the policy follows. */
    TOO_MANY_REDIRECTS("fetch.too_many_redirects", "the server sent more redirects than are followed"),
    /** The server wants credentials, or says no. */
    ACCESS_DENIED("fetch.access_denied", "the server denies access"),
    /** The server has nothing there. */
    NOT_FOUND("fetch.not_found", "there is nothing at that place"),
    /** A status that is neither an answer nor worth another try. */
    UNEXPECTED_STATUS("fetch.unexpected_status", "the server answered with a status that is no answer"),
    /** More bytes than asked for at most, told or sent. */
    TOO_LARGE("fetch.too_large", "the answer is larger than may be read"),
    /** The body is compressed although that was not offered. */
    CONTENT_ENCODED("fetch.content_encoded", "the answer is compressed, which was not offered"),
    /** The server asks to come later: 408, 425, 429 or 503. */
    THROTTLED("fetch.throttled", "the server asks to come back later", true),
    /** The server failed: 500, 502, 504 and the like. */
    SERVER_ERROR("fetch.server_error", "the server failed", true),
    /** What came is not HTTP. */
    BAD_RESPONSE("fetch.bad_response", "the server answered with something that is not HTTP", true),
    /** The connection ended before the answer did. */
    BROKEN_OFF("fetch.broken_off", "the connection ended before the answer did", true),
    /** The time was over before the answer was there. */
    TIMED_OUT("fetch.timed_out", "the answer did not come in time", true),
    /** This side has too much to do, was interrupted, or is closed. */
    NOT_ATTEMPTED("fetch.not_attempted", "the fetch was given up on this side", true);

    private final String code;
    private final String sentence;
    private final boolean passing;

    FetchCode(String code, String sentence) {
        this(code, sentence, false);
    }

    FetchCode(String code, String sentence, boolean passing) {
        this.code = code;
        this.sentence = sentence;
        this.passing = passing;
    }

    /** The code as it travels in events, such as {@code fetch.address_forbidden}. */
    public String code() {
        return code;
    }

    /** What it means, without a full stop and without anything of a URL. */
    public String sentence() {
        return sentence;
    }

    /** Whether the same URL may succeed later; if not, asking again is useless. */
    public boolean passing() {
        return passing;
    }
}
