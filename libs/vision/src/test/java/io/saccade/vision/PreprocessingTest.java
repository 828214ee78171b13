package io.saccade.vision;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PreprocessingTest {
    private static final Map<String, String> CLIP = Map.of(
            "image.size", "224",
            "image.resize", "shortest-edge",
            "image.crop", "center",
            "image.filter", "bicubic",
            "image.rgb", "after-resize",
            "tokenizer.length", "77");

    @Test
    void readsAManifestThatCrops() {
        // When
        var preprocessing = Preprocessing.fromManifest(CLIP);

        // Then
        assertThat(preprocessing)
                .isEqualTo(new Preprocessing(
                        224, Resize.SHORTEST_EDGE_CENTER_CROP, Filter.BICUBIC, RgbOrder.AFTER_RESIZE));
    }

    @Test
    void readsAManifestThatSquashes() {
        // Given
        var blip = new HashMap<>(CLIP);
        blip.putAll(Map.of("image.size", " 384 ", "image.resize", "squash", "image.rgb", "before-resize"));
        blip.remove("image.crop");

        // When
        var preprocessing = Preprocessing.fromManifest(blip);

        // Then
        assertThat(preprocessing)
                .isEqualTo(new Preprocessing(384, Resize.SQUASH, Filter.BICUBIC, RgbOrder.BEFORE_RESIZE));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '"',
            value = {
                "image.size   | large    | a whole number from 1 to 4096",
                "image.size   | 0        | a whole number from 1 to 4096",
                "image.size   | 4097     | a whole number from 1 to 4096",
                "image.resize | stretch  | 'shortest-edge' or 'squash'",
                "image.crop   | random   | 'center'",
                "image.filter | lanczos3 | 'bicubic'",
                "image.rgb    | never    | 'after-resize' or 'before-resize'",
            })
    void saysWhichKeyIsWrongWhatItMayBeAndWhatItIs(String key, String value, String expected) {
        // Given
        var wrong = new HashMap<>(CLIP);
        wrong.put(key, value);

        // When, Then
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Preprocessing.fromManifest(wrong))
                .withMessageContaining(key)
                .withMessageContaining(expected)
                .withMessageContaining(value);
    }

    @ParameterizedTest
    @CsvSource({"image.size", "image.resize", "image.crop", "image.filter", "image.rgb"})
    void saysWhichKeyIsMissing(String key) {
        // Given
        var wrong = new HashMap<>(CLIP);
        wrong.remove(key);

        // When, Then
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Preprocessing.fromManifest(wrong))
                .withMessageStartingWith(key)
                .withMessageContaining("missing");
    }

    @Test
    void refusesACropOfASquashedPicture() {
        // Given
        var wrong = new HashMap<>(CLIP);
        wrong.put("image.resize", "squash");

        // When, Then
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Preprocessing.fromManifest(wrong))
                .withMessageContaining("image.crop")
                .withMessageContaining("squash");
    }
}
