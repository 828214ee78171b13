package io.saccade.encoder;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.saccade.contract.event.Embedding.Label;
import io.saccade.contract.event.Vector;
import java.util.List;
import org.junit.jupiter.api.Test;

class ZeroShotLabelsTest {

    private final ZeroShotLabels labels = new ZeroShotLabels(
            List.of("east", "north", "west"),
            List.of(Vector.of(1, 0), Vector.of(0, 1), Vector.of(-1, 0)),
            Math.log(10));

    @Test
    void isTheSoftmaxOfScaledCosines() {
        // Given: cosines 1, 0 and -1, so that the odds are 10 : 1 : 0.1
        var image = Vector.of(1, 0);

        // When
        var best = labels.best(image, 3);

        // Then
        assertThat(best).extracting(Label::name).containsExactly("east", "north", "west");
        assertThat(best.get(0).score()).isCloseTo(10 / 11.1, within(1e-6));
        assertThat(best.get(1).score()).isCloseTo(1 / 11.1, within(1e-6));
        assertThat(best.stream().mapToDouble(Label::score).sum()).isCloseTo(1, within(1e-5));
    }

    @Test
    void listsNoMoreThanIsAskedFor() {
        assertThat(labels.best(Vector.of(0, 1), 1)).extracting(Label::name).containsExactly("north");
    }

    @Test
    void doesNotOverflowWithALargeScale() {
        // Given
        var sharp = new ZeroShotLabels(List.of("a", "b"), List.of(Vector.of(1, 0), Vector.of(0, 1)), 100_000);

        // When
        var best = sharp.best(Vector.of(1, 0), 2);

        // Then
        assertThat(best).extracting(Label::score).containsExactly(1.0, 0.0);
    }

    @Test
    void makesAClassOfTheMeanOfItsPrompts() {
        // When
        var mean = ZeroShotLabels.classOf(List.of(Vector.of(1, 0), Vector.of(0, 1)));

        // Then
        assertThat(mean.at(0)).isCloseTo((float) Math.sqrt(0.5), within(1e-6f));
        assertThat(mean.dot(mean)).isCloseTo(1, within(1e-6));
    }

    @Test
    void refusesAScaleThatMakesNoProbability() {
        assertThatThrownBy(() -> new ZeroShotLabels(List.of("a"), List.of(Vector.of(1)), 0))
                .hasMessageContaining("embedding.scale")
                .hasMessageContaining("0.0");
    }
}
