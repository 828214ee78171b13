package io.saccade.vision;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Our own JPEG decoder beside the JDK's. Whole pictures against Pillow are in {@link ReferenceTest}. */
class JpegPixelsTest {

    @ParameterizedTest
    @ValueSource(
            strings = {
                "photo-420.jpg",
                "photo-422.jpg",
                "photo-444.jpg",
                "photo-440.jpg",
                "photo-440-even.jpg",
                "restart-markers.jpg",
                "progressive.jpg",
                "progressive-444.jpg",
                "progressive-grey.jpg",
                "low-quality.jpg",
                "large.jpg",
                "portrait.jpg",
                "small.jpg",
                "grey.jpg",
                "no-marker.jpg",
                "icc.jpg",
                "turned-6.jpg"
            })
    void readsWhatNearlyAllFilesAre(String file) {
        // Given
        var stream = stream(Goldens.picture(file));

        // When
        Bitmap own = JpegPixels.decode(stream, patience());

        // Then
        assertThat(own).isNotNull();
        assertThat(own.samples()).isEqualTo(byTheJdk(stream));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"cmyk.jpg", "ycck.jpg", "rgb-adobe.jpg", "photo-411.jpg", "sequential-scans.jpg", "tiny.jpg"})
    void leavesTheRestToTheJdk(String file) {
        // When, Then
        assertThat(JpegPixels.decode(stream(Goldens.picture(file)), patience())).isNull();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "photo-420.jpg",
                "photo-422.jpg",
                "photo-440.jpg",
                "progressive.jpg",
                "restart-markers.jpg",
                "grey.jpg"
            })
    void makesOfDamagedFilesWhatTheJdkMakesOrNothing(String file) {
        // Given
        var random = new Random(file.hashCode());
        byte[] whole = Goldens.picture(file);
        List<Integer> different = new ArrayList<>();
        int read = 0;

        // When
        for (int i = 0; i < 300; i++) {
            byte[] damaged = whole.clone();
            for (int hits = random.nextInt(3); hits >= 0; hits--) {
                damaged[random.nextInt(700, damaged.length)] ^= (byte) (1 << random.nextInt(8));
            }
            if (JpegStream.parse(damaged, ImageLimits.DEFAULT) instanceof JpegStream.Parsed.Readable(var stream)) {
                Bitmap own = JpegPixels.decode(stream, patience());
                if (own != null) {
                    read++;
                    if (tooFar(own.samples(), byTheJdk(stream))) {
                        different.add(i);
                    }
                }
            }
        }

        // Then
        assertThat(different).isEmpty();
        assertThat(read).as("flips that no decoder can notice").isPositive();
    }

    /** A flipped bit may give numbers that no encoder writes; of those the JDK keeps ten bits and we clip. */
    private static boolean tooFar(byte[] own, byte[] other) {
        int far = 0;
        for (int i = 0; i < own.length; i++) {
            far += own[i] == other[i] ? 0 : 1;
        }
        return far > own.length / 20;
    }

    @Test
    void isEqualWithAndWithoutTheVectorApi() {
        // Given
        var vectors = VectorSupport.isThere() ? VectorBlocks.ifWideEnough() : Optional.<Blocks>empty();
        assumeThat(vectors).as("the Vector API is here and wide").isPresent();
        var wide = vectors.orElseThrow();
        var plain = new PlainBlocks();
        var random = new Random(5);

        for (int round = 0; round < 200; round++) {
            int lanes = wide.lanes();
            int reach = 1 << 1 + random.nextInt(11);
            var coefficients = new int[64][lanes];
            var forWide = new int[64 * lanes];
            for (int k = 0; k < 64; k++) {
                for (int lane = 0; lane < lanes; lane++) {
                    int value = random.nextInt(4) == 0 ? random.nextInt(-reach, reach) : 0;
                    coefficients[k][lane] = value;
                    forWide[k * lanes + lane] = value;
                }
            }

            // When
            var ours = new byte[8 * 8 * lanes];
            wide.samples(forWide, 0, ours, 0, 8 * lanes);

            // Then
            for (int first = 0; first < lanes; first += plain.lanes()) {
                var part = new int[64 * plain.lanes()];
                for (int k = 0; k < 64; k++) {
                    System.arraycopy(coefficients[k], first, part, k * plain.lanes(), plain.lanes());
                }
                var expected = new byte[8 * 8 * plain.lanes()];
                plain.samples(part, 0, expected, 0, 8 * plain.lanes());
                for (int row = 0; row < 8; row++) {
                    int from = row * 8 * lanes + 8 * first;
                    assertThat(Arrays.copyOfRange(ours, from, from + 8 * plain.lanes()))
                            .isEqualTo(Arrays.copyOfRange(
                                    expected, row * 8 * plain.lanes(), (row + 1) * 8 * plain.lanes()));
                }
            }
        }
    }

    @Test
    void upsamplesAndColoursEquallyWithAndWithoutTheVectorApi() {
        // Given
        var vectors = VectorSupport.isThere() ? VectorBlocks.ifWideEnough() : Optional.<Blocks>empty();
        assumeThat(vectors).as("the Vector API is here and wide").isPresent();
        var random = new Random(6);
        var plane = new byte[2048];
        random.nextBytes(plane);
        int count = 77;

        // When, Then
        assertThat(coloured(vectors.orElseThrow(), plane, count)).isEqualTo(coloured(new PlainBlocks(), plane, count));
    }

    private static List<String> coloured(Blocks blocks, byte[] plane, int count) {
        var cb = new int[256];
        var cr = new int[256];
        var evens = new int[256];
        var odds = new int[256];
        List<String> all = new ArrayList<>();
        blocks.mix(plane, 300, 3, 500, count, cb);
        blocks.mix(plane, 700, 3, 900, count, cr);
        all.add(Arrays.toString(Arrays.copyOf(cb, count + 2)));
        blocks.doubled(plane, 0, cb, cr, count, 8, 7, 4, evens, odds);
        all.add(Arrays.toString(Arrays.copyOf(evens, count)));
        all.add(Arrays.toString(Arrays.copyOf(odds, count)));
        blocks.single(plane, 1, cb, cr, count, 2, 2, evens);
        all.add(Arrays.toString(Arrays.copyOf(evens, count)));
        return all;
    }

    private static JpegStream stream(byte[] file) {
        return ((JpegStream.Parsed.Readable) JpegStream.parse(file, ImageLimits.DEFAULT)).stream();
    }

    private static byte[] byTheJdk(JpegStream stream) {
        return JpegDecoder.byTheJdk(stream, patience()) instanceof Decoded.Picture picture
                ? picture.bitmap().samples()
                : new byte[0];
    }

    private static Patience patience() {
        return new Patience(Duration.ofMinutes(1), System::nanoTime);
    }
}
