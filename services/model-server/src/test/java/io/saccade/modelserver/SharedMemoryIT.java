package io.saccade.modelserver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.grpc.StatusRuntimeException;
import io.saccade.triton.proto.InferParameter;
import io.saccade.triton.proto.ModelInferRequest;
import io.saccade.triton.proto.SystemSharedMemoryRegisterRequest;
import io.saccade.triton.proto.SystemSharedMemoryStatusRequest;
import io.saccade.triton.proto.SystemSharedMemoryUnregisterRequest;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Tensors in the memory of a client on the same machine. */
@Timeout(60)
class SharedMemoryIT {
    private static final Path FOLDER = Path.of("/dev/shm");

    private Path file;
    private RunningServer server;

    @BeforeEach
    void start() throws IOException {
        assumeTrue(Files.isWritable(FOLDER), "this machine has no /dev/shm that can be written");
        file = Files.createTempFile(FOLDER, "saccade-test", "");
        Files.write(file, new byte[4096]);
        server = RunningServer.withModels("identity_int32", "identity_bytes");
    }

    @AfterEach
    void stop() throws IOException {
        if (server != null) {
            server.close();
            Files.deleteIfExists(file);
        }
    }

    @Test
    void readsInputsFromARegionAndWritesOutputsIntoIt() throws IOException {
        // Given
        byte[] memory = new byte[4096];
        ByteBuffer.wrap(memory).order(ByteOrder.LITTLE_ENDIAN).putInt(128, 41).putInt(132, 42);
        Files.write(file, memory);
        register("region", 128, 1024);

        // When
        var request = ModelInferRequest.newBuilder().setModelName("identity_int32");
        request.addInputsBuilder()
                .setName("in")
                .setDatatype("INT32")
                .addShape(1)
                .addShape(2)
                .putAllParameters(place("region", 0, 8));
        request.addOutputsBuilder().setName("out").putAllParameters(place("region", 512, 64));
        var answer = server.stub().modelInfer(request.build());

        // Then
        assertThat(answer.getRawOutputContentsList()).singleElement().satisfies(each -> assertThat(each.isEmpty())
                .isTrue());
        assertThat(answer.getOutputs(0).getShapeList()).containsExactly(1L, 2L);
        assertThat(answer.getOutputs(0).getParametersMap()).isEqualTo(place("region", 512, 8));
        var written = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
        assertThat(written.getInt(128 + 512)).isEqualTo(41);
        assertThat(written.getInt(128 + 516)).isEqualTo(42);
    }

    @Test
    void tellsAndForgetsWhatIsRegistered() {
        // Given
        register("one", 0, 4096);
        register("two", 1024, 16);

        // When, Then
        var all = server.stub().systemSharedMemoryStatus(SystemSharedMemoryStatusRequest.getDefaultInstance());
        assertThat(all.getRegionsMap()).containsOnlyKeys("one", "two");
        assertThat(all.getRegionsOrThrow("two").getKey()).isEqualTo("/" + file.getFileName());
        assertThat(all.getRegionsOrThrow("two").getOffset()).isEqualTo(1024);
        assertThat(all.getRegionsOrThrow("two").getByteSize()).isEqualTo(16);

        // When, Then
        unregister("one");
        unregister("nobody knows it");
        refused(() -> status("one"), "NOT_FOUND: Unable to find system shared memory region: 'one'");
        unregister("");
        refused(() -> status("two"), "NOT_FOUND: Unable to find system shared memory region: 'two'");
    }

