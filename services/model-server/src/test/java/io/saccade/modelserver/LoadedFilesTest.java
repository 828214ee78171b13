package io.saccade.modelserver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;

import com.google.protobuf.ByteString;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LoadedFilesTest {

    private static final ByteString BYTES = ByteString.copyFromUtf8("graph");

    @Test
    void areAFolderUntilTheModelIsLoaded() throws IOException {
        // Given
        Path folder;

        // When
        try (var files = LoadedFiles.write(Map.of("1/model.onnx", BYTES, "/labels.txt", BYTES))) {
            folder = files.folder();

            // Then
            assertThat(folder.resolve("1/model.onnx")).hasContent("graph");
            assertThat(folder.resolve("labels.txt")).hasContent("graph");
        }
        assertThat(folder).doesNotExist();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "/", ".", "..", "../model.onnx", "1/../../../model.onnx", "a\0b"})
    void refuseAPathThatIsNoFileOfTheFolder(String name) {
        assertThatIOException()
                .isThrownBy(() -> LoadedFiles.write(Map.of(name, BYTES)).close());
    }
}
