package io.saccade.sources;

import java.net.URI;
import java.time.Duration;
import java.util.Optional;

/**
 * How a store that speaks S3 is reached. Credentials come by the chain that every AWS program uses: environment, system
 * properties, web identity of a Kubernetes service account, profile files, container and instance roles.
 *
 * @param access    what may be read; nothing switches {@code s3:} off
 * @param endpoint  of a store that is not AWS's, such as {@code https://minio.internal:9000}; it is the operator's word
 *                  and may lie in a private network
 * @param region    for signatures; the chain's, or {@code us-east-1}, when left out
 * @param pathStyle {@code endpoint/bucket/key} instead of {@code bucket.endpoint/key}
 * @param timeout   longest silence of the store, positive
 */
public record S3Settings(
        S3Access access, Optional<URI> endpoint, Optional<String> region, boolean pathStyle, Duration timeout) {

    /** Off. */
    public static final S3Settings OFF =
            new S3Settings(S3Access.NONE, Optional.empty(), Optional.empty(), false, Duration.ofSeconds(10));

    public S3Settings {
        if (!timeout.isPositive()) {
            throw new IllegalArgumentException("the timeout must be positive, got " + timeout);
        }
        endpoint.ifPresent(uri -> {
            if (uri.getHost() == null || !("http".equals(uri.getScheme()) || "https".equals(uri.getScheme()))) {
                throw new IllegalArgumentException(
                        "saccade.images.s3.endpoint must look like https://store.internal:9000, got " + uri);
            }
        });
    }
}
