package io.saccade.encoder;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LabelFileTest {

    @TempDir
    Path folder;

    @Test
    void putsALabelIntoEveryTemplate() throws IOException {
        // Given
        var file = read("{\"templates\":[\"a picture of a {}\",\"a {} here\"],\"labels\":[\"cat\",\"dog\"]}");

        // When
        var prompts = file.prompts("dog");

        // Then
        assertThat(prompts).containsExactly("a picture of a dog", "a dog here");
    }

    @Test
    void readsTheFileOfTheSampleModel() {
        // When
        var file = LabelFile.read(
                Path.of(System.getProperty("saccade.root"), "triton-models", "image-embedding", "labels.json"));

        // Then
        assertThat(file.labels()).contains("red circle");
    }

    @Test
    void saysWhatIsWrongWithAFile() {
        assertThatThrownBy(() -> read("{\"templates\":[\"no place\"],\"labels\":[\"a\",\"b\"]}"))
                .hasMessageContaining("labels.json")
                .hasMessageContaining("{} for the label");
        assertThatThrownBy(() -> read("{\"templates\":[\"{}\"],\"labels\":[\"a\",\"a\"]}"))
                .hasMessageContaining("all different");
        assertThatThrownBy(() -> read("{\"templates\":[\"{}\"]}")).hasMessageContaining("'labels'");
        assertThatThrownBy(() -> read("{\"templates\":[\"{}\"],\"labels\":[\"a\",\"b\"],\"names\":[]}"))
                .hasMessageContaining("names");
        assertThatThrownBy(() -> read("nothing")).hasMessageContaining("labels.json");
        assertThatThrownBy(() -> LabelFile.read(folder.resolve("nowhere.json"))).hasMessageContaining("nowhere.json");
    }

    private LabelFile read(String json) throws IOException {
        return LabelFile.read(Files.writeString(folder.resolve("labels.json"), json));
    }
}
