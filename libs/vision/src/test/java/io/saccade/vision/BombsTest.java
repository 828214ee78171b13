package io.saccade.vision;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What a bomb may cost: bytes are counted; CPU time, which a busy machine stretches too, is told, and bounded far
 * above its goal.
 */
class BombsTest {
    private static final long MOST_BYTES = 20L << 20;
    private static final long GOAL_MILLIS = 50;
    private static final long MOST_MILLIS = 5_000;

    private final ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    static Stream<Arguments> refused() {
        return Decoders.names().flatMap(decoder -> Bombs.refused().entrySet().stream()
                .map(bomb -> Arguments.of(
                        decoder,
                        bomb.getKey(),
                        bomb.getValue().code(),
                        bomb.getValue().file())));
    }

    static Stream<Arguments> harmless() {
        return Decoders.names().flatMap(decoder -> Bombs.harmless().entrySet().stream()
                .map(bomb -> Arguments.of(decoder, bomb.getKey(), bomb.getValue())));
    }

    @ParameterizedTest(name = "{0} {1}: {2}")
    @MethodSource("refused")
    void refusesBombsWithACodeAndLittleMemory(String decoder, String name, String code, byte[] file) {
        // Given
        var pictures = Decoders.named(decoder);
        String first = Decoders.code(pictures, file);

        // When
        long start = threads.getCurrentThreadCpuTime();
        long before = threads.getCurrentThreadAllocatedBytes();
        String again = Decoders.code(pictures, file);
        long bytes = threads.getCurrentThreadAllocatedBytes() - before;
        double millis = (threads.getCurrentThreadCpuTime() - start) / 1e6;

        // Then
        System.out.printf(
                "%-7s %-24s %9d bytes: %-22s %8d bytes allocated, %6.2f ms of CPU%s%n",
                decoder, name, file.length, again, bytes, millis, millis > GOAL_MILLIS ? ", above the goal" : "");
        assertThat(first).isEqualTo(code);
        assertThat(again).isEqualTo(code);
        assertThat(bytes).isLessThanOrEqualTo(MOST_BYTES);
        assertThat(millis).isLessThan(MOST_MILLIS);
    }

    @ParameterizedTest(name = "{0} {1}")
    @MethodSource("harmless")
    void leavesPackedWhatItDoesNotNeed(String decoder, String name, byte[] file) {
        // Given
        var pictures = Decoders.named(decoder);
        Decoders.code(pictures, file);

        // When
        long before = threads.getCurrentThreadAllocatedBytes();
        String code = Decoders.code(pictures, file);
        long bytes = threads.getCurrentThreadAllocatedBytes() - before;

        // Then
        System.out.printf("%-7s %-24s %9d bytes: %8d bytes allocated%n", decoder, name, file.length, bytes);
        assertThat(code).isEqualTo("ok");
        assertThat(bytes).isLessThanOrEqualTo(MOST_BYTES);
    }

    @Test
    void knowsAtLeastTwentyBombsOfAllFormats() {
        assertThat(Bombs.refused()).hasSizeGreaterThanOrEqualTo(20);
        assertThat(Bombs.refused().keySet().stream()
                        .map(name -> name.replaceAll("-.*", ""))
                        .distinct())
                .contains("png", "gif", "bmp", "tiff", "webp", "jpeg");
        assertThat(Bombs.refused().values()).allSatisfy(bomb -> assertThat((long) bomb.file().length)
                .isLessThanOrEqualTo(ImageLimits.DEFAULT.maxBytes()));
    }
}
