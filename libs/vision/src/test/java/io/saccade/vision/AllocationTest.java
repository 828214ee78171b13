package io.saccade.vision;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Decoding leaves behind the picture and next to nothing else. Left out are the files that go through ImageIO: what the JDK's
 * JPEG reader (inks, odd sampling) and the WebP reader allocate is theirs; and TIFF files of many LZW strips, each of which
 * has a table of its own.
 */
class AllocationTest {
    private static final long LITTLE = 64 << 10;

    /** Until the compiler has seen it, what runs on the processor's lanes allocates each number. */
    private static final int MOST_TRIES = 300;

    private static final List<String> FILES = List.of(
            "large.jpg",
            "photo-420.jpg",
            "photo-444.jpg",
            "progressive.jpg",
            "grey.jpg",
            "rgb.png",
            "rgba-16.png",
            "interlaced-rgb.png",
            "palette.png",
            "large.gif",
            "interlaced.gif",
            "rgb.bmp",
            "rle8.bmp",
            "predictor.tiff",
            "tiles.tiff");

    private static final List<String> NATIVE_ONLY =
            List.of("lossless.webp", "lossy.webp", "lossy-alpha.webp", "cmyk.jpg");

    private final ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    static Stream<Arguments> files() {
        return Decoders.names().flatMap(decoder -> Stream.concat(
                        FILES.stream(), decoder.equals("native") ? NATIVE_ONLY.stream() : Stream.empty())
                .map(file -> Arguments.of(decoder, file)));
    }

    @ParameterizedTest
    @MethodSource("files")
    void leavesThePictureAndNextToNothing(String decoder, String file) {
        // Given
        var pictures = Decoders.named(decoder);
        byte[] encoded = Goldens.picture(file);
        var bitmap = Decoders.picture(pictures, encoded).bitmap();
        long picture = bitmap.samples().length;

        // When
        long least = Long.MAX_VALUE;
        for (int i = 0; i < MOST_TRIES && least > picture + LITTLE; i++) {
            long before = threads.getCurrentThreadAllocatedBytes();
            pictures.decode(encoded, Decoded.class::isInstance);
            least = Math.min(least, threads.getCurrentThreadAllocatedBytes() - before);
        }

        // Then
        assertThat(least).isLessThanOrEqualTo(picture + LITTLE);
    }
}
