package io.saccade.cli.screen;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class ShortJsonTest {

    @Test
    void cutsLongListsOfNumbersAndSaysSo() {
        // When
        var json = shorten("{\"vector\": [1, 2, 3, 4, 5, 6, 7, 8, 9, 10], \"few\": [1, 2]}");

        // Then
        assertThat(json)
                .contains("[ 1, 2, 3, 4, \"... 6 more numbers, left out here\" ]")
                .contains("[ 1, 2 ]");
    }

    @Test
    void keepsEverythingElse() {
        // When
        var json = shorten("{\"parts\": [{\"a\": null}, {\"b\": \"text\"}]}");

        // Then
        assertThat(json.replaceAll("\\s", "")).isEqualTo("{\"parts\":[{\"a\":null},{\"b\":\"text\"}]}");
    }

    private static String shorten(String json) {
        return String.join("\n", ShortJson.lines(json.getBytes(UTF_8)));
    }
}
