package io.saccade.triton;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.grpc.BindableService;
import io.grpc.InsecureServerCredentials;
import io.grpc.Server;
import io.grpc.ServerCredentials;
import io.grpc.Status;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.StreamObserver;
import io.saccade.triton.proto.GRPCInferenceServiceGrpc.GRPCInferenceServiceImplBase;
import io.saccade.triton.proto.ServerMetadataRequest;
import io.saccade.triton.proto.ServerMetadataResponse;
import io.saccade.triton.proto.ServerReadyRequest;
import io.saccade.triton.proto.ServerReadyResponse;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Who is asked, and over which kind of connection. */
@Timeout(120)
class EndpointsTest {
    private static TestCertificates certificates;

    private final List<AutoCloseable> open = new ArrayList<>();

    @BeforeAll
    static void certificates(@TempDir Path folder) throws Exception {
        certificates = TestCertificates.make(folder);
    }

    @AfterEach
    void close() throws Exception {
        for (AutoCloseable each : open.reversed()) {
            each.close();
        }
    }

    @Test
    void leavesOutAServerThatIsStoppingUntilItSaysThatItIsReady() throws Exception {
        // Given
        var well = new Named("well");
        var ill = new Named("ill");
        ill.isIll.set(true);
        var client = client(
                builder(start(well, plain())).endpoint(start(ill, plain())).channelsPerEndpoint(1));
        for (int i = 0; i < 20; i++) {
            ask(client);
        }

        // When
        int askedBefore = ill.asked.get();
        for (int i = 0; i < 20; i++) {
            ask(client);
        }

        // Then no item goes there, and once it is ready some do
        assertThat(askedBefore).isEqualTo(Ejection.FAILURES);
        assertThat(ill.asked).hasValue(Ejection.FAILURES);
        ill.isIll.set(false);
        while (ill.answered.getCount() > 0) {
            ask(client);
        }
    }

    @Test
    void goesToAnOnlyServerHoweverOftenItFailed() throws Exception {
        // Given
        var ill = new Named("ill");
        ill.isIll.set(true);
        var client = client(builder(start(ill, plain())));

        // When
        for (int i = 0; i < 20; i++) {
            ask(client);
        }

        // Then
        assertThat(ill.asked).hasValue(20);
    }

    @Test
    void aServerThatAcceptsAndNeverAnswersCostsNoMoreThanTheDeadline() throws Exception {
        // Given
        var silent = keep(new ServerSocket(0, 50, InetAddress.getByName("127.0.0.1")));
        var client = client(builder("127.0.0.1:" + silent.getLocalPort()));

        // When, Then
        assertThatExceptionOfType(TritonException.class)
                .isThrownBy(() -> client.inferBlocking(InferRequest.to("m")
                        .input(Tensor.int64("in", Shape.of(1), 1))
                        .timeout(Duration.ofMillis(100))
                        .build()))
                .returns(Status.Code.DEADLINE_EXCEEDED, TritonException::code)
                .returns(Fault.PASSING, TritonException::fault);
    }

    @Test
    void encryptsAndKnowsTheServerByItsAuthority() throws Exception {
        // Given
        var client = client(
                builder(start(new Named("s"), certificates.server(false))).tls(certificates.authorities()));

        // When
        var server = client.serverMetadata();

        // Then
        assertThat(server.name()).isEqualTo("s");
    }

    @Test
    void showsTheServerWhoCalls() throws Exception {
        // Given
        String endpoint = start(new Named("s"), certificates.server(true));
        var known = client(builder(endpoint)
                .mutualTls(certificates.authorities(), certificates.clientCertificate(), certificates.clientKey()));
        var unknown = client(builder(endpoint).tls(certificates.authorities()));

        // When, Then
        assertThat(known.serverMetadata().name()).isEqualTo("s");
        assertThatExceptionOfType(TritonException.class)
                .isThrownBy(unknown::serverMetadata)
                .returns(Fault.PASSING, TritonException::fault)
                .withMessageContaining("mutualTls");
    }

