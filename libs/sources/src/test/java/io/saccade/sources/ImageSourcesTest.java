package io.saccade.sources;

import static io.saccade.sources.Some.BYTES;
import static org.assertj.core.api.Assertions.assertThat;

import io.saccade.contract.EventIds;
import io.saccade.contract.event.ImageRef;
import io.saccade.contract.event.InlineBytes;
import java.net.URI;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class ImageSourcesTest {

    private final ImageSources sources =
            ImageSources.of(Some.settings(WebSettings.OFF, S3Settings.OFF, Optional.empty()));

    @Test
    void takesInlineBytesAsTheyAre() throws InterruptedException {
        // When
        var fetched = fetch(ImageRef.inline(BYTES));

        // Then
        assertThat(fetched).isInstanceOfSatisfying(Fetched.Bytes.class, bytes -> {
            assertThat(bytes.encoded()).isSameAs(BYTES);
            assertThat(bytes.sha256()).isEqualTo(EventIds.sha256(BYTES));
        });
    }

    @Test
    void verifiesTheDigestOfTheEventHoweverTheBytesCome() throws InterruptedException {
        for (var digest : new String[] {EventIds.sha256(BYTES), "0".repeat(64)}) {
            var inline = fetch(new ImageRef(InlineBytes.of(BYTES), null, digest, null));
            var data = fetch(new ImageRef(null, URI.create("data:;base64,AQIDBA=="), digest, null));
            if (digest.startsWith("0")) {
                assertThat(Some.code(inline)).isEqualTo("fetch.digest_mismatch");
                assertThat(Some.code(data)).isEqualTo("fetch.digest_mismatch");
            } else {
                assertThat(inline).isInstanceOf(Fetched.Bytes.class);
                assertThat(data).isInstanceOf(Fetched.Bytes.class);
            }
        }
    }

    @Test
    void refusesSchemesThatAreUnknownOrOffAndSaysWhichAreOn() throws InterruptedException {
        for (var uri : new String[] {
            "https://example.com/a.jpg", "http://example.com/a.jpg", "s3://bucket/a.jpg", "ftp://host/a.jpg",
            "jar:file:/x.jar!/a.jpg", "gopher://h/", "blob:x", "S3://bucket/a.jpg"
        }) {
            var fetched = fetch(ImageRef.at(URI.create(uri)));
            assertThat(Some.code(fetched)).as(uri).isEqualTo("fetch.scheme_unsupported");
            assertThat(((Fetched.Refused) fetched).message()).contains("data:, file:");
        }
    }

    @Test
    void readsASchemeInAnyCase() throws InterruptedException {
        assertThat(fetch(ImageRef.at(URI.create("DATA:;base64,AQIDBA==")))).isInstanceOf(Fetched.Bytes.class);
    }

    private Fetched fetch(ImageRef image) throws InterruptedException {
        return sources.fetch(image, "default", Budget.of(Some.PATIENCE));
    }
}
