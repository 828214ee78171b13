package io.saccade.stage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.saccade.guard.UrlPolicy;
import io.saccade.sources.S3Settings;
import io.saccade.sources.SourceSettings;
import io.saccade.sources.WebSettings;
import io.smallrye.config.PropertiesConfigSource;
import io.smallrye.config.SmallRyeConfigBuilder;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class ImageSettingsTest {

    @Test
    void readsThePublicInternetByHttpsAndNothingElseUnlessTold() {
        // When
        var settings = settings(Map.of());

        // Then
        assertThat(settings.maxBytes()).isEqualTo(20 << 20);
        assertThat(settings.fileRoots()).isEmpty();
        assertThat(settings.web().schemes()).containsExactly("https");
        assertThat(settings.web().everybody())
                .isEqualTo(UrlPolicy.builder().schemes(List.of("https")).build());
        assertThat(settings.web().tenants()).isEmpty();
        assertThat(settings.s3().access().isEmpty()).isTrue();
        assertThat(settings.perHost()).isEqualTo(16);
        assertThat(settings.perTenant()).isEqualTo(32);
        assertThat(settings.rest()).isEqualTo(new SourceSettings.Rest(5, Duration.ofSeconds(5), Duration.ofMinutes(2)));
        assertThat(settings.cache()).isEmpty();
    }

    @Test
    void takesEveryKey() {
        // When
        var settings = settings(Map.ofEntries(
                Map.entry("saccade.images.max-bytes", "1000"),
                Map.entry("saccade.images.file-roots", "/a,/b"),
                Map.entry("saccade.images.fetch.timeout", "3s"),
                Map.entry("saccade.images.fetch.per-host", "2"),
                Map.entry("saccade.images.fetch.per-tenant", "3"),
                Map.entry("saccade.images.fetch.rest-after", "7"),
                Map.entry("saccade.images.fetch.rest-first", "8s"),
                Map.entry("saccade.images.fetch.rest-longest", "9s"),
                Map.entry("saccade.images.web.https", "false"),
                Map.entry("saccade.images.web.http", "true"),
                Map.entry("saccade.images.web.ports", "8080,8081"),
                Map.entry("saccade.images.web.allowed-hosts", "*.example.com,minio"),
                Map.entry("saccade.images.web.denied-hosts", "bad.example.com"),
                Map.entry("saccade.images.web.allowed-networks", "10.1.0.0/16"),
                Map.entry("saccade.images.web.denied-networks", "192.0.2.0/24"),
                Map.entry("saccade.images.web.redirects", "0"),
                Map.entry("saccade.images.web.tenants.acme.allowed-hosts", "acme.example"),
                Map.entry("saccade.images.web.tenants.acme.denied-hosts", "old.acme.example"),
                Map.entry("saccade.images.s3.buckets", "photos,shared/open/"),
                Map.entry("saccade.images.s3.tenants.acme", "acme-photos"),
                Map.entry("saccade.images.s3.endpoint", "https://minio:9000"),
                Map.entry("saccade.images.s3.region", "eu-central-1"),
                Map.entry("saccade.images.s3.path-style", "true"),
                Map.entry("saccade.images.cache.folder", "/var/cache/saccade"),
                Map.entry("saccade.images.cache.max-bytes", "5000"),
                Map.entry("saccade.images.cache.max-entries", "50"),
                Map.entry("saccade.images.cache.fresh", "5s")));

        // Then
        var everybody = UrlPolicy.builder()
                .schemes(List.of("http"))
                .ports(List.of(8080, 8081))
                .allowedHosts(List.of("*.example.com", "minio"))
                .deniedHosts(List.of("bad.example.com"))
                .allowedNetworks(List.of("10.1.0.0/16"))
                .deniedNetworks(List.of("192.0.2.0/24"))
                .maxRedirects(0)
                .build();
        assertThat(settings)
                .isEqualTo(new SourceSettings(
                        1000,
                        List.of(Path.of("/a"), Path.of("/b")),
                        new WebSettings(
                                List.of("http"),
                                everybody,
                                Map.of(
                                        "acme",
                                        everybody.toBuilder()
                                                .allowedHosts(List.of("acme.example"))
                                                .deniedHosts(List.of("bad.example.com", "old.acme.example"))
                                                .build())),
                        new S3Settings(
                                new io.saccade.sources.S3Access(
                                        List.of("photos", "shared/open/"), Map.of("acme", List.of("acme-photos"))),
                                Optional.of(URI.create("https://minio:9000")),
                                Optional.of("eu-central-1"),
                                true,
                                Duration.ofSeconds(3)),
                        2,
                        3,
                        new SourceSettings.Rest(7, Duration.ofSeconds(8), Duration.ofSeconds(9)),
                        Optional.of(new SourceSettings.Cache(
                                Path.of("/var/cache/saccade"), 5000, 50, Duration.ofSeconds(5)))));
    }

    @Test
    void switchesTheWebOff() {
        assertThat(settings(Map.of("saccade.images.web.https", "false")).web()).isEqualTo(WebSettings.OFF);
    }

    @Test
    void namesTheSettingThatCannotBeUsed() {
        assertThatThrownBy(() -> settings(Map.of("saccade.images.web.allowed-networks", "10.1.2.3/8")))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("saccade.images.web");
        assertThatThrownBy(() -> settings(Map.of("saccade.images.s3.endpoint", "minio:9000")))
                .hasMessageContaining("saccade.images.s3.endpoint");
        assertThatThrownBy(() -> settings(Map.of("saccade.images.fetch.per-host", "0")))
                .hasMessageContaining("per-host");
    }

    private static SourceSettings settings(Map<String, String> values) {
        return ImageSettings.of(new SmallRyeConfigBuilder()
                .withMapping(StageConfig.class)
                .withConverter(Duration.class, 200, ImageSettingsTest::duration) // Quarkus brings its own for "15s"
                .withSources(new PropertiesConfigSource(values, "test", 500))
                .build()
                .getConfigMapping(StageConfig.class)
                .images());
    }

    private static Duration duration(String text) {
        return text.endsWith("ms")
                ? Duration.ofMillis(Long.parseLong(text.substring(0, text.length() - 2)))
                : Duration.parse("PT" + text);
    }
}
