package io.saccade.guard.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.saccade.guard.FetchCode;
import io.saccade.guard.Resolver;
import io.saccade.guard.UrlPolicy;
import io.saccade.guard.UrlTable;
import io.saccade.guard.http.HttpOutcome.Failed;
import io.saccade.guard.http.HttpOutcome.Fetched;
import io.saccade.guard.http.HttpOutcome.Refused;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.Inet6Address;
import java.net.SocketException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Against real servers on this machine, which a policy with {@code allowedNetworks} opens as a private deployment would. */
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class GuardedHttpTest {

    private static final Duration LONG = Duration.ofSeconds(60);
    /** Short enough for a test, and nothing here depends on its being met closely. */
    private static final Duration SHORT = Duration.ofMillis(400);

    private static final Instant NOW = Instant.parse("2026-11-21T12:00:00Z");
    private static final Resolver HERE = name -> List.of(UrlTable.address("127.0.0.1"));

    private final List<AutoCloseable> open = new ArrayList<>();
    private final GuardedHttp http = GuardedHttp.builder()
            .resolver(HERE)
            .connectTimeout(LONG)
            .silence(LONG)
            .clock(InstantSource.fixed(NOW))
            .build();

    @AfterEach
    void close() throws Exception {
        http.close();
        for (var closeable : open) {
            closeable.close();
        }
    }

    @Test
    void fetchesBytesWithWhatTheServerCallsThem() throws IOException {
        // Given
        var server = start((request, out) -> TestServer.ok(out, "picture"));

        // When
        var outcome = get(server, "/a.png?x=y", 100);

        // Then
        assertThat(outcome).isInstanceOfSatisfying(Fetched.class, fetched -> {
            assertThat(fetched.bytes()).asString().isEqualTo("picture");
            assertThat(fetched.contentType()).isEqualTo("image/png");
            assertThat(fetched.finalUri()).hasToString("http://a.example:" + server.port() + "/a.png?x=y");
            assertThat(fetched.took()).isPositive().isLessThan(LONG);
        });
        var request = server.requests().getFirst();
        assertThat(request.method()).isEqualTo("GET");
        assertThat(request.target()).isEqualTo("/a.png?x=y");
        assertThat(request.header("host")).isEqualTo("a.example:" + server.port());
    }

    @Test
    void sendsNothingButWhatIsNeeded() throws IOException {
        // Given
        var server = start((request, out) -> TestServer.ok(out, ""));

        // When
        get(server, "/", 100);

        // Then
        assertThat(server.requests().getFirst().headers())
                .containsOnlyKeys("host", "accept", "accept-encoding", "user-agent", "connection")
                .containsEntry("accept-encoding", "identity")
                .containsEntry("user-agent", "saccade");
    }

    @Test
    void usesAConnectionAgainAndForgetsCookies() throws IOException {
        // Given
        var server = start((request, out) ->
                TestServer.write(out, "HTTP/1.1 200 OK\r\nSet-Cookie: a=b; Path=/\r\nContent-Length: 2\r\n\r\nok"));

        // When
        for (int i = 0; i < 5; i++) {
            get(server, "/" + i, 100);
        }

        // Then
        assertThat(server.requests()).hasSize(5).noneMatch(request -> request.headers()
                .containsKey("cookie"));
        assertThat(server.connections()).isEqualTo(1);
    }

    @Test
    void usesAConnectionAgainAfterAnAnswerWithoutAPicture() throws IOException {
        // Given
        var server = start((request, out) ->
                TestServer.write(out, "HTTP/1.1 404 Not Found\r\nContent-Length: 9\r\n\r\nnot there"));

        // When
        get(server, "/1", 100);
        get(server, "/2", 100);

        // Then
        assertThat(server.connections()).isEqualTo(1);
    }

    @Test
    void readsABodyInPiecesAndOneThatEndsWithTheConnection() throws IOException {
        // Given
        var chunked = start((request, out) -> TestServer.write(
                out, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"));
        var untilClosed = start((request, out) -> {
            TestServer.write(out, "HTTP/1.1 200 OK\r\n\r\nabcde");
            throw new IOException("the end");
        });

        // Then
        assertThat(body(get(chunked, "/", 5))).isEqualTo("abcde");
        assertThat(body(get(untilClosed, "/", 5))).isEqualTo("abcde");
    }

    @Test
    void takesABodyOfExactlyTheLimitAndRefusesOneByteMore() throws IOException {
        // Given
        var told = start((request, out) -> TestServer.ok(out, "x".repeat(11)));
        var untold = start((request, out) -> {
            TestServer.write(out, "HTTP/1.1 200 OK\r\n\r\n" + "x".repeat(11));
            throw new IOException("the end");
        });

        // Then
        assertThat(body(get(told, "/", 11))).hasSize(11);
        assertThat(body(get(untold, "/", 11))).hasSize(11);
        assertThat(code(get(told, "/", 10))).isEqualTo(FetchCode.TOO_LARGE);
        assertThat(code(get(untold, "/", 10))).isEqualTo(FetchCode.TOO_LARGE);
        assertThat(code(get(told, "/", 0))).isEqualTo(FetchCode.TOO_LARGE);
    }

    @Test
    void refusesALengthThatIsTooLargeWithoutReadingOn() throws IOException {
        // Given: no byte of the body ever comes
        var server = start((request, out) ->
                TestServer.write(out, "HTTP/1.1 200 OK\r\nContent-Length: 9000000000000000000\r\n\r\n"));

        // Then
        assertThat(code(get(server, "/", 1_000))).isEqualTo(FetchCode.TOO_LARGE);
    }

    @Test
    void stopsReadingABodyWithoutEnd() throws IOException {
        // Given
        var ended = new CountDownLatch(1);
        var server = start((request, out) -> {
            TestServer.write(out, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
            try {
                while (true) {
                    TestServer.write(out, "400\r\n" + "x".repeat(0x400) + "\r\n");
                }
            } finally {
                ended.countDown();
            }
        });

        // When
        var outcome = get(server, "/", 100_000);

        // Then
        assertThat(code(outcome)).isEqualTo(FetchCode.TOO_LARGE);
        assertThat(await(ended)).as("the connection is closed").isTrue();
    }

    @Test
    void takesNoBodyForWhole() throws IOException {
        // Given
        var shortOfLength = start((request, out) -> {
            TestServer.write(out, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc");
            throw new IOException("the end");
        });
        var shortOfChunks = start((request, out) -> {
            TestServer.write(out, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n");
            throw new IOException("the end");
        });

        // Then
        assertThat(code(get(shortOfLength, "/", 100))).isEqualTo(FetchCode.BROKEN_OFF);
        assertThat(code(get(shortOfChunks, "/", 100))).isEqualTo(FetchCode.BROKEN_OFF);
    }

    @Test
    void refusesACompressedAnswerThatNobodyAskedFor() throws IOException {
        // Given
        var gzip = start((request, out) ->
                TestServer.write(out, "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc"));
        var identity = start((request, out) ->
                TestServer.write(out, "HTTP/1.1 200 OK\r\nContent-Encoding: identity\r\nContent-Length: 3\r\n\r\nabc"));

        // Then
        assertThat(code(get(gzip, "/", 100))).isEqualTo(FetchCode.CONTENT_ENCODED);
        assertThat(body(get(identity, "/", 100))).isEqualTo("abc");
    }

    @Test
    void refusesACompressedAnswerHoweverOftenAndOddlyItSaysSo() throws IOException {
        for (var headers : List.of(
                "Content-Encoding: identity\r\nContent-Encoding: gzip",
                "Content-Encoding: gzip, " + "identity, ".repeat(30) + "identity",
                "Content-Encoding: br\u00fc",
                "Content-Encoding: gzip\tidentity")) {
            // Given
            var server = start((request, out) ->
                    TestServer.write(out, "HTTP/1.1 200 OK\r\n" + headers + "\r\nContent-Length: 3\r\n\r\nabc"));

            // Then
            assertThat(code(get(server, "/", 100))).as(headers).isEqualTo(FetchCode.CONTENT_ENCODED);
        }
    }

    @Test
    void tellsStatusesApart() throws IOException {
        // Given
        var server = start((request, out) -> TestServer.status(
                out, request.target().substring(1) + " x", "Retry-After: 7", "WWW-Authenticate: Basic realm=x"));

        // Then
        for (var expected : List.of(
                "401 ACCESS_DENIED",
                "403 ACCESS_DENIED",
                "407 ACCESS_DENIED",
                "451 ACCESS_DENIED",
                "404 NOT_FOUND",
                "410 NOT_FOUND",
                "429 THROTTLED",
                "503 THROTTLED",
                "408 THROTTLED",
                "500 SERVER_ERROR",
                "502 SERVER_ERROR",
                "504 SERVER_ERROR",
                "501 UNEXPECTED_STATUS",
                "400 UNEXPECTED_STATUS",
                "204 UNEXPECTED_STATUS",
                "206 UNEXPECTED_STATUS",
                "300 UNEXPECTED_STATUS",
                "304 UNEXPECTED_STATUS",
                "418 UNEXPECTED_STATUS",
                "999 UNEXPECTED_STATUS")) {
            var parts = expected.split(" ", -1);
            assertThat(code(get(server, "/" + parts[0], 100))).as(expected).isEqualTo(FetchCode.valueOf(parts[1]));
        }
    }

    @Test
    void hearsHowLongTheServerAsksToWait() throws IOException {
        // Given
        var seconds = start((request, out) -> TestServer.status(out, "429 Slow Down", "Retry-After: 7"));
        var date = start(
                (request, out) -> TestServer.status(out, "503 Busy", "Retry-After: Sat, 21 Nov 2026 12:01:00 GMT"));
        var nothing = start((request, out) -> TestServer.status(out, "503 Busy"));

        // Then
        assertThat(((Failed) get(seconds, "/", 1)).retryAfter()).isEqualTo(Duration.ofSeconds(7));
        assertThat(((Failed) get(date, "/", 1)).retryAfter()).isEqualTo(Duration.ofMinutes(1));
        assertThat(((Failed) get(nothing, "/", 1)).retryAfter()).isNull();
    }

    @Test
    void asksOnceAndNeverAgainByItself() throws IOException {
        // Given
        var busy = start((request, out) -> TestServer.status(out, "503 Busy", "Retry-After: 0"));
        var broken = start((request, out) -> TestServer.reset(request));

        // When
        get(busy, "/", 1);
        get(broken, "/", 1);

        // Then
        assertThat(busy.requests()).hasSize(1);
        assertThat(broken.requests()).hasSize(1);
    }

    @Test
    void followsRedirectsOfAllKinds() throws IOException {
        // Given
        var server = start((request, out) -> {
            switch (request.target()) {
                case "/d/1?q" -> TestServer.status(out, "301 Moved", "Location: 2?x=y#part");
                case "/d/2?x=y" -> TestServer.status(out, "303 See Other", "Location: ../e/./3");
                case "/e/3" ->
                    TestServer.status(
                            out,
                            "308 Moved",
                            "Location: //b.example:" + request.header("host").split(":", -1)[1] + "/bild-ä.png");
                case "/bild-%C3%A4.png" -> TestServer.ok(out, "here");
                default -> TestServer.status(out, "404 Not Found");
            }
        });

        // When
        var outcome = get(server, "/d/1?q", 100);

        // Then
        assertThat(body(outcome)).isEqualTo("here");
        assertThat(((Fetched) outcome).finalUri())
                .hasToString("http://b.example:" + server.port() + "/bild-%C3%A4.png");
        assertThat(server.requests().getLast().header("host")).isEqualTo("b.example:" + server.port());
    }

    @Test
    void followsNoMoreThanThreeRedirects() throws IOException {
        // Given
        var server = start((request, out) -> {
            int left = Integer.parseInt(request.target().substring(1));
            if (left == 0) {
                TestServer.ok(out, "here");
            } else {
                TestServer.status(out, "302 Found", "Location: /" + (left - 1));
            }
        });
        var none = policy(server).toBuilder().maxRedirects(0).build();

        // Then
        assertThat(body(get(server, "/3", 100))).isEqualTo("here");
        assertThat(code(get(server, "/4", 100))).isEqualTo(FetchCode.TOO_MANY_REDIRECTS);
        assertThat(code(http.get(url(server, "/1"), none, 100, LONG))).isEqualTo(FetchCode.TOO_MANY_REDIRECTS);
    }

    @Test
    void refusesARedirectToNowhere() throws IOException {
        // Given
        var none = start((request, out) -> TestServer.status(out, "302 Found"));
        var two = start((request, out) -> TestServer.status(out, "302 Found", "Location: /a", "Location: /b"));

        // Then
        assertThat(code(get(none, "/", 100))).isEqualTo(FetchCode.BAD_REDIRECT);
        assertThat(code(get(two, "/", 100))).isEqualTo(FetchCode.BAD_REDIRECT);
    }

    @Test
    void takesThePlaceOfARedirectForUtf8AndRefusesOtherBytes() throws IOException {
        // Given
        var server = start((request, out) -> {
            if (request.target().equals("/")) {
                TestServer.status(out, "302 Found", "Location: /\u00e4");
            } else if (request.target().equals("/latin")) {
                out.write("HTTP/1.1 302 Found\r\nLocation: /\u00e4\r\nContent-Length: 0\r\n\r\n"
                        .getBytes(StandardCharsets.ISO_8859_1));
                out.flush();
            } else {
                TestServer.ok(out, request.target());
            }
        });

        // Then
        assertThat(body(get(server, "/", 100))).isEqualTo("/%C3%A4");
        assertThat(code(get(server, "/latin", 100))).isEqualTo(FetchCode.BAD_REDIRECT);
    }

    @Test
    void leavesOutATypeThatIsTooLongOrUnprintable() throws IOException {
        for (var type : List.of("a".repeat(201), "image/\u00e4", "image/png\u0007")) {
            var server = start((request, out) -> TestServer.write(
                    out, "HTTP/1.1 200 OK\r\nContent-Type: " + type + "\r\nContent-Length: 3\r\n\r\nabc"));
            assertThat(get(server, "/", 100)).as(type).isInstanceOfSatisfying(Fetched.class, fetched -> assertThat(
                            fetched.contentType())
                    .isNull());
        }
    }

    @Test
    void refusesARedirectToAnAddressThatIsNotOpen() throws IOException {
        // Given
        var elsewhere = start((request, out) -> TestServer.ok(out, "never"));
        var server = start((request, out) ->
                TestServer.status(out, "302 Found", "Location: http://127.0.0.2:" + elsewhere.port() + "/"));
        var policy = UrlPolicy.builder()
                .ports(Set.of(server.port(), elsewhere.port()))
                .allowedNetworks(List.of("127.0.0.1/32"))
                .build();

        // When
        var outcome = http.get(url(server, "/"), policy, 100, LONG);

        // Then
        assertThat(outcome).isInstanceOfSatisfying(Refused.class, refused -> {
            assertThat(refused.code()).isEqualTo(FetchCode.ADDRESS_FORBIDDEN);
            assertThat(refused.sentence()).startsWith("after a redirect: ").contains("loopback");
        });
        assertThat(elsewhere.connections()).isZero();
    }

    @Test
    void doesNotWaitForABodyThatTricklesBeyondItsBudget() throws IOException {
        // Given: every byte comes long before a socket's limit, and the last one never
        var ended = new CountDownLatch(1);
        var server = start((request, out) -> {
            trickle(out, "HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n", ended);
        });

        // When
        var outcome = getUntilAsked(server, 2_000_000);

        // Then
        assertThat(code(outcome)).isEqualTo(FetchCode.TIMED_OUT);
        assertThat(await(ended)).as("the connection is closed").isTrue();
    }

    @Test
    void doesNotWaitForHeadersThatTrickleBeyondItsBudget() throws IOException {
        // Given
        var ended = new CountDownLatch(1);
        var server = start((request, out) -> {
            trickle(out, "HTTP/1.1 200 OK\r\nX: ", ended);
        });

        // When
        var outcome = getUntilAsked(server, 100);

        // Then
        assertThat(code(outcome)).isEqualTo(FetchCode.TIMED_OUT);
        assertThat(await(ended)).as("the connection is closed").isTrue();
    }

    @Test
    void doesNotWaitForPromisesWithoutEnd() throws IOException {
        // Given: informational answers, one after the other
        var ended = new CountDownLatch(1);
        var server = start((request, out) -> {
            try {
                while (true) {
                    TestServer.write(out, "HTTP/1.1 103 Early Hints\r\n\r\n");
                }
            } finally {
                ended.countDown();
            }
        });

        // When
        var outcome = getUntilAsked(server, 100);

        // Then
        assertThat(code(outcome)).isEqualTo(FetchCode.TIMED_OUT);
        assertThat(await(ended)).as("the connection is closed").isTrue();
    }

    @Test
    void doesNotWaitForASilentServerBeyondItsSilence() throws IOException {
        // Given
        var server = start((request, out) -> untilClosed(request));
        try (var impatient = GuardedHttp.builder().resolver(HERE).silence(SHORT).build()) {
            // When
            var outcome = impatient.get(url(server, "/"), policy(server), 100, LONG);

            // Then
            assertThat(code(outcome)).isEqualTo(FetchCode.TIMED_OUT);
        }
    }

    @Test
    void doesNotWaitForANameBeyondItsBudget() {
        // Given
        var never = new CountDownLatch(1);
        Resolver stuck = name -> {
            try {
                never.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            return List.of(UrlTable.address("8.8.8.8"));
        };
        try (var client = GuardedHttp.builder().resolver(stuck).build()) {
            // When
            var outcome = client.get("http://slow.example/", UrlPolicy.standard(), 100, SHORT);

            // Then
            assertThat(code(outcome)).isEqualTo(FetchCode.TIMED_OUT);
        }
    }

    @Test
    void doesNothingWithoutTime() throws IOException {
        // Given
        var server = start((request, out) -> TestServer.ok(out, "never"));

        // Then
        for (var budget : List.of(Duration.ZERO, Duration.ofSeconds(-1))) {
            assertThat(code(http.get(url(server, "/"), policy(server), 100, budget)))
                    .isEqualTo(FetchCode.TIMED_OUT);
        }
        assertThat(server.requests()).isEmpty();
    }

    @Test
    void tellsAServerThatResetsFromOneThatIsNotThere() throws IOException {
        // Given
        var resetting = start((request, out) -> TestServer.reset(request));
        var halfway = start((request, out) -> {
            TestServer.write(out, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc");
            TestServer.reset(request);
        });
        var garbage = start((request, out) -> {
            TestServer.write(out, "HTTP/1.1 abc def\r\n\r\n");
            throw new IOException("the end");
        });
        var silent = start((request, out) -> {
            throw new IOException("the end");
        });

        // Then
        assertThat(code(get(resetting, "/", 100))).isEqualTo(FetchCode.BROKEN_OFF);
        assertThat(code(get(halfway, "/", 100))).isEqualTo(FetchCode.BROKEN_OFF);
        assertThat(code(get(garbage, "/", 100))).isIn(FetchCode.BAD_RESPONSE, FetchCode.BROKEN_OFF);
        assertThat(code(get(silent, "/", 100))).isEqualTo(FetchCode.BROKEN_OFF);
    }

    @Test
    void refusesHeadersWithoutEnd() throws IOException {
        // Given
        var many = start((request, out) -> {
            TestServer.write(out, "HTTP/1.1 200 OK\r\n" + "X: y\r\n".repeat(1_000) + "Content-Length: 0\r\n\r\n");
        });
        var large = start((request, out) -> {
            TestServer.write(out, "HTTP/1.1 200 OK\r\nX: " + "y".repeat(100_000) + "\r\nContent-Length: 0\r\n\r\n");
        });

        // Then
        assertThat(code(get(many, "/", 100))).isEqualTo(FetchCode.BAD_RESPONSE);
        assertThat(code(get(large, "/", 100))).isEqualTo(FetchCode.BAD_RESPONSE);
    }

    @Test
    void triesTheNextAddressWhenOneDoesNotAnswer() throws IOException {
        // Given: nobody listens at 127.0.0.3
        var server = start((request, out) -> TestServer.ok(out, "here"));
        Resolver two = name -> List.of(UrlTable.address("127.0.0.3"), UrlTable.address("127.0.0.1"));
        Resolver one = name -> List.of(UrlTable.address("127.0.0.3"));
        try (var both = GuardedHttp.builder().resolver(two).build();
                var wrong = GuardedHttp.builder().resolver(one).build()) {
            // Then
            assertThat(body(both.get(url(server, "/"), policy(server), 100, LONG)))
                    .isEqualTo("here");
            assertThat(code(wrong.get(url(server, "/"), policy(server), 100, LONG)))
                    .isEqualTo(FetchCode.CONNECT_FAILED);
        }
    }

    @Test
    void triesTheNextAddressWhenTheNetworkOfOneCannotBeReached() throws IOException {
        // Given: what Linux says of IPv6 addresses on a machine without IPv6
        var server = start((request, out) -> TestServer.ok(out, "here"));
        Resolver both = name -> List.of(UrlTable.address("2606:4700::1111"), UrlTable.address("127.0.0.1"));
        try (var client = GuardedHttp.builder()
                .resolver(both)
                .sockets(() -> new RoutedSocket(
                        asked -> {
                            if (asked.getAddress() instanceof Inet6Address) {
                                throw new UncheckedIOException(new SocketException("Network is unreachable"));
                            }
                            return asked;
                        },
                        new ArrayList<>()))
                .build()) {
            // Then
            assertThat(body(client.get(url(server, "/"), policy(server), 100, LONG)))
                    .isEqualTo("here");
        }
    }

    @Test
    void ignoresTheProxiesOfItsSurroundings() throws IOException {
        // Given
        var proxy = start((request, out) -> TestServer.ok(out, "proxied"));
        var server = start((request, out) -> TestServer.ok(out, "direct"));
        var port = Integer.toString(proxy.port());
        var settings = List.of("http.proxyHost", "https.proxyHost", "socksProxyHost");
        var ports = List.of("http.proxyPort", "https.proxyPort", "socksProxyPort");
        settings.forEach(name -> System.setProperty(name, "127.0.0.1"));
        ports.forEach(name -> System.setProperty(name, port));
        System.setProperty("http.nonProxyHosts", "");
        System.setProperty("socksNonProxyHosts", "");
        try (var client = GuardedHttp.builder().resolver(HERE).build()) {
            // When
            var outcome = client.get(url(server, "/"), policy(server), 100, LONG);

            // Then
            assertThat(body(outcome)).isEqualTo("direct");
            assertThat(proxy.connections()).isZero();
        } finally {
            settings.forEach(System::clearProperty);
            ports.forEach(System::clearProperty);
            System.clearProperty("http.nonProxyHosts");
            System.clearProperty("socksNonProxyHosts");
        }
    }

    @Test
    void givesUpWhenItsVirtualThreadIsInterrupted() throws Exception {
        // Given
        var asked = new CountDownLatch(1);
        var server = start((request, out) -> {
            asked.countDown();
            untilClosed(request);
        });
        var fetch = new FutureTask<>(() -> {
            var outcome = http.get(url(server, "/"), policy(server), 100, LONG);
            return outcome + ", interrupted " + Thread.currentThread().isInterrupted();
        });
        var thread = Thread.startVirtualThread(fetch);
        assertThat(await(asked)).isTrue();

        // When
        thread.interrupt();

        // Then
        assertThat(fetch.get(60, TimeUnit.SECONDS)).contains("NOT_ATTEMPTED").endsWith("interrupted true");
    }

    @Test
    void endsWhatIsUnderWayWhenItIsClosed() throws Exception {
        // Given
        var asked = new CountDownLatch(1);
        var server = start((request, out) -> {
            asked.countDown();
            untilClosed(request);
        });
        var fetch = new FutureTask<>(() -> http.get(url(server, "/"), policy(server), 100, LONG));
        Thread.startVirtualThread(fetch);
        assertThat(await(asked)).isTrue();

        // When
        http.close();

        // Then
        assertThat(code(fetch.get(60, TimeUnit.SECONDS))).isEqualTo(FetchCode.NOT_ATTEMPTED);
        assertThat(code(get(server, "/", 100))).isEqualTo(FetchCode.NOT_ATTEMPTED);
    }

    @Test
    void waitsForAFreeConnectionNoLongerThanItsBudget() throws Exception {
        // Given
        var asked = new CountDownLatch(1);
        var server = start((request, out) -> {
            asked.countDown();
            untilClosed(request);
        });
        try (var single = GuardedHttp.builder()
                .resolver(HERE)
                .connections(1)
                .connectionsPerAddress(1)
                .build()) {
            Thread.startVirtualThread(() -> single.get(url(server, "/1"), policy(server), 100, LONG));
            assertThat(await(asked)).isTrue();

            // When
            var outcome = single.get(url(server, "/2"), policy(server), 100, SHORT);

            // Then
            assertThat(code(outcome)).isIn(FetchCode.TIMED_OUT, FetchCode.NOT_ATTEMPTED);
            assertThat(server.requests()).hasSize(1);
        }
    }

    @Test
    void saysNothingOfAUrlThatCouldBeASecret() throws IOException {
        // Given
        var marker = "s3cr3t";
        var server = start((request, out) -> {
            switch (request.target().charAt(1)) {
                case '1' -> TestServer.status(out, "404 " + marker, "X: " + marker);
                case '2' -> TestServer.status(out, "302 Found", "Location: ftp://" + marker + "/" + marker);
                case '3' -> TestServer.write(out, "HTTP/1.1 200 OK\r\nContent-Length: " + marker + "\r\n\r\n");
                case '4' -> TestServer.write(out, "HTTP/1.1 " + marker + "\r\n\r\n");
                default -> TestServer.status(out, "503 " + marker, "Retry-After: " + marker);
            }
            throw new IOException("the end");
        });

        // Then
        for (int i = 1; i <= 5; i++) {
            assertThat(get(server, "/" + i + marker + "?" + marker, 100).toString())
                    .doesNotContain(marker);
        }
    }

    @Test
    void wantsALimitThatFitsIntoAnArray() {
        assertThatThrownBy(() -> http.get("http://a.example/", UrlPolicy.standard(), -1, LONG))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> http.get("http://a.example/", UrlPolicy.standard(), Integer.MAX_VALUE, LONG))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void isBuiltOfTimesAndNumbersThatMakeSenseOnly() {
        var builder = GuardedHttp.builder();
        assertThatThrownBy(() -> builder.connectTimeout(Duration.ZERO)).hasMessageContaining("connectTimeout");
        assertThatThrownBy(() -> builder.silence(Duration.ofMillis(-1))).hasMessageContaining("silence");
        assertThatThrownBy(() -> builder.connections(0)).hasMessageContaining("connections");
        assertThatThrownBy(() -> builder.connectionsPerAddress(0)).hasMessageContaining("connectionsPerAddress");
    }

    @Test
    void anOutcomeIsARefusalOrMayPassAndNeverBoth() {
        assertThatThrownBy(() -> new Refused(FetchCode.TIMED_OUT, "late")).hasMessageContaining("may pass");
        assertThatThrownBy(() -> new Failed(FetchCode.NOT_FOUND, "gone", null)).hasMessageContaining("does not pass");
        assertThatThrownBy(() -> new Failed(FetchCode.THROTTLED, "busy", Duration.ofSeconds(-1)))
                .hasMessageContaining("retryAfter");
        assertThatThrownBy(() -> new Failed(FetchCode.THROTTLED, "busy", RetryAfter.LONGEST.plusSeconds(1)))
                .hasMessageContaining("retryAfter");
        assertThat(new Failed(FetchCode.THROTTLED, "busy", RetryAfter.LONGEST).retryAfter())
                .isEqualTo(RetryAfter.LONGEST);
    }

    private TestServer start(TestServer.Handler handler) throws IOException {
        var server = TestServer.start(handler);
        open.add(server);
        return server;
    }

    private HttpOutcome get(TestServer server, String path, long maxBytes) {
        return http.get(URI.create(url(server, path)), policy(server), maxBytes, LONG);
    }

    /** With little time, and with more when this machine was too busy to reach the server in it. */
    private HttpOutcome getUntilAsked(TestServer server, long maxBytes) {
        for (var budget = SHORT; ; budget = budget.multipliedBy(2)) {
            var outcome = http.get(url(server, "/"), policy(server), maxBytes, budget);
            if (!server.requests().isEmpty()) {
                return outcome;
            }
        }
    }

    private static String url(TestServer server, String path) {
        return "http://a.example:" + server.port() + path;
    }

    private static UrlPolicy policy(TestServer server) {
        return UrlPolicy.builder()
                .ports(Set.of(server.port()))
                .allowedNetworks(List.of("127.0.0.0/8"))
                .build();
    }

    private static String body(HttpOutcome outcome) {
        return outcome instanceof Fetched fetched
                ? new String(fetched.bytes(), StandardCharsets.UTF_8)
                : outcome.toString();
    }

    static FetchCode code(HttpOutcome outcome) {
        return switch (outcome) {
            case Refused(var code, var _) -> code;
            case Failed(var code, var _, var _) -> code;
            case Fetched fetched -> throw new AssertionError("fetched " + fetched.bytes().length + " bytes");
        };
    }

    /** A byte now and then until the client has gone. */
    private static void trickle(OutputStream out, String begin, CountDownLatch ended) throws IOException {
        try {
            TestServer.write(out, begin);
            while (true) {
                TestServer.write(out, "x");
                pause();
            }
        } finally {
            ended.countDown();
        }
    }

    /** Says nothing until the client has gone. */
    private static void untilClosed(TestServer.Request request) throws IOException {
        while (request.socket().getInputStream().read() >= 0) {
            // The client has nothing more to say.
        }
        throw new IOException("the end");
    }

    private static void pause() throws IOException {
        try {
            TimeUnit.MILLISECONDS.sleep(5);
        } catch (InterruptedException e) {
            throw new IOException(e);
        }
    }

    private static boolean await(CountDownLatch latch) {
        try {
            return latch.await(60, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
