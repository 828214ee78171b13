package io.saccade.cli.screen;

import static org.assertj.core.api.Assertions.assertThat;

import io.saccade.cli.Samples;
import org.junit.jupiter.api.Test;

class PageTest {

    @Test
    void showsEachPartWithItsModelAndItsTimes() {
        // When
        var page = String.join("\n", Page.lines(Samples.complete("cat-1", "a cat", "yes")));

        // Then
        assertThat(page)
                .startsWith("cat-1  COMPLETE  250 ms")
                .contains(
                        "caption  OK  by caption version 1 (sample)  fetch 1.0, decode 2.0, prepare 3.0, infer 4.5 ms")
                .contains("space space-1, 16 numbers: 0.0000, 0.0000, 0.0000, 0.0000, ...")
                .contains("0.990  a cat")
                .contains("what is it?  yes")
                .contains("ALLOW by policy policy/1")
                .contains("file = cat-1.png");
    }

    @Test
    void showsWhyAPartIsNotThere() {
        // When
        var page = String.join("\n", Page.lines(Samples.refused("x-1", "the file ends too early")));

        // Then
        assertThat(page)
                .contains("reason      image.broken: the file ends too early")
                .contains("moderation  MISSING\n  join.deadline: nothing came (may pass later)");
    }

    @Test
    void letsNoTextMoveTheCursor() {
        // When
        var page = String.join("\n", Page.lines(Samples.complete("cat-1", "a\u001b[2Jcat", "yes")));

        // Then
        assertThat(page).doesNotContain("\u001b");
    }
}
