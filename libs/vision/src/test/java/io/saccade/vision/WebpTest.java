package io.saccade.vision;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The one place where the choice of decoder shows. {@link ReferenceTest} has the pixels. */
class WebpTest {

    @ParameterizedTest
    @ValueSource(strings = {"lossy.webp", "lossy-small.webp", "lossy-alpha.webp", "lossy-animated.webp"})
    void refusesLossyFilesWithoutLibwebpRatherThanGuess(String file) {
        // When
        String code = Decoders.code(Decoders.named("java"), Goldens.picture(file));

        // Then
        assertThat(code).isEqualTo("image.unsupported_format");
    }
}
