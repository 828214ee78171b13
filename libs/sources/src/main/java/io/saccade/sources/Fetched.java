package io.saccade.sources;

import static java.util.Objects.requireNonNull;

import io.saccade.guard.FetchCode;
import java.time.Duration;
import java.util.Optional;

/** What came of a fetch. */
public sealed interface Fetched {

    /**
     * The bytes of the file.
     *
     * @param encoded to be read only: several readers may share them
     * @param sha256  of the bytes, 64 lower-case hex characters
     */
    @SuppressWarnings("ArrayRecordComponent") // large, shared, and never compared
    record Bytes(byte[] encoded, String sha256) implements Fetched {

        public Bytes {
            requireNonNull(encoded, "encoded");
            requireNonNull(sha256, "sha256");
        }
    }

    /**
     * They may not be read, or never can be.
     *
     * @param code    stable, such as {@code fetch.path_forbidden}
     * @param message one sentence; never a query, a password or bytes
     */
    record Refused(String code, String message) implements Fetched {

        public Refused {
            requireNonNull(code, "code");
            requireNonNull(message, "message");
        }
    }

    /**
     * They could not be had now, and may be later.
     *
     * @param code       stable, such as {@code fetch.timeout}
     * @param message    one sentence; never a query, a password or bytes
     * @param blame      whose fault it was
     * @param retryAfter how long the server asks to wait, if it does; never negative
     */
    record Failed(String code, String message, Blame blame, Optional<Duration> retryAfter) implements Fetched {

        public Failed {
            requireNonNull(code, "code");
            requireNonNull(message, "message");
            requireNonNull(blame, "blame");
            if (retryAfter.filter(Duration::isNegative).isPresent()) {
                throw new IllegalArgumentException("retryAfter must not be negative, got " + retryAfter.get());
            }
        }
    }

    /** Whose fault a failure is: only a host's own counts against it. */
    enum Blame {
        /** It did not answer, or with an error of its own. */
        HOST,
        /** It answered, and asks for patience. */
        LOAD,
        /** It was not even asked, or there was too little time for anybody. */
        OURS
    }

    /** A refusal. */
    static Refused refused(SourceCode code, String message) {
        return refused(code.code(), code.passing(), message);
    }

    /** A refusal, for a reason that the guard knows too. */
    static Refused refused(FetchCode code, String message) {
        return refused(code.code(), code.passing(), message);
    }

    /** A failure. */
    static Failed failed(SourceCode code, String message, Blame blame) {
        return failed(code.code(), code.passing(), message, blame);
    }

    /** A failure, for a reason that the guard knows too. */
    static Failed failed(FetchCode code, String message, Blame blame) {
        return failed(code.code(), code.passing(), message, blame);
    }

    private static Refused refused(String code, boolean passing, String message) {
        if (passing) {
            throw new IllegalArgumentException(code + " may pass, so it is no refusal");
        }
        return new Refused(code, message);
    }

    private static Failed failed(String code, boolean passing, String message, Blame blame) {
        if (!passing) {
            throw new IllegalArgumentException(code + " does not pass, so it is a refusal");
        }
        return new Failed(code, message, blame, Optional.empty());
    }
}
