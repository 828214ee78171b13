package io.saccade.testkit.fault;

import java.util.Arrays;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * Answers of a model server by the very bytes of the requests they answered, as many as fit into some memory; those unused
 * longest go first. Thread-safe.
 */
final class KeptAnswers {

    private final long most;
    private final LinkedHashMap<Request, byte[]> answers = new LinkedHashMap<>(64, 0.75f, true);
    private long bytes;

    /**
     * Nothing kept yet.
     *
     * @param most bytes of requests and answers together; 0 to keep nothing
     */
    KeptAnswers(long most) {
        if (most < 0) {
            throw new IllegalArgumentException("bytes of kept answers must be 0 or more, got " + most);
        }
        this.most = most;
    }

    /** The answer to this request; null when none is kept. */
    byte @Nullable [] of(byte[] request) {
        if (most == 0) {
            return null;
        }
        var key = Request.of(request);
        synchronized (this) {
            return answers.get(key);
        }
    }

    /** Keeps an answer; neither array may be changed afterwards. */
    void keep(byte[] request, byte[] answer) {
        if ((long) request.length + answer.length > most) {
            return;
        }
        var key = Request.of(request);
        synchronized (this) {
            var before = answers.put(key, answer);
            bytes += before == null ? (long) request.length + answer.length : (long) answer.length - before.length;
            for (Iterator<Map.Entry<Request, byte[]>> eldest =
                            answers.entrySet().iterator();
                    bytes > most; ) {
                var gone = eldest.next();
                bytes -= (long) gone.getKey().bytes.length + gone.getValue().length;
                eldest.remove();
            }
        }
    }

    /** Compared byte by byte, so that no two requests are ever taken for one; the checksum only finds the place. */
    private record Request(byte[] bytes, int checksum) {

        static Request of(byte[] bytes) {
            var checksum = new CRC32C();
            checksum.update(bytes);
            return new Request(bytes, (int) checksum.getValue());
        }

        @Override
        public boolean equals(@Nullable Object other) {
            return other instanceof Request(var theirs, var theirChecksum)
                    && checksum == theirChecksum
                    && Arrays.equals(bytes, theirs);
        }

        @Override
        public int hashCode() {
            return checksum;
        }
    }
}
