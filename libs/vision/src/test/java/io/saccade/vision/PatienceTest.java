package io.saccade.vision;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatNoException;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PatienceTest {
    private final AtomicLong clock = new AtomicLong(Long.MAX_VALUE - 5);
    private final Patience patience = new Patience(Duration.ofMillis(250), clock::get);

    @Test
    void endsWhenTheWorkHasTakenLonger() {
        // Given
        for (int step = 0; step < 25; step++) {
            clock.addAndGet(Duration.ofMillis(10).toNanos());
            patience.check();
        }

        // When
        clock.addAndGet(1);

        // Then
        assertThatExceptionOfType(Patience.Exhausted.class)
                .isThrownBy(patience::check)
                .withMessageContaining("250 ms");
    }

    @Test
    void doesNotCountTheTimeInWhichTheProcessStoodStill() {
        // When
        clock.addAndGet(Duration.ofHours(8).toNanos());

        // Then
        assertThatNoException().isThrownBy(patience::check);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "large.jpg",
                "progressive.jpg",
                "rgb.png",
                "interlaced-rgb.png",
                "large.gif",
                "rgb.bmp",
                "rle8.bmp",
                "strips.tiff",
                "lossless.webp"
            })
    void givesUpAPictureOfAnyFormat(String file) {
        // Given
        var limits = new ImageLimits(1 << 20, 2_000_000, 4096, 1000, Duration.ofNanos(1));

        // When
        String code = Decoders.code(PictureDecoder.java(limits), Goldens.picture(file));

        // Then
        assertThat(code).isEqualTo("image.too_slow");
    }
}
