package io.saccade.stage;

import io.saccade.guard.UrlPolicy;
import io.saccade.sources.S3Access;
import io.saccade.sources.S3Settings;
import io.saccade.sources.SourceSettings;
import io.saccade.sources.WebSettings;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** From what an operator writes to what the sources are told. */
final class ImageSettings {

    private ImageSettings() {}

    /**
     * Reads the settings.
     *
     * @throws IllegalArgumentException if one cannot be used; the message names it
     */
    static SourceSettings of(StageConfig.Images images) {
        var fetch = images.fetch();
        return new SourceSettings(
                images.maxBytes(),
                images.fileRoots().orElse(List.of()),
                web(images.web()),
                s3(images),
                fetch.perHost(),
                fetch.perTenant(),
                new SourceSettings.Rest(fetch.restAfter(), fetch.restFirst(), fetch.restLongest()),
                images.cache()
                        .folder()
                        .map(folder -> new SourceSettings.Cache(
                                folder,
                                images.cache().maxBytes(),
                                images.cache().maxEntries(),
                                images.cache().fresh())));
    }

    private static WebSettings web(StageConfig.Web web) {
        var schemes = new ArrayList<String>();
        if (web.https()) {
            schemes.add("https");
        }
        if (web.http()) {
            schemes.add("http");
        }
        if (schemes.isEmpty()) {
            return WebSettings.OFF;
        }
        try {
            var everybody = UrlPolicy.builder()
                    .schemes(schemes)
                    .ports(web.ports())
                    .allowedHosts(web.allowedHosts().orElse(List.of()))
                    .deniedHosts(web.deniedHosts().orElse(List.of()))
                    .allowedNetworks(web.allowedNetworks().orElse(List.of()))
                    .deniedNetworks(web.deniedNetworks().orElse(List.of()))
                    .maxRedirects(web.redirects())
                    .build();
            return new WebSettings(
                    schemes,
                    everybody,
                    web.tenants().entrySet().stream()
                            .collect(Collectors.toMap(
                                    Map.Entry::getKey, entry -> ofTenant(everybody, web, entry.getValue()))));
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("saccade.images.web: " + e.getMessage(), e);
        }
    }

    private static UrlPolicy ofTenant(UrlPolicy everybody, StageConfig.Web web, StageConfig.Hosts tenant) {
        var policy = everybody.toBuilder();
        tenant.allowedHosts().ifPresent(policy::allowedHosts);
        var denied = new ArrayList<>(web.deniedHosts().orElse(List.of()));
        tenant.deniedHosts().ifPresent(denied::addAll);
        return policy.deniedHosts(denied).build();
    }

    private static S3Settings s3(StageConfig.Images images) {
        var s3 = images.s3();
        return new S3Settings(
                new S3Access(s3.buckets().orElse(List.of()), s3.tenants()),
                s3.endpoint(),
                s3.region(),
                s3.pathStyle(),
                images.fetch().timeout());
    }
}
