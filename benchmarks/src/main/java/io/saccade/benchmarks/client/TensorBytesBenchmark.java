package io.saccade.benchmarks.client;

import com.google.protobuf.ByteString;
import io.saccade.triton.Shape;
import io.saccade.triton.Tensor;
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

/** Bytes into a tensor, against the copy that protobuf makes by default. Run with {@code -prof gc}: the count is in B/op. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 2, time = 1)
@Measurement(iterations = 3, time = 1)
@Fork(1)
public class TensorBytesBenchmark {
    /** 150 KB is an image of 224 x 224 in UINT8; 600 KB the same in FP32. */
    @Param({"150528", "602112"})
    int bytes;

    private byte[] pixels = new byte[0];

    /** Makes the pixels. */
    @Setup
    public void setUp() {
        pixels = new byte[bytes];
    }

    /** What the client does: the array is carried as it is. */
    @Benchmark
    public Tensor tensor() {
        return Tensor.uint8("image", Shape.of(1, bytes), pixels);
    }

    /** The baseline. */
    @Benchmark
    public ByteString copy() {
        return ByteString.copyFrom(pixels);
    }
}
