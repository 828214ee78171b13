package io.saccade.protocol;

import static io.saccade.protocol.Requests.infer;
import static io.saccade.protocol.Requests.longs;
import static io.saccade.protocol.Requests.raw;
import static io.saccade.protocol.Requests.shape;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.google.protobuf.ByteString;
import io.grpc.ManagedChannel;
import io.grpc.netty.NettyChannelBuilder;
import io.saccade.protocol.Requests.Input;
import io.saccade.triton.proto.GRPCInferenceServiceGrpc;
import io.saccade.triton.proto.ModelInferRequest;
import io.saccade.triton.proto.ModelInferResponse;
import java.io.IOException;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** {@code triton-models} as it lies there runs in NVIDIA's Triton and answers as in our model server. */
@TestInstance(Lifecycle.PER_CLASS)
class SampleModelsIT {

    private static final Path MODELS = Checkout.path("triton-models");
    private static final float FLOATS_APART = 1e-4f;

    private ServerProcess triton;
    private ServerProcess ours;

    @BeforeAll
    void start() throws IOException {
        if (!ServerProcess.isTritonInstalled()) {
            return;
        }
        triton = ServerProcess.triton(MODELS, Path.of("target", "triton-sample.log"), List.of());
        ours = ServerProcess.ours(MODELS, Path.of("target", "model-server-sample.log"), List.of());
    }

    @AfterAll
    void stop() {
        if (triton != null) {
            triton.close();
        }
        if (ours != null) {
            ours.close();
        }
    }

    static List<ModelInferRequest> requests() {
        return List.of(
                infer("image-embedding", images()).build(),
                infer("text-embedding", words()).build(),
                infer("caption", images()).build(),
                infer("vqa", images(), words()).build(),
                infer("moderation", images()).build());
    }

    private static Input images() {
        byte[] pixels = new byte[2 * 224 * 224 * 3];
        new Random(7).nextBytes(pixels);
        return raw("image", "UINT8", shape(2, 224, 224, 3), ByteString.copyFrom(pixels));
    }

    private static Input words() {
        return raw(
                "input_ids",
                "INT64",
                shape(2, 24),
                longs(LongStream.range(0, 48).map(i -> 1 + i % 30).toArray()));
    }

    @ParameterizedTest
    @MethodSource("requests")
    void answersAlike(ModelInferRequest request) throws InterruptedException {
        // Given
        ServerProcess.assumeTriton();

        // When
        ModelInferResponse expected = ask(triton, request);
        ModelInferResponse found = ask(ours, request);

        // Then
        assertThat(found.getOutputsList()).isEqualTo(expected.getOutputsList()).isNotEmpty();
        for (int i = 0; i < expected.getOutputsCount(); i++) {
            var output = expected.getOutputs(i);
            if (output.getDatatype().equals("FP32")) {
                assertThat(floats(found.getRawOutputContents(i)))
                        .as(output.getName())
                        .containsExactly(floats(expected.getRawOutputContents(i)), within(FLOATS_APART));
            } else {
                assertThat(found.getRawOutputContents(i))
                        .as(output.getName())
                        .isEqualTo(expected.getRawOutputContents(i));
            }
        }
    }

    private static float[] floats(ByteString raw) {
        var buffer = raw.asReadOnlyByteBuffer().order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer();
        float[] floats = new float[buffer.remaining()];
        buffer.get(floats);
        return floats;
    }

    private static ModelInferResponse ask(ServerProcess server, ModelInferRequest request) throws InterruptedException {
        ManagedChannel channel =
                NettyChannelBuilder.forTarget(server.endpoint()).usePlaintext().build();
        try {
            return GRPCInferenceServiceGrpc.newBlockingStub(channel)
                    .withDeadlineAfter(60, TimeUnit.SECONDS)
                    .modelInfer(request);
        } finally {
            channel.shutdownNow().awaitTermination(5, TimeUnit.SECONDS);
        }
    }
}
