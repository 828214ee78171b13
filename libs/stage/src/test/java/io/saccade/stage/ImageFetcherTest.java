package io.saccade.stage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.saccade.contract.EventIds;
import io.saccade.contract.event.ImageRef;
import io.saccade.contract.event.InlineBytes;
import io.saccade.stage.ImageFetcher.Fetched;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ImageFetcherTest {

    private static final byte[] BYTES = {1, 2, 3, 4};

    @TempDir
    Path folder;

    private Path root;
    private Path outside;
    private ImageFetcher fetcher;

    @BeforeEach
    void layOut() throws IOException {
        root = Files.createDirectory(folder.resolve("root"));
        outside = Files.write(folder.resolve("secret.jpg"), BYTES);
        Files.write(root.resolve("picture.jpg"), BYTES);
        fetcher = new ImageFetcher(List.of(root), 100);
    }

    @Test
    void takesInlineBytesAsTheyAre() {
        // When
        var fetched = fetcher.fetch(ImageRef.inline(BYTES));

        // Then
        assertThat(fetched).isInstanceOfSatisfying(Fetched.Bytes.class, bytes -> {
            assertThat(bytes.encoded()).isSameAs(BYTES);
            assertThat(bytes.sha256()).isEqualTo(EventIds.sha256(BYTES));
        });
    }

    @Test
    void readsAFileBelowARoot() {
        // When
        var fetched = fetcher.fetch(ImageRef.at(root.resolve("picture.jpg").toUri()));

        // Then
        assertThat(fetched).isInstanceOfSatisfying(Fetched.Bytes.class, bytes -> assertThat(bytes.encoded())
                .isEqualTo(BYTES));
    }

    @Test
    void refusesAFileOutsideTheRootsWhetherOrNotItExists() {
        assertThat(code(outside.toUri())).isEqualTo("fetch.path_forbidden");
        assertThat(code(folder.resolve("no-such-file").toUri())).isEqualTo("fetch.path_forbidden");
        assertThat(code(URI.create("file:///etc/passwd"))).isEqualTo("fetch.path_forbidden");
    }

    @Test
    void refusesDotsAndLinksThatLeadOut() throws IOException {
        // Given
        Files.createSymbolicLink(root.resolve("link.jpg"), outside);

        // Then
        assertThat(code(URI.create(root.toUri() + "../secret.jpg"))).isEqualTo("fetch.path_forbidden");
        assertThat(code(URI.create(root.toUri() + "%2e%2e/secret.jpg"))).isEqualTo("fetch.path_forbidden");
        assertThat(code(root.resolve("link.jpg").toUri())).isEqualTo("fetch.path_forbidden");
    }

    @Test
    void refusesEveryFileWithoutRoots() {
        // Given
        fetcher = new ImageFetcher(List.of(), 100);

        // Then
        assertThat(code(root.resolve("picture.jpg").toUri())).isEqualTo("fetch.path_forbidden");
    }

    @Test
    void saysWhatIsWrongWithAFile() throws IOException {
        // Given
        Files.write(root.resolve("large.jpg"), new byte[101]);

        // Then
        assertThat(code(root.resolve("large.jpg").toUri())).isEqualTo("image.too_large");
        assertThat(code(root.resolve("missing.jpg").toUri())).isEqualTo("fetch.not_found");
        assertThat(code(root.toUri())).isEqualTo("fetch.not_a_file");
        assertThat(code(URI.create("file://host/share/picture.jpg"))).isEqualTo("fetch.bad_uri");
        assertThat(code(URI.create("file:relative.jpg"))).isEqualTo("fetch.bad_uri");
    }

    @Test
    void refusesOtherSchemes() {
        assertThat(code(URI.create("https://example.com/picture.jpg"))).isEqualTo("fetch.scheme_unsupported");
        assertThat(code(URI.create("jar:file:/x.jar!/picture.jpg"))).isEqualTo("fetch.scheme_unsupported");
    }

    @Test
    void verifiesTheDigestOfTheEvent() {
        // Given
        var right = new ImageRef(InlineBytes.of(BYTES), null, EventIds.sha256(BYTES), null);
        var wrong = new ImageRef(InlineBytes.of(BYTES), null, "0".repeat(64), null);

        // Then
        assertThat(fetcher.fetch(right)).isInstanceOf(Fetched.Bytes.class);
        assertThat(code(wrong)).isEqualTo("fetch.digest_mismatch");
    }

    @Test
    void namesARootThatDoesNotExist() {
        assertThatThrownBy(() -> new ImageFetcher(List.of(folder.resolve("nowhere")), 1))
                .hasMessageContaining("file-roots")
                .hasMessageContaining("nowhere");
    }

    private String code(URI uri) {
        return code(ImageRef.at(uri));
    }

    private String code(ImageRef image) {
        return ((Fetched.Refused) fetcher.fetch(image)).reason().code();
    }
}
