package io.saccade.sources;

import static io.saccade.sources.Some.BYTES;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import io.saccade.contract.EventIds;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FileSourceTest {

    @TempDir
    Path folder;

    private Path root;
    private Path outside;
    private FileSource source;

    @BeforeEach
    void layOut() throws IOException {
        root = Files.createDirectory(folder.resolve("root"));
        outside = Files.write(folder.resolve("secret.jpg"), BYTES);
        Files.write(root.resolve("picture.jpg"), BYTES);
        source = new FileSource(List.of(root), 100);
    }

    @Test
    void readsAFileBelowARoot() {
        // When
        var fetched =
                source.fetch(Some.wanted(root.resolve("picture.jpg").toUri().toString()));

        // Then
        assertThat(fetched).isInstanceOfSatisfying(Fetched.Bytes.class, bytes -> {
            assertThat(bytes.encoded()).isEqualTo(BYTES);
            assertThat(bytes.sha256()).isEqualTo(EventIds.sha256(BYTES));
        });
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
        Files.createSymbolicLink(root.resolve("up"), folder);

        // Then
        assertThat(code(URI.create(root.toUri() + "../secret.jpg"))).isEqualTo("fetch.path_forbidden");
        assertThat(code(URI.create(root.toUri() + "%2e%2e/secret.jpg"))).isEqualTo("fetch.path_forbidden");
        assertThat(code(root.resolve("link.jpg").toUri())).isEqualTo("fetch.path_forbidden");
        assertThat(code(root.resolve("up/secret.jpg").toUri())).isEqualTo("fetch.path_forbidden");
    }

    @Test
    void refusesEveryFileWithoutRoots() {
        // Given
        source = new FileSource(List.of(), 100);

        // Then
        assertThat(code(root.resolve("picture.jpg").toUri())).isEqualTo("fetch.path_forbidden");
    }

    @Test
    void saysWhatIsWrongWithAFile() throws IOException {
        // Given
        Files.write(root.resolve("large.jpg"), new byte[101]);

        // Then
        assertThat(code(root.resolve("large.jpg").toUri())).isEqualTo("fetch.too_large");
        assertThat(code(root.resolve("missing.jpg").toUri())).isEqualTo("fetch.not_found");
        assertThat(code(root.toUri())).isEqualTo("fetch.not_a_file");
        assertThat(code(URI.create("file://host/share/picture.jpg"))).isEqualTo("fetch.bad_uri");
        assertThat(code(URI.create("file:relative.jpg"))).isEqualTo("fetch.bad_uri");
    }

    @Test
    void saysThatAFileMayNotBeRead() throws IOException {
        // Given
        var file = Files.write(root.resolve("private.jpg"), BYTES);
        assumeFalse(
                !file.toFile().setReadable(false) || Files.isReadable(file),
                "this user may read every file, so none can be forbidden");

        // Then
        assertThat(code(file.toUri())).isEqualTo("fetch.access_denied");
    }

    @Test
    void namesARootThatDoesNotExist() {
        assertThatThrownBy(() -> new FileSource(List.of(folder.resolve("nowhere")), 1))
                .hasMessageContaining("file-roots")
                .hasMessageContaining("nowhere");
    }

    private String code(URI uri) {
        return Some.code(source.fetch(Some.wanted(uri.toString())));
    }
}
