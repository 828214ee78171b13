package io.saccade.guard.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.saccade.guard.FetchCode;
import io.saccade.guard.UrlPolicy;
import io.saccade.guard.http.HttpOutcome.Fetched;
import io.saccade.guard.http.HttpOutcome.Refused;
import java.io.IOException;
import java.net.BindException;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * A name server that answers the first question with an address that may be reached, and all others with one that may
 * not, while a canary listens there on the same port.
 */
class RebindingTest {

    private static final Duration LONG = Duration.ofSeconds(60);
    private static final String OPEN = "127.0.0.2";
    private static final String FORBIDDEN = "127.0.0.1";

    private TestServer canary;
    private TestServer honest;
    private UrlPolicy policy;

    @BeforeEach
    void listen() throws IOException {
        for (int attempt = 0; honest == null && attempt < 20; attempt++) {
            canary = TestServer.start((request, out) -> TestServer.ok(out, "canary"));
            try {
                honest = TestServer.start(OPEN, canary.port(), (request, out) -> {
                    switch (request.target()) {
                        case "/around" -> TestServer.status(out, "302 Found", "Location: /image.png");
                        case "/close" -> {
                            TestServer.write(
                                    out, "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 6\r\n\r\nhonest");
                            throw new IOException("the end");
                        }
                        default -> TestServer.ok(out, "honest");
                    }
                });
            } catch (BindException e) {
                canary.close();
            }
        }
        assumeTrue(honest != null, "this machine has only one loopback address, and two are needed");
        policy = UrlPolicy.builder()
                .ports(Set.of(canary.port()))
                .allowedNetworks(List.of(OPEN))
                .build();
    }

    @AfterEach
    void stop() throws IOException {
        if (honest != null) {
            honest.close();
            canary.close();
        }
    }

    @Test
    void connectsToTheAddressThatWasCheckedAndAsksOnlyOnce() throws IOException {
        try (var dns = new DnsServer(OPEN, FORBIDDEN);
                var http = GuardedHttp.builder().resolver(dns.resolver()).build()) {
            // When
            var outcome = http.get(url("/image.png"), policy, 100, LONG);

            // Then
            assertThat(outcome).isInstanceOfSatisfying(Fetched.class, fetched -> assertThat(fetched.bytes())
                    .asString()
                    .isEqualTo("honest"));
            assertThat(dns.asked()).isEqualTo(1);
            assertThat(honest.requests().getFirst().header("host")).isEqualTo("rebind.example:" + canary.port());
            assertNobodyCame(http);
        }
    }

    @Test
    void refusesTheSecondFetchAlthoughAConnectionOfTheFirstIsOpen() throws IOException {
        for (var path : List.of("/image.png", "/close")) {
            try (var dns = new DnsServer(OPEN, FORBIDDEN);
                    var http = GuardedHttp.builder().resolver(dns.resolver()).build()) {
                // Given
                assertThat(http.get(url(path), policy, 100, LONG)).isInstanceOf(Fetched.class);

                // When
                var second = http.get(url(path), policy, 100, LONG);

                // Then
                assertForbidden(second);
                assertThat(dns.asked()).isEqualTo(2);
            }
        }
        assertThat(canary.connections()).isZero();
    }

    @Test
    void refusesARedirectToTheSameNameWhenItsAddressHasChanged() throws IOException {
        try (var dns = new DnsServer(OPEN, FORBIDDEN);
                var http = GuardedHttp.builder().resolver(dns.resolver()).build()) {
            // When
            var outcome = http.get(url("/around"), policy, 100, LONG);

            // Then
            assertForbidden(outcome);
            assertThat(dns.asked()).isEqualTo(2);
            assertNobodyCame(http);
        }
    }

    @Test
    void onePolicysOpenConnectionIsNoWayInForAnother() throws IOException {
        try (var dns = new DnsServer(OPEN);
                var http = GuardedHttp.builder().resolver(dns.resolver()).build()) {
            // Given
            assertThat(http.get(url("/image.png"), policy, 100, LONG)).isInstanceOf(Fetched.class);
            var others = policy.toBuilder().allowedNetworks(List.of()).build();

            // When
            var outcome = http.get(url("/image.png"), others, 100, LONG);

            // Then
            assertForbidden(outcome);
            assertThat(honest.requests()).hasSize(1);
        }
    }

    private String url(String path) {
        return "http://rebind.example:" + canary.port() + path;
    }

    private static void assertForbidden(HttpOutcome outcome) {
        assertThat(outcome).isInstanceOfSatisfying(Refused.class, refused -> assertThat(refused.code())
                .isEqualTo(FetchCode.ADDRESS_FORBIDDEN));
    }

    /** The queue of a listening socket is first come, first served: when this one is seen, all before it are. */
    private void assertNobodyCame(GuardedHttp http) {
        var opened = policy.toBuilder().allowedNetworks(List.of(FORBIDDEN)).build();
        assertThat(http.get("http://127.0.0.1:" + canary.port() + "/", opened, 100, LONG))
                .isInstanceOf(Fetched.class);
        assertThat(canary.connections()).isEqualTo(1);
    }
}
