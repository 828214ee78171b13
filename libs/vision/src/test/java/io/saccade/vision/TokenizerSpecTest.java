package io.saccade.vision;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TokenizerSpecTest {
    private static final Map<String, String> BLIP = Map.of(
            "tokenizer.length", "35",
            "tokenizer.pad", "0",
            "tokenizer.first", "30523",
            "tokenizer.sha256", "0".repeat(64),
            "tokens.stop", "102",
            "tokens.skip", "101, 30522,",
            "image.size", "384");

    @Test
    void readsAManifest() {
        // When
        var spec = TokenizerSpec.fromManifest(BLIP);

        // Then
        assertThat(spec).isEqualTo(new TokenizerSpec(35, 0, 30523L, "0".repeat(64), 102L, Set.of(101L, 30522L)));
    }

    @Test
    void asksOnlyForLengthAndPad() {
        // When
        var spec = TokenizerSpec.fromManifest(Map.of("tokenizer.length", "77", "tokenizer.pad", "0"));

        // Then
        assertThat(spec).isEqualTo(new TokenizerSpec(77, 0, null, null, null, Set.of()));
    }

    @ParameterizedTest
    @CsvSource({
        "tokenizer.length, 0",
        "tokenizer.length, 8193",
        "tokenizer.length, many",
        "tokenizer.pad,    -1",
        "tokenizer.first,  [ENC]",
        "tokenizer.sha256, abc",
        "tokens.stop,      9999999999",
        "tokens.skip,      1;2"
    })
    void saysWhichKeyIsWrongAndWhatItIs(String key, String value) {
        // Given
        var wrong = new HashMap<>(BLIP);
        wrong.put(key, value);

        // When, Then
        assertThatIllegalArgumentException()
                .isThrownBy(() -> TokenizerSpec.fromManifest(wrong))
                .withMessageStartingWith(key)
                .withMessageContaining("must be")
                .withMessageContaining(value);
    }

    @ParameterizedTest
    @ValueSource(strings = {"tokenizer.length", "tokenizer.pad"})
    void saysWhichKeyIsMissing(String key) {
        // Given
        var wrong = new HashMap<>(BLIP);
        wrong.remove(key);

        // When, Then
        assertThatIllegalArgumentException()
                .isThrownBy(() -> TokenizerSpec.fromManifest(wrong))
                .withMessageStartingWith(key)
                .withMessageContaining("missing");
    }
}
