package io.saccade.guard.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.saccade.guard.FetchCode;
import io.saccade.guard.Resolver;
import io.saccade.guard.UrlPolicy;
import io.saccade.guard.UrlTable;
import io.saccade.guard.http.HttpOutcome.Fetched;
import io.saccade.guard.http.HttpOutcome.Refused;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Every connection, to whatever address, ends at the canary; only one public address belongs to a server that sends
 * redirects. So a URL that slips through is seen even where this machine has no route to its address.
 */
class CanaryTest {

    private static final Duration LONG = Duration.ofSeconds(60);
    private static final InetAddress REDIRECTOR = UrlTable.address("198.41.0.4");
    private static final UrlPolicy LITERALS = UrlPolicy.builder().literals(true).build();

    private final List<InetSocketAddress> attempts = new CopyOnWriteArrayList<>();
    private final List<UrlTable.Forbidden> forbidden = UrlTable.forbidden();
    private volatile List<InetAddress> answers = List.of();
    private TestServer canary;
    private TestServer redirector;
    private GuardedHttp http;

    @BeforeEach
    void listen() throws IOException {
        canary = TestServer.start((request, out) -> TestServer.ok(out, "canary"));
        redirector = TestServer.start(this::redirect);
        Resolver names = name -> {
            if (name.equals("start.example.com")) {
                return List.of(REDIRECTOR);
            }
            if (answers.isEmpty()) {
                throw new UnknownHostException(name);
            }
            return answers;
        };
        http = GuardedHttp.builder()
                .resolver(names)
                .connectTimeout(LONG)
                .silence(LONG)
                .sockets(() -> new RoutedSocket(
                        asked -> asked.getAddress().equals(REDIRECTOR) ? redirector.address() : canary.address(),
                        attempts))
                .build();
    }

    @AfterEach
    void stop() throws IOException {
        http.close();
        canary.close();
        redirector.close();
    }

    /** {@code /n/line}: n redirects, the last of them to the URL of the line. */
    private void redirect(TestServer.Request request, OutputStream out) throws IOException {
        var parts = request.target().split("/", -1);
        if (parts.length != 3 || !request.target().matches("/[1-3]/[0-9]+")) {
            TestServer.status(out, "404 Not Found");
            return;
        }
        int left = Integer.parseInt(parts[1]);
        var location = left > 1
                ? "/" + (left - 1) + "/" + parts[2]
                : forbidden.get(Integer.parseInt(parts[2])).url();
        TestServer.status(out, "302 Found", "Location: " + location);
    }

    @Test
    void noForbiddenUrlLeadsToAConnection() {
        // When
        for (var line : forbidden) {
            answers = line.answers();
            var outcome = http.get(line.url(), LITERALS, 1_000, LONG);
            assertThat(outcome).as(line.toString()).isInstanceOfSatisfying(Refused.class, refused -> assertThat(
                            refused.code().code())
                    .isEqualTo(line.code()));
        }

        // Then
        assertThat(attempts).isEmpty();
        assertNobodyCame();
    }

    @Test
    void noRedirectToAForbiddenUrlLeadsToAConnection() {
        // Given
        var sameAnywhere = Set.of(
                FetchCode.ADDRESS_FORBIDDEN.code(),
                FetchCode.HOST_FORBIDDEN.code(),
                FetchCode.PORT_FORBIDDEN.code(),
                FetchCode.USERINFO_FORBIDDEN.code());

        // When
        int redirected = 0;
        for (int i = 0; i < forbidden.size(); i++) {
            var line = forbidden.get(i);
            // These cannot stand in a header.
            if (line.url().chars().anyMatch(c -> c < ' ' || c == 0x7f || (c >= 0xd800 && c < 0xe000))) {
                continue;
            }
            answers = line.answers();
            redirected++;
            var outcome = http.get("http://start.example.com/" + (1 + i % 3) + "/" + i, LITERALS, 1_000, LONG);
            assertThat(outcome).as(line.toString()).isNotInstanceOf(Fetched.class);
            if (sameAnywhere.contains(line.code())) {
                assertThat(((Refused) outcome).code().code())
                        .as(line.toString())
                        .isEqualTo(line.code());
            }
        }

        // Then
        assertThat(redirected).isGreaterThan(400);
        assertThat(attempts).allMatch(asked -> asked.getAddress().equals(REDIRECTOR));
        assertNobodyCame();
    }

    @Test
    void everyPublicUrlLeadsToItsAddressAndPort() {
        // Given
        var wrong = new ArrayList<String>();

        // When
        for (var line : UrlTable.everyones()) {
            answers = line.answers();
            attempts.clear();
            var outcome = http.get(line.url(), LITERALS, 1_000, LONG);
            boolean encrypted = line.url().toLowerCase(java.util.Locale.ROOT).startsWith("https");
            // The canary speaks no TLS.
            boolean ended = encrypted
                    ? !(outcome instanceof Fetched)
                    : outcome instanceof Fetched fetched
                            && new String(fetched.bytes(), StandardCharsets.US_ASCII).equals("canary");
            var addresses = line.answers().isEmpty() ? List.of(UrlTable.address(line.host())) : line.answers();
            boolean reused = !encrypted && attempts.isEmpty();
            boolean connected = attempts.equals(List.of(new InetSocketAddress(addresses.getFirst(), line.port())));
            if (!ended || !(reused || connected)) {
                wrong.add(line + ": " + outcome + ", asked " + attempts);
            }
        }

        // Then
        assertThat(wrong).isEmpty();
        assertThat(canary.requests().stream().map(TestServer.Request::target))
                .contains("/", "/a%20b", "/?u=a@b", "/gr%C3%B6%C3%9Fe.jpg", "//a//b", "/..");
    }

    /** The queue of a listening socket is first come, first served: when this one is seen, all before it are. */
    private void assertNobodyCame() {
        answers = List.of(UrlTable.address("8.8.8.8"));
        assertThat(http.get("http://control.example.com/", LITERALS, 1_000, LONG))
                .isInstanceOf(Fetched.class);
        assertThat(canary.connections()).isEqualTo(1);
        assertThat(canary.requests()).hasSize(1);
    }
}
