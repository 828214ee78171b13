package io.saccade.sources;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class S3AddressTest {

    @Test
    void readsBucketKeyAndVersion() {
        assertThat(S3Address.of(URI.create("s3://photos/2026/a%20b%2Bc+d%C3%A4.jpg")))
                .contains(new S3Address("photos", "2026/a b+c+d\u00e4.jpg", null));
        assertThat(S3Address.of(URI.create("s3://my_photos.eu/a.jpg?versionId=x%2By.z-_")))
                .contains(new S3Address("my_photos.eu", "a.jpg", "x+y.z-_"));
        assertThat(S3Address.of(URI.create("s3://photos//a.jpg"))).contains(new S3Address("photos", "/a.jpg", null));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "s3:photos/a.jpg",
                "s3:///a.jpg",
                "s3://photos",
                "s3://photos/",
                "s3://photos/a/../b.jpg",
                "s3://photos/a/%2e%2E/b.jpg",
                "s3://photos/./b.jpg",
                "s3://photos/a%5C..%5Cb.jpg",
                "s3://photos/a%00.jpg",
                "s3://user@photos/a.jpg",
                "s3://photos:9000/a.jpg",
                "s3://photos/a.jpg?versionId=",
                "s3://photos/a.jpg?acl",
                "s3://photos/a.jpg?versionId=1&acl",
                "s3://photos/a.jpg#x",
                "s3://ph/a.jpg",
                "s3://%70hotos/a.jpg"
            })
    void refusesWhatIsNone(String uri) {
        assertThat(S3Address.of(URI.create(uri))).isEmpty();
    }

    @Test
    void refusesAKeyThatIsTooLong() {
        assertThat(S3Address.of(URI.create("s3://photos/" + "a".repeat(1024)))).isPresent();
        assertThat(S3Address.of(URI.create("s3://photos/" + "a".repeat(1025)))).isEmpty();
    }

    @Test
    void aListNamesBucketsAndPlacesInThemAndATenantsOwnListReplacesIt() {
        // Given
        var access = new S3Access(
                List.of("public", "shared/open/"),
                Map.of("acme", List.of("acme-photos"), "none", List.of(), "all", List.of("*")));

        // Then
        assertThat(allows(access, "default", "s3://public/a.jpg")).isTrue();
        assertThat(allows(access, "default", "s3://shared/open/a.jpg")).isTrue();
        assertThat(allows(access, "default", "s3://shared/closed/a.jpg")).isFalse();
        assertThat(allows(access, "default", "s3://public2/a.jpg")).isFalse();
        assertThat(allows(access, "acme", "s3://acme-photos/a.jpg")).isTrue();
        assertThat(allows(access, "acme", "s3://public/a.jpg")).isFalse();
        assertThat(allows(access, "none", "s3://public/a.jpg")).isFalse();
        assertThat(allows(access, "all", "s3://anything/a.jpg")).isTrue();
    }

    private static boolean allows(S3Access access, String tenant, String uri) {
        return access.allows(tenant, S3Address.of(URI.create(uri)).orElseThrow());
    }
}
