package io.saccade.guard.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.saccade.guard.FetchCode;
import io.saccade.guard.UrlPolicy;
import io.saccade.guard.UrlTable;
import io.saccade.guard.http.HttpOutcome.Failed;
import io.saccade.guard.http.HttpOutcome.Fetched;
import io.saccade.guard.http.HttpOutcome.Refused;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import javax.net.ssl.ExtendedSSLSession;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TlsTest {

    private static final Duration LONG = Duration.ofSeconds(60);
    private static TestTls tls;

    private final List<String> namesAskedFor = new CopyOnWriteArrayList<>();
    private TestServer server;
    private GuardedHttp http;

    @BeforeAll
    static void makeCertificate(@TempDir Path folder) throws Exception {
        tls = TestTls.make(folder, "dns:good.example,ip:127.0.0.1");
    }

    @BeforeEach
    void start() throws IOException {
        server = TestServer.start(tls, (request, out) -> {
            var session = (ExtendedSSLSession) ((SSLSocket) request.socket()).getSession();
            session.getRequestedServerNames().forEach(name -> namesAskedFor.add(name.toString()));
            switch (request.target()) {
                case "/down" -> TestServer.status(out, "302 Found", "Location: http://good.example/");
                case "/other" ->
                    TestServer.status(out, "302 Found", "Location: https://bad.example:" + server.port() + "/");
                default -> TestServer.ok(out, "private");
            }
        });
        http = client().tls(tls.client()).build();
    }

    @AfterEach
    void stop() throws IOException {
        http.close();
        server.close();
    }

    @Test
    void theNameReachesTheServerAndTheCertificateIsForIt() {
        // When
        var outcome = get("good.example", "/");

        // Then
        assertThat(outcome).isInstanceOf(Fetched.class);
        assertThat(namesAskedFor).singleElement().asString().contains("good.example");
        assertThat(server.requests().getFirst().header("host")).isEqualTo("good.example:" + server.port());
    }

    @Test
    void aCertificateForAnotherNameIsRefused() {
        // Then
        assertTlsFailed(get("bad.example", "/"));
        assertTlsFailed(get("good.example", "/other"));
        assertThat(server.requests()).extracting(TestServer.Request::target).containsExactly("/other");
    }

    @Test
    void aCertificateForAnAddressIsGoodForThatAddress() {
        // When
        var outcome = get("127.0.0.1", "/");

        // Then
        assertThat(outcome).isInstanceOf(Fetched.class);
        assertThat(namesAskedFor).isEmpty();
    }

    @Test
    void aCertificateThatNobodyVouchesForIsRefused() {
        try (var suspicious = client().build()) {
            // Then
            assertTlsFailed(suspicious.get(url("good.example", "/"), policy(), 100, LONG));
        }
        assertThat(server.requests()).isEmpty();
    }

    @Test
    void aRedirectDoesNotLeaveEncryptionBehind() {
        // When
        var outcome = get("good.example", "/down");

        // Then
        assertThat(outcome).isInstanceOfSatisfying(Refused.class, refused -> assertThat(refused.code())
                .isEqualTo(FetchCode.REDIRECT_INSECURE));
    }

    @Test
    void aConnectionIsNotUsedForAnotherNameAtTheSameAddress() {
        // Given
        assertThat(get("good.example", "/")).isInstanceOf(Fetched.class);

        // Then
        assertTlsFailed(get("bad.example", "/"));
        assertThat(get("good.example", "/")).isInstanceOf(Fetched.class);
        assertThat(server.requests())
                .hasSize(2)
                .extracting(TestServer.Request::connection)
                .containsOnly(1);
    }

    @Test
    void doesNotWaitForAHandshakeThatNeverEnds() throws Exception {
        // Given: a listener in whose queue connections stay; nobody ever says a word
        try (var silent = new java.net.ServerSocket(0, 50, UrlTable.address("127.0.0.1"))) {
            var policy = UrlPolicy.builder()
                    .ports(Set.of(silent.getLocalPort()))
                    .allowedNetworks(List.of("127.0.0.1"))
                    .build();

            // When
            var outcome = http.get(
                    "https://good.example:" + silent.getLocalPort() + "/", policy, 100, Duration.ofMillis(400));

            // Then
            assertThat(outcome).isInstanceOfSatisfying(Failed.class, failed -> assertThat(failed.code())
                    .isEqualTo(FetchCode.TIMED_OUT));
        }
    }

    private static void assertTlsFailed(HttpOutcome outcome) {
        assertThat(outcome).isInstanceOfSatisfying(Refused.class, refused -> assertThat(refused.code())
                .isEqualTo(FetchCode.TLS_FAILED));
    }

    /** With more time to connect than usual: a first handshake on a busy machine takes long. */
    private static GuardedHttp.Builder client() {
        return GuardedHttp.builder()
                .resolver(name -> List.of(UrlTable.address("127.0.0.1")))
                .connectTimeout(LONG)
                .silence(LONG);
    }

    private HttpOutcome get(String host, String path) {
        return http.get(url(host, path), policy(), 100, LONG);
    }

    private String url(String host, String path) {
        return "https://" + host + ":" + server.port() + path;
    }

    private UrlPolicy policy() {
        return UrlPolicy.builder()
                .ports(Set.of(80, server.port()))
                .allowedNetworks(List.of("127.0.0.1"))
                .build();
    }
}
