package io.saccade.sources;

import io.saccade.contract.event.ImageRef;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/** One service of several on a machine: waits for a line, fetches an image through a shared folder, prints its digest. */
final class FetchOnce {

    private FetchOnce() {}

    public static void main(String[] arguments) throws Exception {
        var uri = URI.create(arguments[0]);
        var cache = new SourceSettings.Cache(Path.of(arguments[1]), 1_000_000, 100, Duration.ofMinutes(10));
        try (var sources =
                ImageSources.of(Some.settings(Some.loopback(uri.getPort()), S3Settings.OFF, Optional.of(cache)))) {
            System.out.println("READY");
            System.in.read();
            var fetched = sources.fetch(ImageRef.at(uri), "default", Budget.of(Some.PATIENCE));
            System.out.println(fetched instanceof Fetched.Bytes bytes ? bytes.sha256() : Some.code(fetched));
        }
    }
}