    @Test
    void refusesAServerWithAnotherName() throws Exception {
        // Given
        var client = client(builder(start(new Named("s"), certificates.server(false)))
                .tls(certificates.authorities())
                .serverName("triton.example"));

        // When, Then
        assertThatExceptionOfType(TritonException.class)
                .isThrownBy(client::serverMetadata)
                .withMessageContaining("triton.example");
    }

    @Test
    void refusesAServerOfAnUnknownAuthority() throws Exception {
        // Given
        var client = client(
                builder(start(new Named("s"), certificates.server(false))).tls());

        // When, Then
        assertThatExceptionOfType(TritonException.class)
                .isThrownBy(client::serverMetadata)
                .returns(Fault.PASSING, TritonException::fault)
                .withMessageContaining("tls(authorities)");
    }

    @Test
    void saysThatThePortIsPlain() throws Exception {
        // Given
        var client = client(builder(start(new Named("s"), plain())).tls(certificates.authorities()));

        // When, Then
        assertThatExceptionOfType(TritonException.class)
                .isThrownBy(client::serverMetadata)
                .withMessageContaining("does not speak TLS");
    }

    @Test
    void saysThatThePortMaySpeakTls() throws Exception {
        // Given
        var client = client(builder(start(new Named("s"), certificates.server(false))));

        // When, Then
        assertThatExceptionOfType(TritonException.class)
                .isThrownBy(client::serverMetadata)
                .withMessageContaining("may expect TLS");
    }

    @Test
    void saysWhichFileCannotBeRead(@TempDir Path folder) throws Exception {
        // Given
        Path nothing = folder.resolve("nothing.pem");
        Path nonsense = Files.writeString(folder.resolve("nonsense.pem"), "nonsense");

        // When, Then
        assertThatIllegalArgumentException()
                .isThrownBy(() -> TritonClient.builder().tls(nothing))
                .withMessageContaining("nothing.pem");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> builder("localhost:1").tls(nonsense).build())
                .withMessageContaining("localhost:1 cannot be used");
    }

    private static void ask(TritonClient client) {
        try {
            client.serverMetadata();
        } catch (TritonException _) {
            // the ill one
        }
    }

    private static ServerCredentials plain() {
        return InsecureServerCredentials.create();
    }

    private static TritonClient.Builder builder(String endpoint) {
        return TritonClient.builder().endpoint(endpoint).controlTimeout(Duration.ofSeconds(30));
    }

    private TritonClient client(TritonClient.Builder builder) {
        return keep(builder.build());
    }

    private String start(BindableService service, ServerCredentials credentials) throws Exception {
        Server server = NettyServerBuilder.forAddress(new InetSocketAddress("127.0.0.1", 0), credentials)
                .addService(service)
                .build()
                .start();
        keep(server::shutdownNow);
        return "127.0.0.1:" + server.getPort();
    }

    private <T extends AutoCloseable> T keep(T each) {
        open.add(each);
        return each;
    }

    /** Answers its name, or, when it is ill, that it is stopping. */
    private static final class Named extends GRPCInferenceServiceImplBase {
        private final String name;
        private final AtomicBoolean isIll = new AtomicBoolean();
        private final AtomicInteger asked = new AtomicInteger();
        private final CountDownLatch answered = new CountDownLatch(1);

        Named(String name) {
            this.name = name;
        }

        @Override
        public void serverMetadata(ServerMetadataRequest request, StreamObserver<ServerMetadataResponse> answers) {
            asked.incrementAndGet();
            if (isIll.get()) {
                answers.onError(
                        Status.UNAVAILABLE.withDescription("Server is stopping").asRuntimeException());
                return;
            }
            answers.onNext(ServerMetadataResponse.newBuilder().setName(name).build());
            answers.onCompleted();
            answered.countDown();
        }

        @Override
        public void serverReady(ServerReadyRequest request, StreamObserver<ServerReadyResponse> answers) {
            answers.onNext(
                    ServerReadyResponse.newBuilder().setReady(!isIll.get()).build());
            answers.onCompleted();
        }
    }
}
