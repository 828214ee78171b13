package io.saccade.sources;

import static java.util.Objects.requireNonNull;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * What may be read, and how much at once.
 *
 * @param maxBytes  largest image in bytes, from 1 to 1 GiB
 * @param fileRoots folders below which {@code file:} images may be read; none forbids them
 * @param web       how {@code https:} and {@code http:} are read
 * @param s3        how {@code s3:} is read
 * @param perHost   fetches at once from one host or bucket, at least 1
 * @param perTenant fetches at once for one tenant, at least 1
 * @param rest      when a host that fails is left alone
 * @param cache     the folder that services of one machine share, if they do
 */
public record SourceSettings(
        long maxBytes,
        List<Path> fileRoots,
        WebSettings web,
        S3Settings s3,
        int perHost,
        int perTenant,
        Rest rest,
        Optional<Cache> cache) {

    private static final long MOST_BYTES = 1L << 30;

    public SourceSettings {
        if (maxBytes < 1 || maxBytes > MOST_BYTES) {
            throw new IllegalArgumentException(
                    "saccade.images.max-bytes must lie in 1.." + MOST_BYTES + ", got " + maxBytes);
        }
        fileRoots = List.copyOf(fileRoots);
        requireNonNull(web, "web");
        requireNonNull(s3, "s3");
        if (perHost < 1 || perTenant < 1) {
            throw new IllegalArgumentException("saccade.images.fetch.per-host and per-tenant must be at least 1, got "
                    + perHost + " and " + perTenant);
        }
        requireNonNull(rest, "rest");
        requireNonNull(cache, "cache");
    }

    /**
     * When a host that fails is left alone.
     *
     * @param failures after how many failures in a row, at least 1
     * @param first    for how long, positive
     * @param longest  bound of that time, which doubles whenever the host fails again
     */
    public record Rest(int failures, Duration first, Duration longest) {

        public Rest {
            var _ = new Circuit.Rules(failures, first, longest);
        }

        Circuit.Rules rules() {
            return new Circuit.Rules(failures, first, longest);
        }
    }

    /**
     * A folder of fetched images.
     *
     * @param folder  made when it is missing
     * @param bytes   most bytes in it, positive
     * @param entries most files in it, positive
     * @param fresh   how long an image stands for its address when the event gives no digest, not negative
     */
    public record Cache(Path folder, long bytes, long entries, Duration fresh) {

        public Cache {
            requireNonNull(folder, "folder");
            var _ = new SharedFolder.Bounds(bytes, entries, fresh);
        }
    }
}
