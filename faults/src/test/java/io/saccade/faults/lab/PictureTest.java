package io.saccade.faults.lab;

import static org.assertj.core.api.Assertions.assertThat;

import io.saccade.contract.EventIds;
import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashSet;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;

class PictureTest {

    private static final Path DEMO = Path.of(System.getProperty("saccade.root", ".."), "deploy", "demo");

    @Test
    void aCopyLooksTheSameAndHasBytesOfItsOwn() throws IOException {
        var digests = new HashSet<String>();
        for (var picture : Picture.load(DEMO)) {
            // When
            var one = picture.copy("run-1");
            var other = picture.copy("run-2");

            // Then
            assertThat(digests.add(EventIds.sha256(one))).isTrue();
            assertThat(digests.add(EventIds.sha256(other))).isTrue();
            assertThat(pixels(one)).isEqualTo(pixels(picture.png())).isEqualTo(pixels(other));
        }
        assertThat(digests).hasSizeGreaterThanOrEqualTo(6);
    }

    private static int[] pixels(byte[] png) throws IOException {
        BufferedImage image = ImageIO.read(new ByteArrayInputStream(png));
        return image.getRGB(0, 0, image.getWidth(), image.getHeight(), null, 0, image.getWidth());
    }
}
