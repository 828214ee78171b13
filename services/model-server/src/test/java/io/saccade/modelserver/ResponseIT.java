package io.saccade.modelserver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.grpc.StatusRuntimeException;
import io.saccade.triton.DataType;
import io.saccade.triton.Shape;
import io.saccade.triton.Tensor;
import io.saccade.triton.proto.InferParameter;
import io.saccade.triton.proto.ModelInferRequest;
import io.saccade.triton.proto.ModelInferResponse;
import io.saccade.triton.proto.SystemSharedMemoryStatusRequest;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What an answer may be. */
@Timeout(60)
class ResponseIT {
    @TempDir
    private Path folder;

    @Test
    void givesTheBestElementsOfEachItemWithTheirLabels() throws IOException {
        // Given
        Path model = RunningServer.copy("identity_fp32", folder);
        Path config = model.resolve("config.pbtxt");
        Files.writeString(
                config,
                Files.readString(config).replace("name: \"out\"", "name: \"out\" label_filename: \"labels.txt\""));
        Files.writeString(model.resolve("labels.txt"), "cat\ndog\n");
        try (var server = RunningServer.start(RunningServer.options(folder, false, List.of()))) {
            // When
            var answer = server.stub()
                    .modelInfer(classes(
                            "identity_fp32", 2, Tensor.fp32("in", Shape.of(2, 3), 0.25f, 0.5f, 0.75f, 3, 2, 1)));

            // Then
            assertThat(answer.getOutputs(0).getDatatype()).isEqualTo("BYTES");
            assertThat(answer.getOutputs(0).getShapeList()).containsExactly(2L, 2L);
            assertThat(texts(answer, 2, 2))
                    .containsExactly("0.750000:2", "0.500000:1:dog", "3.000000:0:cat", "2.000000:1:dog");
        }
    }

    @Test
    void givesAllElementsWhereThereAreFewer() {
        try (var server = RunningServer.withModels("identity_int16", "identity_fp16")) {
            assertThat(texts(
                            server.stub()
                                    .modelInfer(classes(
                                            "identity_int16",
                                            9,
                                            Tensor.of("in", DataType.INT16, Shape.of(1, 2), ByteBuffer.wrap(new byte[] {
                                                -1, -1, 5, 0
                                            })))),
                            1,
                            2))
                    .containsExactly("5:1", "-1:0");
            assertThatExceptionOfType(StatusRuntimeException.class)
                    .isThrownBy(() ->
                            server.stub().modelInfer(classes("identity_fp16", 1, Tensor.fp16("in", Shape.of(1, 1), 1))))
                    .withMessageStartingWith(
                            "INVALID_ARGUMENT: class result not available for output due to unsupported type 'FP16'");
        }
    }

    @Test
    void refusesAnAnswerBeyondTheLimitAndSharedMemoryUnlessAllowed() {
        var options = RunningServer.options(RunningServer.REPOSITORY, true, List.of("identity_int32"));
        try (var server = RunningServer.start(new ServerOptions(
                options.repository(),
                options.grpcAddress(),
                0,
                options.httpAddress(),
                0,
                options.metricsAddress(),
                0,
                options.control(),
                options.loadAtStart(),
                true,
                true,
                options.exitTimeout(),
                1,
                options.pollEvery(),
                16,
                false))) {
            // When, Then
            assertThat(server.stub()
                            .modelInfer(request("identity_int32", Tensor.int32("in", Shape.of(1, 4), 1, 2, 3, 4)))
                            .getRawOutputContents(0)
                            .size())
                    .isEqualTo(16);
            assertThatExceptionOfType(StatusRuntimeException.class)
                    .isThrownBy(() -> server.stub()
                            .modelInfer(request("identity_int32", Tensor.int32("in", Shape.of(1, 5), 1, 2, 3, 4, 5))))
                    .withMessageStartingWith(
                            "INVALID_ARGUMENT: Response has byte size 20 which exceeds the byte size limit 16"
                                    + " of an answer of model 'identity_int32'");
            assertThatExceptionOfType(StatusRuntimeException.class)
                    .isThrownBy(() -> server.stub()
                            .systemSharedMemoryStatus(SystemSharedMemoryStatusRequest.getDefaultInstance()))
                    .withMessageStartingWith(
                            "UNIMPLEMENTED: shared memory of clients is not allowed; start the server with"
                                    + " --allow-client-shm");
            assertThat(server.client().serverMetadata().extensions()).doesNotContain("system_shared_memory");
        }
    }

    private static ModelInferRequest classes(String model, long count, Tensor input) {
        var request = request(model, input).toBuilder();
        request.addOutputsBuilder()
                .setName("out")
                .putParameters(
                        "classification",
                        InferParameter.newBuilder().setInt64Param(count).build());
        return request.build();
    }

    private static ModelInferRequest request(String model, Tensor input) {
        var request = ModelInferRequest.newBuilder().setModelName(model).addRawInputContents(input.data());
        var tensor = request.addInputsBuilder()
                .setName(input.name())
                .setDatatype(input.type().name());
        for (long dim : input.shape().dims()) {
            tensor.addShape(dim);
        }
        return request.build();
    }

    private static List<String> texts(ModelInferResponse answer, long... shape) {
        return Tensor.of("out", DataType.BYTES, Shape.of(shape), answer.getRawOutputContents(0))
                .asStrings();
    }
}
