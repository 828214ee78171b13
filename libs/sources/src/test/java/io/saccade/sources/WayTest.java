package io.saccade.sources;

import static org.assertj.core.api.Assertions.assertThat;

import io.saccade.contract.event.ImageRef;
import java.net.URI;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class WayTest {

    @Test
    void isKnownOfEveryImageAndBoundedWhateverAnEventSays() {
        assertThat(Way.of(ImageRef.inline(Some.BYTES))).isEqualTo(Way.INLINE);
        Map.of(
                        "https://a.example/", Way.HTTPS,
                        "HTTP://a.example/", Way.HTTP,
                        "s3://bucket/key", Way.S3,
                        "file:///a.jpg", Way.FILE,
                        "data:,a", Way.DATA,
                        "inline:a", Way.OTHER,
                        "other:a", Way.OTHER)
                .forEach((uri, way) ->
                        assertThat(Way.of(ImageRef.at(URI.create(uri)))).as(uri).isEqualTo(way));
    }

    @Test
    void ofASchemeThatIsOffIsNotAmongThoseThatAreOn() {
        var nothing = Some.settings(WebSettings.OFF, S3Settings.OFF, Optional.empty());
        var web = Some.settings(
                new WebSettings(List.of("https"), io.saccade.guard.UrlPolicy.standard(), Map.of()),
                S3Settings.OFF,
                Optional.empty());
        try (var few = ImageSources.of(nothing);
                var more = ImageSources.of(web)) {
            assertThat(few.ways()).containsExactly(Way.INLINE, Way.DATA, Way.FILE);
            assertThat(more.ways()).containsExactly(Way.INLINE, Way.DATA, Way.FILE, Way.HTTPS);
            assertThat(more.hosts(Way.HTTPS)).isEqualTo(new HostStates(0, 0, 0));
            assertThat(more.hosts(Way.S3)).isEqualTo(new HostStates(0, 0, 0));
            assertThat(more.sharing()).isEqualTo(new Sharing(0, 0, 0, 0));
        }
    }
}