    @Test
    void refusesRegionsThatAreNone() throws IOException {
        register("one", 0, 16);
        refused(() -> register("one", 0, 16), "ALREADY_EXISTS: shared memory region 'one' already in manager");
        refused(() -> register("large", 0, 4097), "INVALID_ARGUMENT: failed to register shared memory region 'large'");
        refused(() -> register("far", 4096, 1), "INVALID_ARGUMENT: failed to register shared memory region 'far'");
        refused(() -> register("empty", 0, 0), "INVALID_ARGUMENT: failed to register shared memory region 'empty'");
        refused(() -> register("", 0, 1), "INVALID_ARGUMENT: a shared memory region needs a name");
        for (String key : new String[] {"/no such", "/../etc/passwd", "..", "", "/"}) {
            refused(() -> register("x", key, 0, 1), "INTERNAL: Unable to open shared memory region: '" + key + "'");
        }
        refused(
                () -> register("x", "/triton_python_backend_shm_region_1", 0, 1),
                "INTERNAL: Unable to open shared memory region: '/triton_python_backend_shm_region_1'");
        Path link = FOLDER.resolve(file.getFileName() + "-link");
        try {
            Files.createSymbolicLink(link, file);
            refused(
                    () -> register("x", "/" + link.getFileName(), 0, 1),
                    "INTERNAL: Unable to open shared memory region");
        } finally {
            Files.deleteIfExists(link);
        }
    }

    @Test
    void refusesTensorsThatDoNotFitTheirPlace() {
        register("region", 0, 64);
        refused(() -> infer(place("region", 65, 0), place("region", 0, 64)), "Invalid offset for shared memory region");
        refused(
                () -> infer(place("region", 60, 8), place("region", 0, 64)),
                "Invalid offset + byte size for shared memory region: 'region'");
        refused(
                () -> infer(place("region", 0, 12), place("region", 0, 64)),
                "input byte size mismatch for input 'in' for model 'identity_int32'. Expected 8, got 12");
        refused(
                () -> infer(place("none", 0, 8), place("region", 0, 64)),
                "Unable to find shared memory region: 'none'");
        refused(
                () -> infer(place("region", 0, 8), place("none", 0, 64)),
                "Unable to find shared memory region: 'none'");
        refused(
                () -> infer(place("region", 0, 8), place("region", 0, 4)),
                "shared memory size specified with the request for output 'out' (4 bytes) should be at least 8 bytes");
    }

    @Test
    void survivesAFileThatBecameShorter() throws IOException {
        // Given
        register("region", 0, 4096);
        Files.write(file, new byte[0]);

        // When, Then
        refused(
                () -> infer(place("region", 0, 8), place("region", 0, 64)),
                "INTERNAL: shared memory region 'region' is no longer as long as it was registered");
        assertThat(server.client().serverReady()).isTrue();
    }

    private void infer(Map<String, InferParameter> input, Map<String, InferParameter> output) {
        var request = ModelInferRequest.newBuilder().setModelName("identity_int32");
        request.addInputsBuilder()
                .setName("in")
                .setDatatype("INT32")
                .addShape(1)
                .addShape(2)
                .putAllParameters(input);
        request.addOutputsBuilder().setName("out").putAllParameters(output);
        var _ = server.stub().modelInfer(request.build());
    }

    private static void refused(Runnable call, String text) {
        assertThatExceptionOfType(StatusRuntimeException.class)
                .isThrownBy(call::run)
                .withMessageContaining(text);
    }

    private void register(String name, long offset, long size) {
        register(name, "/" + file.getFileName(), offset, size);
    }

    private void register(String name, String key, long offset, long size) {
        var _ = server.stub()
                .systemSharedMemoryRegister(SystemSharedMemoryRegisterRequest.newBuilder()
                        .setName(name)
                        .setKey(key)
                        .setOffset(offset)
                        .setByteSize(size)
                        .build());
    }

    private void unregister(String name) {
        var _ = server.stub()
                .systemSharedMemoryUnregister(SystemSharedMemoryUnregisterRequest.newBuilder()
                        .setName(name)
                        .build());
    }

    private void status(String name) {
        var _ = server.stub()
                .systemSharedMemoryStatus(SystemSharedMemoryStatusRequest.newBuilder()
                        .setName(name)
                        .build());
    }

    private static Map<String, InferParameter> place(String region, long offset, long size) {
        return Map.of(
                "shared_memory_region",
                InferParameter.newBuilder().setStringParam(region).build(),
                "shared_memory_offset",
                InferParameter.newBuilder().setInt64Param(offset).build(),
                "shared_memory_byte_size",
                InferParameter.newBuilder().setInt64Param(size).build());
    }
}
