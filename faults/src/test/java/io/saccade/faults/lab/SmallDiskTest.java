package io.saccade.faults.lab;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SmallDiskTest {

    @TempDir
    Path folder;

    @Test
    void isFullToTheLastByteAndKeepsWhatLayInTheFolder() throws IOException {
        assumeTrue(SmallDisk.isPossible(), "a small disk needs Linux, root, and the right to mount");
        // Given
        var place = Files.createDirectories(folder.resolve("data").resolve("deep"));
        Files.writeString(place.resolve("before"), "lay here before");

        try (var disk = SmallDisk.under(folder.resolve("data"), 1 << 20)) {
            // When
            disk.fill();

            // Then
            assertThat(place.resolve("before")).hasContent("lay here before");
            assertThatThrownBy(() -> Files.write(place.resolve("more"), new byte[8192]))
                    .isInstanceOf(IOException.class);
            disk.free();
            Files.writeString(place.resolve("after"), "there is room again");
        }

        // Then
        assertThat(place.resolve("before")).hasContent("lay here before");
        assertThat(place.resolve("after")).hasContent("there is room again");
        assertThat(Files.list(folder)).containsExactly(folder.resolve("data"));
    }
}
