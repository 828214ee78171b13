package io.saccade.benchmarks.client;

import com.google.protobuf.UnsafeByteOperations;
import com.sun.management.OperatingSystemMXBean;
import io.grpc.ManagedChannel;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.StreamObserver;
import io.saccade.triton.InferRequest;
import io.saccade.triton.Shape;
import io.saccade.triton.Tensor;
import io.saccade.triton.TritonClient;
import io.saccade.triton.proto.GRPCInferenceServiceGrpc;
import io.saccade.triton.proto.GRPCInferenceServiceGrpc.GRPCInferenceServiceStub;
import io.saccade.triton.proto.ModelInferRequest;
import io.saccade.triton.proto.ModelInferResponse;
import java.lang.management.ManagementFactory;
import java.nio.ByteOrder;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.AuxCounters;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * One call, many at once, against a server that answers at once in another process: calls per second, CPU time of this process per
 * call ({@code cpuMicros}), and with {@code -prof gc} bytes allocated per call. The baseline is the stub that grpc-java generates, used
 * as well as one can by hand: bytes wrapped and not copied, asynchronous, channels in turn, but the answer not checked.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Warmup(iterations = 2, time = 2)
@Measurement(iterations = 3, time = 2)
@Fork(
        value = 1,
        jvmArgs = {"-Xmx1g", "-XX:+UseG1GC"})
@SuppressWarnings("NullAway.Init") // what JMH has set up before it measures
public class InferCallBenchmark {
    private static final OperatingSystemMXBean SYSTEM =
            (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();

    /** 150 KB is an image of 224 x 224 in UINT8; 600 KB the same in FP32. */
    @Param({"150528", "602112"})
    int bytes;

    /** Connections. */
    @Param({"1", "2", "4"})
    int channels;

    /** Calls at once. */
    @Param({"8", "64", "256"})
    int inFlight;

    private final Semaphore room = new Semaphore(0);
    private final List<ManagedChannel> plain = new ArrayList<>();
    private final List<GRPCInferenceServiceStub> stubs = new ArrayList<>();
    private byte[] pixels = new byte[0];
    private EchoServer server;
    private TritonClient client;
    private int turn;

    /** What a call costs this process in CPU time, its other threads included. */
    @State(Scope.Thread)
    @AuxCounters(AuxCounters.Type.EVENTS)
    public static class Cpu {
        private long calls;
        private long nanos;
        private long start;

        /** Begins to count. */
        @Setup(Level.Iteration)
        public void begin() {
            calls = 0;
            start = SYSTEM.getProcessCpuTime();
        }

        /** Counts. */
        @TearDown(Level.Iteration)
        public void end() {
            nanos = SYSTEM.getProcessCpuTime() - start;
        }

        /** Microseconds of CPU per call. */
        public double cpuMicros() {
            return calls == 0 ? 0 : nanos / 1e3 / calls;
        }
    }

    /** Starts the server. */
    @Setup
    public void start() throws Exception {
        pixels = new byte[bytes];
        server = EchoServer.start();
        client = TritonClient.builder()
                .endpoint(server.endpoint())
                .channelsPerEndpoint(channels)
                .timeout(Duration.ofSeconds(60))
                .build();
        for (int i = 0; i < channels; i++) {
            ManagedChannel channel = NettyChannelBuilder.forTarget(server.endpoint())
                    .usePlaintext()
                    .maxInboundMessageSize(64 << 20)
                    .build();
            plain.add(channel);
            stubs.add(GRPCInferenceServiceGrpc.newStub(channel));
        }
        room.release(inFlight);
    }

    /** Waits for the calls under way, so that none is counted in the next iteration. */
    @TearDown(Level.Iteration)
    public void drain() {
        room.acquireUninterruptibly(inFlight);
        room.release(inFlight);
    }

    /** Ends all. */
    @TearDown
    public void stop() {
        client.close();
        plain.forEach(ManagedChannel::shutdownNow);
        server.close();
    }

    /** Our client. */
    @Benchmark
    public void client(Cpu cpu) {
        room.acquireUninterruptibly();
        cpu.calls++;
        var request = InferRequest.to("embedding")
                .input(Tensor.uint8("image", Shape.of(1, bytes), pixels))
                .build();
        client.infer(request).whenComplete((result, failure) -> {
            room.release();
            if (failure != null || result.output("embedding").asFloats().length != 512) {
                throw new IllegalStateException("no embedding", failure);
            }
        });
    }

    /** The baseline. */
    @Benchmark
    public void stub(Cpu cpu) {
        room.acquireUninterruptibly();
        cpu.calls++;
        ModelInferRequest request = ModelInferRequest.newBuilder()
                .setModelName("embedding")
                .addInputs(ModelInferRequest.InferInputTensor.newBuilder()
                        .setName("image")
                        .setDatatype("UINT8")
                        .addShape(1)
                        .addShape(bytes))
                .addRawInputContents(UnsafeByteOperations.unsafeWrap(pixels))
                .build();
        turn = (turn + 1) % channels;
        stubs.get(turn).withDeadlineAfter(60, TimeUnit.SECONDS).modelInfer(request, new StreamObserver<>() {
            @Override
            public void onNext(ModelInferResponse answer) {
                float[] embedding = new float[512];
                answer.getRawOutputContents(0)
                        .asReadOnlyByteBuffer()
                        .order(ByteOrder.LITTLE_ENDIAN)
                        .asFloatBuffer()
                        .get(embedding);
            }

            @Override
            public void onError(Throwable failure) {
                room.release();
                throw new IllegalStateException("no embedding", failure);
            }

            @Override
            public void onCompleted() {
                room.release();
            }
        });
    }
}
