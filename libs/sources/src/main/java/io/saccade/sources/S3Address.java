package io.saccade.sources;

import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * An object of a store: {@code s3://bucket/key}, the key percent-encoded, with {@code ?versionId=...} for one version.
 *
 * @param bucket  its name; no access point and no ARN
 * @param key     as the store knows it
 * @param version which version, or null for the newest
 */
record S3Address(String bucket, String key, @Nullable String version) {

    private static final Pattern BUCKET = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{1,253}[A-Za-z0-9]");
    private static final Pattern VERSION = Pattern.compile("versionId=([^&=]{1,1024})");
    private static final int LONGEST_KEY = 1024;

    static Optional<S3Address> of(URI uri) {
        var bucket = uri.getRawAuthority();
        var path = uri.getPath();
        if (bucket == null || !BUCKET.matcher(bucket).matches() || path == null || uri.getRawFragment() != null) {
            return Optional.empty();
        }
        var key = path.startsWith("/") ? path.substring(1) : path;
        if (key.isEmpty() || key.getBytes(StandardCharsets.UTF_8).length > LONGEST_KEY || leadsUp(key)) {
            return Optional.empty();
        }
        if (uri.getRawQuery() == null) {
            return Optional.of(new S3Address(bucket, key, null));
        }
        var version = VERSION.matcher(uri.getRawQuery());
        return version.matches()
                ? Optional.of(new S3Address(bucket, key, URLDecoder.decode(version.group(1), StandardCharsets.UTF_8)))
                : Optional.empty();
    }

    /** To a store such a key is a name like any other; to a store that keeps files it may be a way out of its prefix. */
    private static boolean leadsUp(String key) {
        return Arrays.stream(key.split("[/\\\\]", -1)).anyMatch(step -> step.equals("..") || step.equals("."))
                || key.chars().anyMatch(c -> c < ' ');
    }
}
