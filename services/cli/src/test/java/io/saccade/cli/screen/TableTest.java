package io.saccade.cli.screen;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class TableTest {

    @Test
    void givesEachColumnTheWidthItNeeds() {
        // Given
        var table = new Table(Table.Column.text("NAME"), Table.Column.number("MS"));
        table.row("cat", "7").row("elephant", "1234");

        // When
        var lines = table.lines(80);

        // Then
        assertThat(lines).containsExactly("NAME        MS", "--------  ----", "cat          7", "elephant  1234");
    }

    @Test
    void wrapsTextSoThatNoLineIsWiderThanTheScreen() {
        // Given
        var table = new Table(Table.Column.text("ID"), Table.Column.wrapped("CAPTION"), Table.Column.number("MS"));
        table.row("a", "a small red circle in the top left on a striped background", "12");

        // When
        var lines = table.lines(40);

        // Then
        assertThat(lines).allSatisfy(line -> assertThat(line.length()).isLessThanOrEqualTo(40));
        assertThat(lines.get(2)).startsWith("a   a small red circle").endsWith("12");
        assertThat(lines).hasSize(4);
    }

    @Test
    void breaksAWordThatIsTooLong() {
        assertThat(Table.wrap("abcdefgh", 3)).containsExactly("abc", "def", "gh");
        assertThat(Table.wrap("one-two-three", 8)).containsExactly("one-two-", "three");
    }

    @Test
    void showsNoControlCharacters() {
        // Given
        var table = new Table(Table.Column.text("X"));
        table.row("a\u001b[2Jb\u202Ec\r");

        // When
        var lines = table.lines(80);

        // Then
        assertThat(lines.getLast()).isEqualTo("a?[2Jb?c?");
    }

    @Test
    void cutsBetweenLettersAndNotInsideThem() {
        assertThat(Table.cut("😀😀😀", 2)).isEqualTo("😀…");
    }

    @Test
    void refusesARowOfAnotherLength() {
        assertThatThrownBy(() -> new Table(Table.Column.text("X")).row("a", "b"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("1 cells, got 2");
    }
}
