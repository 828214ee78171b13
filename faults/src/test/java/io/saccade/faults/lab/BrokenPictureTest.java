package io.saccade.faults.lab;

import static org.assertj.core.api.Assertions.assertThat;

import io.saccade.vision.DecoderChoice;
import io.saccade.vision.ImageLimits;
import io.saccade.vision.ImagePreprocessor;
import io.saccade.vision.PictureDecoder;
import io.saccade.vision.Prepared;
import io.saccade.vision.Preprocessing;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class BrokenPictureTest {

    private static final Preprocessing SMALL = Preprocessing.fromManifest(Map.of(
            "image.size", "32",
            "image.resize", "squash",
            "image.filter", "bicubic",
            "image.rgb", "before-resize"));

    @Test
    void whatMayNotBeReadIsReadByNoDecoder() throws IOException {
        // Given
        var root = Path.of(System.getProperty("saccade.root", "..")).toAbsolutePath();
        var material = new Material(
                Picture.load(root.resolve("deploy").resolve("demo")), List.of(new byte[] {'G', 'I', 'F'}), () -> {
                    throw new AssertionError("no picture here comes by address");
                });
        var random = new SplittableRandom(11);

        try (var decoder = PictureDecoder.create(DecoderChoice.AUTO, ImageLimits.DEFAULT, Optional.empty())) {
            var preprocessor = new ImagePreprocessor(SMALL, decoder);
            for (int i = 0; i < 400; i++) {
                // When
                var broken = BrokenPicture.make(material, random);
                var prepared = preprocessor.prepare(broken.bytes());

                // Then
                assertThat(prepared instanceof Prepared.Refused || broken.mayBeRead())
                        .as("picture " + i)
                        .isTrue();
            }
        }
    }

    @Test
    void theSameSeedMakesTheSameFiles() throws IOException {
        // Given
        var root = Path.of(System.getProperty("saccade.root", "..")).toAbsolutePath();
        var material = new Material(
                Picture.load(root.resolve("deploy").resolve("demo")), List.of(new byte[] {1, 2, 3}), () -> {
                    throw new AssertionError("no picture here comes by address");
                });
        var once = new SplittableRandom(5);
        var again = new SplittableRandom(5);

        // Then
        for (int i = 0; i < 50; i++) {
            assertThat(BrokenPicture.make(material, once).bytes())
                    .isEqualTo(BrokenPicture.make(material, again).bytes());
        }
    }
}
