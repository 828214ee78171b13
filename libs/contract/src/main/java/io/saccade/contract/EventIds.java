package io.saccade.contract;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/**
 * Ids that the same work always gets again: a digest of what makes it the same. A record that is processed twice, after
 * a crash say, then yields one id, and readers drop the second.
 */
public final class EventIds {

    private EventIds() {}

    /** The id of what a stage found out about a request with one version of a model. */
    public static String result(String requestId, String task, String model, String version) {
        return digest("result", requestId, task, model, version);
    }

    /** The id of a joined answer. */
    public static String enriched(String imageId, int revision) {
        return digest("enriched", imageId, Integer.toString(revision));
    }

    /** The id of what tells readers that an image was erased. */
    public static String erased(String imageId) {
        return digest("erased", imageId);
    }

    /** The id of a dead letter. */
    public static String deadLetter(String stage, String topic, int partition, long offset) {
        return digest("dlq", stage, topic, Integer.toString(partition), Long.toString(offset));
    }

    /** The id of an object in a store, of which {@code version} (or an ETag) tells one content from another. */
    public static String object(String bucket, String key, String version) {
        return digest("object", bucket, key, version);
    }

    /** The id of what became of a dead letter: a letter is handled once. */
    public static String handled(String letterId) {
        return digest("handled", letterId);
    }

    /** SHA-256 of some bytes, 64 lower-case hex characters. */
    public static String sha256(byte[] bytes) {
        return HexFormat.of().formatHex(sha256().digest(bytes));
    }

    /** The first 128 bits of SHA-256 over the parts, each preceded by its length so that no two lists collide. */
    private static String digest(String... parts) {
        var digest = sha256();
        for (var part : parts) {
            var bytes = part.getBytes(StandardCharsets.UTF_8);
            digest.update((bytes.length + ":").getBytes(StandardCharsets.US_ASCII));
            digest.update(bytes);
        }
        return HexFormat.of().formatHex(digest.digest(), 0, 16);
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }
}
