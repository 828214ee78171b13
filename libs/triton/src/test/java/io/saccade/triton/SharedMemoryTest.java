package io.saccade.triton;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import com.google.protobuf.ByteString;
import io.grpc.Server;
import io.grpc.Status;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.StreamObserver;
import io.saccade.triton.proto.GRPCInferenceServiceGrpc.GRPCInferenceServiceImplBase;
import io.saccade.triton.proto.InferParameter;
import io.saccade.triton.proto.ModelInferRequest;
import io.saccade.triton.proto.ModelInferResponse;
import io.saccade.triton.proto.SystemSharedMemoryRegisterRequest;
import io.saccade.triton.proto.SystemSharedMemoryRegisterResponse;
import io.saccade.triton.proto.SystemSharedMemoryStatusRequest;
import io.saccade.triton.proto.SystemSharedMemoryStatusResponse;
import io.saccade.triton.proto.SystemSharedMemoryUnregisterRequest;
import io.saccade.triton.proto.SystemSharedMemoryUnregisterResponse;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Calls over shared memory against a server in the same JVM that opens the files as Triton does. */
@Timeout(180)
class SharedMemoryTest {
    private static final int SLOT = 4096;

    private final List<AutoCloseable> open = new ArrayList<>();
    private final Sharing sharing = new Sharing();
    private String endpoint = "";

    @TempDir
    Path folder;

    @BeforeEach
    void start() throws IOException {
        sharing.folder = folder;
        Server server = NettyServerBuilder.forAddress(new InetSocketAddress("127.0.0.1", 0))
                .addService(sharing)
                .build()
                .start();
        open.add(server::shutdownNow);
        endpoint = "127.0.0.1:" + server.getPort();
    }

    @AfterEach
    void stop() throws Exception {
        for (AutoCloseable each : open.reversed()) {
            each.close();
        }
    }

    @Test
    void carriesInputsAndOutputsInTheRegionAndNothingOverTheNetwork() {
        // Given
        var client = client(1);
        client.requireSharedMemory();

        // When
        var result = client.inferBlocking(request("a tensor").build());

        // Then
        assertThat(result.output("out").asStrings()).containsExactly("a tensor");
        assertThat(sharing.requests).singleElement().satisfies(message -> {
            assertThat(message.getRawInputContentsCount()).isZero();
            assertThat(message.getInputs(0).getParametersMap()).containsKey("shared_memory_region");
        });
        assertThat(client.sharedMemoryUse())
                .returns(1L, SharedMemoryUse::carried)
                .returns(0L, SharedMemoryUse::byNetwork);
    }

    @Test
    void usesASlotAgainForEachCall() {
        // Given
        var client = client(1);
        client.requireSharedMemory();

        // When
        List<String> answers = Stream.of("one", "two", "three")
                .map(text -> client.inferBlocking(request(text).build())
                        .output("out")
                        .asStrings()
                        .getFirst())
                .toList();

        // Then
        assertThat(answers).containsExactly("one", "two", "three");
        assertThat(sharing.regions).hasSize(1);
        assertThat(client.sharedMemoryUse()).returns(3L, SharedMemoryUse::carried);
    }

    @Test
    void goesOverTheNetworkWhenNoSlotIsFreeOrTheRequestDoesNotFit() throws Exception {
        // Given
        var client = client(1);
        client.requireSharedMemory();
        sharing.hold = new CountDownLatch(1);
        var first = client.infer(request("held").build());
        sharing.arrived.await();

        // When
        var second = client.infer(request("second").build());
        var large = client.infer(request("x".repeat(SLOT)).build());
        sharing.hold.countDown();

        // Then
        assertThat(first).succeedsWithin(Duration.ofSeconds(30));
        assertThat(second).succeedsWithin(Duration.ofSeconds(30));
        assertThat(large).succeedsWithin(Duration.ofSeconds(30));
        assertThat(client.sharedMemoryUse())
                .returns(1L, SharedMemoryUse::carried)
                .returns(2L, SharedMemoryUse::byNetwork);
    }

