package io.saccade.benchmarks.vision;

import io.saccade.vision.Filter;
import io.saccade.vision.ImageLimits;
import io.saccade.vision.ImagePreprocessor;
import io.saccade.vision.Preprocessing;
import io.saccade.vision.Resize;
import io.saccade.vision.RgbOrder;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * RGB pixels to the square of a model, shortest edge and crop. The lanes of the processor against plain loops: run it with
 * and without {@code -jvmArgs -XX:-EnableVectorSupport}. With {@code -prof gc}, what a picture leaves behind is its tensor.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 4, time = 1)
@Measurement(iterations = 4, time = 1)
@Fork(1)
public class ResizeBenchmark {
    /** Pixels. */
    @Param({"640x480", "2048x1365", "4000x3000"})
    String picture = "";

    /** The filter. */
    @Param({"BICUBIC"})
    Filter filter = Filter.BICUBIC;

    private int width;
    private int height;
    private byte[] rgb = new byte[0];
    private ImagePreprocessor preprocessor = preprocessor(Filter.BICUBIC);

    /** Makes the pixels. */
    @Setup
    public void setUp() {
        int x = picture.indexOf('x');
        width = Integer.parseInt(picture.substring(0, x));
        height = Integer.parseInt(picture.substring(x + 1));
        rgb = new byte[width * height * 3];
        new Random(1).nextBytes(rgb);
        preprocessor = preprocessor(filter);
    }

    private static ImagePreprocessor preprocessor(Filter filter) {
        var crop = new Resize.ShortestEdge(224, Resize.Crop.HALF_TO_EVEN);
        return new ImagePreprocessor(new Preprocessing(224, crop, filter, RgbOrder.AFTER_RESIZE), ImageLimits.DEFAULT);
    }

    /** Resize and crop. */
    @Benchmark
    public byte[] resize() {
        return preprocessor.tensor(rgb, width, height);
    }
}
