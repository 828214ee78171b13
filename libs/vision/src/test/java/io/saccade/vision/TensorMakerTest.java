package io.saccade.vision;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TensorMakerTest {
    private static final Resize CROP = new Resize.ShortestEdge(64, Resize.Crop.HALF_TO_EVEN);
    private static final int TENSOR = 64 * 64 * 3;
    /** Objects of a few words each; one buffer as wide as the picture would be more. */
    private static final int LITTLE = 8_192;

    @ParameterizedTest
    @CsvSource({
        "RGB, AFTER_RESIZE",
        "RGBA, AFTER_RESIZE",
        "RGBA, BEFORE_RESIZE",
        "CMYK, BEFORE_RESIZE",
        "PALETTE, BEFORE_RESIZE",
        "GREY, BEFORE_RESIZE"
    })
    void leavesNothingBehindButTheTensor(PixelMode mode, RgbOrder order) {
        // Given
        var maker = new TensorMaker(new Preprocessing(64, CROP, Filter.BICUBIC, order));
        Bitmap wide = DrawnPicture.draw(mode, 4_000, 300, 1);
        Bitmap tall = DrawnPicture.draw(mode, 300, 2_000, 2);
        var threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        maker.tensor(wide);
        maker.tensor(tall);
        long least = Long.MAX_VALUE;

        // When: the least of some, as the compiler may be at work in between
        for (int i = 0; i < 5; i++) {
            long before = threads.getCurrentThreadAllocatedBytes();
            maker.tensor(wide);
            maker.tensor(tall);
            least = Math.min(least, threads.getCurrentThreadAllocatedBytes() - before);
        }

        // Then
        assertThat(least).isLessThan(2 * (TENSOR + LITTLE));
    }

    @Test
    void preparesPixelsThatAreDecodedAlready() {
        // Given
        Bitmap bitmap = DrawnPicture.draw(PixelMode.RGB, 90, 70, 3);
        var preprocessing = new Preprocessing(64, CROP, Filter.BILINEAR, RgbOrder.AFTER_RESIZE);

        // When
        byte[] tensor = new ImagePreprocessor(preprocessing, ImageLimits.DEFAULT).tensor(bitmap.samples(), 90, 70);

        // Then
        assertThat(tensor).isEqualTo(new TensorMaker(preprocessing).tensor(bitmap));
    }

    @Test
    void refusesPixelsThatAreNotAsManyAsTheSizeSays() {
        // Given
        var preprocessor = new ImagePreprocessor(
                new Preprocessing(64, CROP, Filter.BOX, RgbOrder.AFTER_RESIZE), ImageLimits.DEFAULT);

        // When, Then
        assertThatIllegalArgumentException()
                .isThrownBy(() -> preprocessor.tensor(new byte[5], 2, 1))
                .withMessageContaining("got 5");
    }
}
