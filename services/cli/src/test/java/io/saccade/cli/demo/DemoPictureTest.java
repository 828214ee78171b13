package io.saccade.cli.demo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.saccade.cli.CliException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DemoPictureTest {

    @TempDir
    Path folder;

    @Test
    void readsTheCommittedManifest() {
        // Given
        var demo = Path.of(System.getProperty("saccade.root"), "deploy", "demo");

        // When
        var pictures = DemoPicture.load(demo);

        // Then
        assertThat(pictures)
                .hasSizeGreaterThanOrEqualTo(12)
                .allSatisfy(picture -> assertThat(demo.resolve(picture.file())).isRegularFile())
                .allSatisfy(picture -> assertThat(picture.expect().status()).isNotNull());
    }

    @Test
    void saysWhatIsWrongWithAManifest() throws Exception {
        // Given
        Files.writeString(folder.resolve("manifest.json"), "[{\"text\": \"no file\"}]");

        // When, then
        assertThatThrownBy(() -> DemoPicture.load(folder))
                .isInstanceOf(CliException.class)
                .hasMessageContaining("each picture must have 'file' and 'expect'");
    }
}