    @Test
    void makesASlotInTheBackgroundForTheFirstCalls() {
        // Given
        var client = client(1);

        // When
        while (client.sharedMemoryUse().carried() == 0) {
            client.inferBlocking(request("t").build());
        }

        // Then
        assertThat(client.sharedMemoryUse()).returns(1, SharedMemoryUse::slots);
    }

    @Test
    void saysWhyTheServerRefusesAndAnswersAllTheSame() throws Exception {
        // Given
        sharing.refusal = Status.UNIMPLEMENTED.withDescription("shared memory is off");
        var client = client(2);

        // When
        var result = client.inferBlocking(request("t").build());

        // Then
        assertThat(result.output("out").asStrings()).containsExactly("t");
        assertThatExceptionOfType(TritonException.class)
                .isThrownBy(client::requireSharedMemory)
                .withMessageContaining("shared memory is off")
                .withMessageContaining("--allow-client-shm=true");
        assertThat(client.sharedMemoryUse().refusal())
                .hasValueSatisfying(text -> assertThat(text).contains("shared memory is off"));
        assertThat(client.sharedMemoryUse().slots()).isZero();
        while (!regions().isEmpty()) {
            Thread.onSpinWait(); // the other slot may be on its way to be refused
        }
    }

    @Test
    void sendsTheTensorsOverTheNetworkWhenTheServerWasStartedAgain() {
        // Given
        var client = client(2);
        client.requireSharedMemory();
        sharing.regions.clear();

        // When
        var result = client.inferBlocking(request("after the start").build());

        // Then the item is answered, and a new region takes the place of the unknown ones
        assertThat(result.output("out").asStrings()).containsExactly("after the start");
        client.requireSharedMemory();
        client.inferBlocking(request("again").build());
        assertThat(client.sharedMemoryUse().carried()).isEqualTo(2);
        assertThat(sharing.requests.stream().filter(each -> each.getRawInputContentsCount() == 0))
                .hasSize(2);
    }

    @Test
    void doesNotUseMemoryAgainThatAGivenUpCallMayStillRead() throws Exception {
        // Given
        var client = client(1);
        client.requireSharedMemory();
        String before = sharing.regions.keySet().iterator().next();
        sharing.hold = new CountDownLatch(1);

        // When
        assertThatExceptionOfType(TritonException.class)
                .isThrownBy(() -> client.inferBlocking(
                        request("late").timeout(Duration.ofMillis(200)).build()))
                .returns(Status.Code.DEADLINE_EXCEEDED, TritonException::code);
        sharing.hold.countDown();
        client.requireSharedMemory();
        var next = client.inferBlocking(request("next").id("next").build());

        // Then
        assertThat(next.output("out").asStrings()).containsExactly("next");
        assertThat(folder.resolve(before)).doesNotExist();
        assertThat(sharing.requests)
                .filteredOn(message -> message.getId().equals("next"))
                .singleElement()
                .satisfies(message -> assertThat(message.getInputs(0)
                                .getParametersOrThrow("shared_memory_region")
                                .getStringParam())
                        .isNotEqualTo(before));
    }

    @Test
    void aCancelledCallGivesItsSlotUpToo() throws Exception {
        // Given
        var client = client(1);
        client.requireSharedMemory();
        sharing.hold = new CountDownLatch(1);
        var call = client.infer(request("c").build());
        sharing.arrived.await();

        // When
        call.cancel(true);
        sharing.hold.countDown();

        // Then
        assertThat(client.sharedMemoryUse().slots()).isZero();
        client.requireSharedMemory();
        assertThat(client.inferBlocking(request("next").build()).output("out").asStrings())
                .containsExactly("next");
    }

    @Test
    void anOutputLargerThanItsRoomFailsWithBothSizes() {
        // Given
        var client = client(1);
        client.requireSharedMemory();
        var request = InferRequest.to("m")
                .input(Tensor.strings("in", Shape.of(1), List.of("much too long")))
                .output("out", 8)
                .build();

        // When, Then
        assertThatExceptionOfType(TritonException.class)
                .isThrownBy(() -> client.inferBlocking(request))
                .returns(Fault.PERMANENT, TritonException::fault)
                .withMessageContaining("(8 bytes) should be at least 17 bytes");
    }

