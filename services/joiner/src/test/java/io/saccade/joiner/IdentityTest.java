package io.saccade.joiner;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class IdentityTest {

    @TempDir
    Path folder;

    @Test
    void isTheSameAsLongAsTheStateIsThere() {
        // Given
        var state = folder.resolve("state");

        // Then
        assertThat(Identity.in(state)).isEqualTo(Identity.in(state)).isNotEqualTo(Identity.in(folder.resolve("other")));
    }

    @Test
    void isANewOneWhereNoneCanBeRead() throws IOException {
        // Given
        Files.writeString(folder.resolve("replica"), "");

        // When
        var name = Identity.in(folder);

        // Then
        assertThat(name).matches("[0-9a-f-]{36}").isEqualTo(Identity.in(folder));
    }

    @Test
    void saysWhichFolderItCannotUse() throws IOException {
        // Given
        var file = Files.writeString(folder.resolve("file"), "x");

        // Then
        assertThatThrownBy(() -> Identity.in(file))
                .isInstanceOf(UncheckedIOException.class)
                .hasMessageContaining(file.toString());
    }
}
