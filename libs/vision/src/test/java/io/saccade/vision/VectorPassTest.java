package io.saccade.vision;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The processor's lanes change no bit. The tests' JVM has the module, but not the compiler that makes it fast. */
class VectorPassTest {

    @ParameterizedTest
    @CsvSource({
        "GREY,       97,  61,  20, 13, BICUBIC",
        "GREY_ALPHA, 50,  77,  20, 30, LANCZOS",
        "RGB,        97,  61,  20, 13, BICUBIC",
        "RGB,        97,  61,  20, 61, LANCZOS",
        "RGB,        13,   9,  40, 31, BICUBIC",
        "RGB,         1,   1,   7,  7, HAMMING",
        "RGB,         2, 450,   7, 40, BICUBIC",
        "RGBA,       41,  33,  17, 12, BOX",
        "CMYK,       64,  48,  16, 16, BILINEAR",
    })
    void makesTheSamePixelsAsPlainLoops(
            PixelMode mode, int width, int height, int newWidth, int newHeight, Filter filter) {
        // Given
        assumeTrue(VectorSupport.isThere(), "this JVM runs without --add-modules jdk.incubator.vector");
        var pass = VectorPass.ifWideEnough();
        assumeTrue(pass.isPresent(), "this processor's registers are too narrow");
        var rows = Rows.own(DrawnPicture.draw(mode, width, height, 3));
        var target = new Resampler.Target(newWidth, newHeight, 1, 2, newWidth - 2, newHeight - 3);
        int stride = target.width() * mode.bands();
        byte[] plain = new byte[target.height() * stride];
        byte[] vectors = new byte[target.height() * stride];

        // When
        new Resampler(null).resize(rows, target, filter, plain, 0, stride);
        new Resampler(pass.get()).resize(rows, target, filter, vectors, 0, stride);

        // Then
        assertThat(vectors).isEqualTo(plain);
    }

    @Test
    void isNotUsedWhereItWouldBeSlow() {
        assumeTrue(
                java.lang.management.ManagementFactory.getRuntimeMXBean()
                        .getInputArguments()
                        .contains("-XX:TieredStopAtLevel=1"),
                "this JVM runs with other flags than the build gives it");
        assertThat(VectorSupport.pass()).isEmpty();
    }
}