    @Test
    void trustsNoShapeOfAnOutputInSharedMemory() {
        // Given
        var client = client(1);
        client.requireSharedMemory();
        sharing.elements = Long.MAX_VALUE;

        // When, Then
        assertThatExceptionOfType(TritonException.class)
                .isThrownBy(() -> client.inferBlocking(request("t").build()))
                .returns(Fault.PERMANENT, TritonException::fault)
                .withMessageContaining("does not fit the 1024 bytes of shared memory");
    }

    @Test
    void leavesNoNameAtTheServerNorInTheFolder() throws Exception {
        // Given
        var client = client(3);
        client.requireSharedMemory();
        assertThat(client.sharedMemoryStatus()).hasSize(3).allSatisfy(region -> assertThat(region)
                .returns((long) SLOT, SharedRegion::bytes)
                .returns("/" + region.name(), SharedRegion::key));

        // When
        client.close();

        // Then
        assertThat(sharing.regions).isEmpty();
        try (Stream<Path> files = Files.list(folder)) {
            assertThat(files).isEmpty();
        }
    }

    @Test
    void letsTheServerForgetRegionsOfClientsThatAreDead() {
        // Given
        String dead = "saccade-triton-" + "0".repeat(32) + "-0";
        sharing.regions.put(dead, "/" + dead);
        sharing.regions.put("another program's", "/other");
        var client = client(1);

        // When
        client.requireSharedMemory();

        // Then
        assertThat(sharing.regions).hasSize(2).doesNotContainKey(dead).containsKey("another program's");
    }

