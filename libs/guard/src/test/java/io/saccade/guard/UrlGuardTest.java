package io.saccade.guard;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.saccade.guard.Verdict.Allowed;
import io.saccade.guard.Verdict.Forbidden;
import io.saccade.guard.Verdict.Unresolved;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class UrlGuardTest {

    private static final Duration LONG = Duration.ofSeconds(60);
    private static final List<String> BEGINNINGS = List.of("", "http://", "http://example.com", "https://a.example/");
    private static final List<InetAddress> PUBLIC = List.of(UrlTable.address("8.8.8.8"));

    @Test
    void asksForANameOnceAndForALiteralNever() {
        // Given
        var asked = new AtomicInteger();
        Resolver counting = name -> {
            asked.incrementAndGet();
            return PUBLIC;
        };
        try (var guard = new UrlGuard(counting)) {
            // When
            guard.check("http://a.example/", UrlPolicy.standard(), LONG);
            guard.check("http://8.8.8.8/", UrlPolicy.builder().literals(true).build(), LONG);
            guard.check("http://localhost/", UrlPolicy.standard(), LONG);

            // Then
            assertThat(asked).hasValue(1);
        }
    }

    @Test
    void aNameWithoutAddressMayHaveOneLater() {
        for (Resolver none : List.<Resolver>of(
                name -> {
                    throw new UnknownHostException(name);
                },
                name -> List.of())) {
            try (var guard = new UrlGuard(none)) {
                assertThat(guard.check("http://a.example/", UrlPolicy.standard(), LONG))
                        .isInstanceOfSatisfying(Unresolved.class, unresolved -> assertThat(unresolved.code())
                                .isEqualTo(FetchCode.NAME_UNRESOLVED));
            }
        }
    }

    @Test
    void aResolverThatBreaksIsABugAndNotAnAnswer() {
        Resolver broken = name -> {
            throw new IllegalArgumentException("broken");
        };
        try (var guard = new UrlGuard(broken)) {
            assertThatThrownBy(() -> guard.check("http://a.example/", UrlPolicy.standard(), LONG))
                    .isInstanceOf(IllegalStateException.class)
                    .hasRootCauseMessage("broken");
        }
    }

    @Test
    void aStuckNameServerHoldsUpNobodyElse() {
        // Given
        var never = new CountDownLatch(1);
        Resolver stuck = name -> {
            if (name.startsWith("slow")) {
                try {
                    never.await();
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            }
            return PUBLIC;
        };
        try (var guard = new UrlGuard(stuck)) {
            // When
            var slow = IntStream.range(0, 10)
                    .mapToObj(i ->
                            guard.check("http://slow" + i + ".example/", UrlPolicy.standard(), Duration.ofMillis(10)))
                    .toList();
            var quick = guard.check("http://quick.example/", UrlPolicy.standard(), LONG);

            // Then
            assertThat(slow).allSatisfy(verdict -> assertThat(((Unresolved) verdict).code())
                    .isEqualTo(FetchCode.TIMED_OUT));
            assertThat(quick).isInstanceOf(Allowed.class);
        }
    }

    @Test
    void letsGoOfANameWhenItsThreadIsInterruptedAndKeepsTheInterrupt() throws Exception {
        // Given
        var asked = new CountDownLatch(1);
        var never = new CountDownLatch(1);
        Resolver stuck = name -> {
            asked.countDown();
            try {
                never.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            return PUBLIC;
        };
        try (var guard = new UrlGuard(stuck)) {
            var check = new FutureTask<>(() -> {
                var verdict = guard.check("http://slow.example/", UrlPolicy.standard(), LONG);
                return Thread.currentThread().isInterrupted() ? verdict : null;
            });
            var thread = Thread.startVirtualThread(check);
            asked.await();

            // When
            thread.interrupt();

            // Then
            assertThat(check.get(60, TimeUnit.SECONDS))
                    .isInstanceOfSatisfying(Unresolved.class, verdict -> assertThat(verdict.code())
                            .isEqualTo(FetchCode.NOT_ATTEMPTED));
        }
    }

    @Test
    void readsAPathThatEndsWithAnEncodedCharacterAndNoneThatEndsWithin() {
        try (var guard = new UrlGuard(UrlTable.answering(PUBLIC))) {
            assertThat(guard.check("http://a.example/%41", UrlPolicy.standard(), LONG))
                    .isEqualTo(new Allowed(new Place("http", "a.example", 80, "/%41"), PUBLIC));
            for (var path : List.of("/%", "/%4", "/%4g", "/%g4", "/?%4")) {
                assertThat(guard.check("http://a.example" + path, UrlPolicy.standard(), LONG))
                        .as(path)
                        .isInstanceOfSatisfying(Forbidden.class, verdict -> assertThat(verdict.code())
                                .isEqualTo(FetchCode.BAD_URI));
            }
        }
    }

    @Test
    void saysSoWhenItIsClosed() {
        // Given
        var guard = new UrlGuard(UrlTable.answering(PUBLIC));

        // When
        guard.close();

        // Then
        assertThat(((Unresolved) guard.check("http://a.example/", UrlPolicy.standard(), LONG)).code())
                .isEqualTo(FetchCode.NOT_ATTEMPTED);
    }

    /** The examples of RFC 3986, section 5.4, without those of other schemes. */
    @Test
    void findsWhereARedirectLeadsAsTheStandardSays() {
        // Given
        var from = new Place("http", "a.example", 80, "/b/c/d;p?q");

        // Then
        for (var example : List.of(
                "g /b/c/g",
                "./g /b/c/g",
                "g/ /b/c/g/",
                "/g /g",
                "?y /b/c/d;p?y",
                "g?y /b/c/g?y",
                "#s /b/c/d;p?q",
                "g#s /b/c/g",
                ";x /b/c/;x",
                "g;x /b/c/g;x",
                ". /b/c/",
                "./ /b/c/",
                ".. /b/",
                "../ /b/",
                "../g /b/g",
                "../.. /",
                "../../g /g",
                "../../../g /g",
                "../../../../g /g",
                "/./g /g",
                "/../g /g",
                "g. /b/c/g.",
                "g.. /b/c/g..",
                "./../g /b/g",
                "./g/. /b/c/g/",
                "g/./h /b/c/g/h",
                "g/../h /b/c/h",
                "g;x=1/../y /b/c/y",
                "g?y/../x /b/c/g?y/../x",
                "g#s/../x /b/c/g")) {
            var parts = example.split(" ", -1);
            assertThat(redirected(from, parts[0]))
                    .as(example)
                    .isEqualTo(new Allowed(new Place("http", "a.example", 80, parts[1]), PUBLIC));
        }
        assertThat(redirected(from, "")).isEqualTo(new Allowed(from, PUBLIC));
        assertThat(redirected(from, "//b.example/x"))
                .isEqualTo(new Allowed(new Place("http", "b.example", 80, "/x"), PUBLIC));
        assertThat(redirected(from, "https://b.example?x"))
                .isEqualTo(new Allowed(new Place("https", "b.example", 443, "/?x"), PUBLIC));
        assertThat(redirected(new Place("http", "2606:4700::1", 80, "/"), "/x")).isInstanceOf(Forbidden.class);
    }

    private static Verdict redirected(Place from, String location) {
        try (var guard = new UrlGuard(UrlTable.answering(PUBLIC))) {
            return guard.checkRedirect(from, location, UrlPolicy.standard(), LONG);
        }
    }

    /** Whatever is thrown at it: an answer, and what is allowed has only allowed addresses and reads the same again. */
    @Test
    void whatItAllowsStaysAllowedWhenReadAgain() {
        // Given
        var random = new Random(5);
        var pieces = List.of(
                "http",
                "https",
                "HTTP",
                ":",
                "//",
                "/",
                "\\",
                "@",
                "#",
                "?",
                "[",
                "]",
                ".",
                "..",
                "%",
                "%2e",
                "%00",
                "::",
                "127.0.0.1",
                "10.0.0.1",
                "8.8.8.8",
                "0x7f",
                "017",
                "2130706433",
                "example.com",
                "localhost",
                "a",
                "-",
                "_",
                "::1",
                "ffff:",
                "64:ff9b::",
                "2606:4700::1",
                ":80",
                ":443",
                ":22",
                " ",
                "\t",
                "\n",
                "\u0000",
                "\u3002",
                "\uff11",
                "\ud83d\ude00",
                "\ud800",
                "ä",
                "xn--",
                "*",
                "~");
        var policy = UrlPolicy.builder().literals(true).build();
        int allowed = 0;
        try (var guard = new UrlGuard(UrlTable.answering(PUBLIC))) {
            for (int i = 0; i < 20_000; i++) {
                var url = BEGINNINGS.get(random.nextInt(BEGINNINGS.size()))
                        + IntStream.range(0, random.nextInt(8))
                                .mapToObj(piece -> pieces.get(random.nextInt(pieces.size())))
                                .collect(Collectors.joining());

                // When
                var verdict = guard.check(url, policy, LONG);

                // Then
                if (verdict instanceof Allowed found) {
                    allowed++;
                    assertThat(found.addresses())
                            .allMatch(address -> policy.obstacle(address).isEmpty());
                    assertThat(guard.check(found.place().uri().toString(), policy, LONG))
                            .as(url)
                            .isEqualTo(found);
                }
            }
        }
        assertThat(allowed).isGreaterThan(500);
    }
}
