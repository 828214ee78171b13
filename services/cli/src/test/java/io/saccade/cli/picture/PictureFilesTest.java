package io.saccade.cli.picture;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.saccade.cli.CliException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PictureFilesTest {

    @TempDir
    Path folder;

    @Test
    void findsTheFilesOfFoldersAndTheirFoldersByName() throws IOException {
        // Given
        var b = file("b.png");
        var a = file("sub/a.txt");
        file(".DS_Store");
        file(".git/config");

        // When
        var files = PictureFiles.find(List.of(folder, b));

        // Then
        assertThat(files).containsExactly(b, a);
    }

    @Test
    void takesAHiddenFileThatIsNamed() throws IOException {
        // Given
        var hidden = file(".secret.png");

        // When, then
        assertThat(PictureFiles.find(List.of(hidden))).containsExactly(hidden);
    }

    @Test
    void saysWhichPathIsMissing() {
        assertThatThrownBy(() -> PictureFiles.find(List.of(folder.resolve("nowhere.png"))))
                .isInstanceOf(CliException.class)
                .hasMessageContaining("nowhere.png")
                .hasMessageContaining("does not exist");
    }

    @Test
    void saysThatAFolderIsEmpty() {
        assertThatThrownBy(() -> PictureFiles.find(List.of(folder)))
                .isInstanceOf(CliException.class)
                .hasMessageContaining("holds no file");
    }

    private Path file(String name) throws IOException {
        var file = folder.resolve(name);
        Files.createDirectories(file.getParent());
        return Files.writeString(file, "x");
    }
}