    @Test
    void isForOneServer() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> TritonClient.builder()
                        .endpoints(List.of("a:1", "b:1"))
                        .sharedMemory(1, 1)
                        .build())
                .withMessageContaining("one endpoint");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> TritonClient.builder().sharedMemory(0, 1));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> TritonClient.builder().sharedMemory(1, 1L << 31));
    }

    @Test
    void aFolderThatIsNotThereIsARefusalToo() {
        // Given
        var client = keep(TritonClient.builder()
                .endpoint(endpoint)
                .sharedMemory(1, SLOT)
                .sharedFolder(folder.resolve("none"))
                .build());

        // When
        var result = client.inferBlocking(request("t").build());

        // Then
        assertThat(result.output("out").asStrings()).containsExactly("t");
        assertThat(client.sharedMemoryUse().refusal())
                .hasValueSatisfying(text -> assertThat(text).contains("cannot be made in"));
    }

    private TritonClient client(int slots) {
        return keep(TritonClient.builder()
                .endpoint(endpoint)
                .timeout(Duration.ofSeconds(30))
                .controlTimeout(Duration.ofSeconds(30))
                .sharedMemory(slots, SLOT)
                .sharedFolder(folder)
                .build());
    }

    private TritonClient keep(TritonClient client) {
        open.add(client);
        return client;
    }

    private List<String> regions() throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.map(file -> file.getFileName().toString())
                    .filter(name -> !name.endsWith(".lock"))
                    .toList();
        }
    }

    private static InferRequest.Builder request(String text) {
        return InferRequest.to("m")
                .input(Tensor.strings("in", Shape.of(1), List.of(text)))
                .output("out", 1024);
    }

    /** Answers the input as output, wherever both lie. */
    private static final class Sharing extends GRPCInferenceServiceImplBase {
        private final Map<String, String> regions = new ConcurrentHashMap<>();
        private final List<ModelInferRequest> requests = Collections.synchronizedList(new ArrayList<>());
        private final CountDownLatch arrived = new CountDownLatch(1);
        private Path folder = Path.of("");
        private volatile @Nullable Status refusal;
        private volatile @Nullable CountDownLatch hold;
        private volatile long elements = 1;

        @Override
        public void systemSharedMemoryRegister(
                SystemSharedMemoryRegisterRequest request, StreamObserver<SystemSharedMemoryRegisterResponse> answers) {
            Status refused = refusal;
            if (refused != null) {
                answers.onError(refused.asRuntimeException());
                return;
            }
            regions.put(request.getName(), request.getKey());
            answers.onNext(SystemSharedMemoryRegisterResponse.getDefaultInstance());
            answers.onCompleted();
        }

        @Override
        public void systemSharedMemoryUnregister(
                SystemSharedMemoryUnregisterRequest request,
                StreamObserver<SystemSharedMemoryUnregisterResponse> answers) {
            regions.remove(request.getName());
            answers.onNext(SystemSharedMemoryUnregisterResponse.getDefaultInstance());
            answers.onCompleted();
        }

        @Override
        public void systemSharedMemoryStatus(
                SystemSharedMemoryStatusRequest request, StreamObserver<SystemSharedMemoryStatusResponse> answers) {
            var status = SystemSharedMemoryStatusResponse.newBuilder();
            regions.forEach((name, key) -> status.putRegions(
                    name,
                    SystemSharedMemoryStatusResponse.RegionStatus.newBuilder()
                            .setName(name)
                            .setKey(key)
                            .setByteSize(SLOT)
                            .build()));
            answers.onNext(status.build());
            answers.onCompleted();
        }

        @Override
        public void modelInfer(ModelInferRequest request, StreamObserver<ModelInferResponse> answers) {
            requests.add(request);
            arrived.countDown();
            try {
                CountDownLatch latch = hold;
                boolean isInMemory = request.getRawInputContentsCount() == 0;
                if (latch != null && isInMemory) {
                    assertThat(latch.await(30, SECONDS)).isTrue();
                }
                ByteString input =
                        isInMemory ? read(request.getInputs(0).getParametersMap()) : request.getRawInputContents(0);
                var response = ModelInferResponse.newBuilder().setModelName("m");
                response.addOutputsBuilder().setName("out").setDatatype("BYTES").addShape(elements);
                Map<String, InferParameter> place = request.getOutputs(0).getParametersMap();
                if (place.isEmpty()) {
                    response.addRawOutputContents(input);
                } else {
                    write(place, input);
                    response.addRawOutputContents(ByteString.EMPTY);
                }
                answers.onNext(response.build());
                answers.onCompleted();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            } catch (RuntimeException e) {
                answers.onError(e);
            }
        }

        private ByteString read(Map<String, InferParameter> place) {
            try (FileChannel file = file(place)) {
                ByteBuffer bytes = ByteBuffer.allocate((int) number(place, "shared_memory_byte_size"));
                int _ = file.read(bytes, number(place, "shared_memory_offset"));
                return ByteString.copyFrom(bytes.flip());
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        private void write(Map<String, InferParameter> place, ByteString data) {
            if (data.size() > number(place, "shared_memory_byte_size")) {
                throw Status.INTERNAL
                        .withDescription("shared memory size specified with the request for output 'out' ("
                                + number(place, "shared_memory_byte_size") + " bytes) should be at least " + data.size()
                                + " bytes to hold the results")
                        .asRuntimeException();
            }
            try (FileChannel file = file(place)) {
                int _ = file.write(data.asReadOnlyByteBuffer(), number(place, "shared_memory_offset"));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        private FileChannel file(Map<String, InferParameter> place) throws IOException {
            String name = place.get("shared_memory_region").getStringParam();
            String key = regions.get(name);
            if (key == null) {
                throw Status.NOT_FOUND
                        .withDescription("Unable to find shared memory region: '" + name + "'")
                        .asRuntimeException();
            }
            return FileChannel.open(
                    folder.resolve(key.substring(1)), StandardOpenOption.READ, StandardOpenOption.WRITE);
        }

        private static long number(Map<String, InferParameter> place, String name) {
            return place.get(name).getInt64Param();
        }
    }
}
