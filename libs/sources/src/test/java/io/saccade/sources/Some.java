package io.saccade.sources;

import io.saccade.contract.EventIds;
import io.saccade.guard.FetchCode;
import io.saccade.guard.UrlPolicy;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/** What several tests need. */
final class Some {

    static final byte[] BYTES = {1, 2, 3, 4};
    static final Duration PATIENCE = Duration.ofSeconds(60);

    private Some() {}

    static Wanted wanted(String uri) {
        return wanted(uri, "default", null);
    }

    static Wanted wanted(String uri, String tenant, @Nullable String sha256) {
        return new Wanted(URI.create(uri), tenant, sha256, Budget.of(PATIENCE));
    }

    static Fetched.Bytes bytes(byte... bytes) {
        return new Fetched.Bytes(bytes, EventIds.sha256(bytes));
    }

    static Fetched hostFailed() {
        return Fetched.failed(FetchCode.SERVER_ERROR, "the server failed", Fetched.Blame.HOST);
    }

    static SourceSettings settings(WebSettings web, S3Settings s3, Optional<SourceSettings.Cache> cache) {
        return new SourceSettings(
                1_000,
                List.<Path>of(),
                web,
                s3,
                4,
                8,
                new SourceSettings.Rest(3, Duration.ofMinutes(1), Duration.ofMinutes(5)),
                cache);
    }

    /** May ask loopback, on one port. */
    static WebSettings loopback(int port) {
        return new WebSettings(
                List.of("https", "http"),
                UrlPolicy.builder()
                        .ports(List.of(port))
                        .allowedHosts(List.of("localhost", "pictures.test"))
                        .allowedNetworks(List.of("127.0.0.0/8"))
                        .build(),
                java.util.Map.of());
    }

    static String code(Fetched fetched) {
        return switch (fetched) {
            case Fetched.Refused refused -> refused.code();
            case Fetched.Failed failed -> failed.code();
            case Fetched.Bytes bytes ->
                throw new AssertionError("expected none, got " + bytes.encoded().length + " bytes");
        };
    }

    /** Answers as scripted, the last answer for ever, and counts. */
    static final class Scripted implements ImageSource.Remote {

        private final Deque<Fetched> answers = new ArrayDeque<>();
        final AtomicInteger calls = new AtomicInteger();

        Scripted(Fetched... answers) {
            this.answers.addAll(List.of(answers));
        }

        @Override
        public synchronized Fetched fetch(Wanted wanted) {
            calls.incrementAndGet();
            return answers.size() > 1 ? answers.removeFirst() : answers.getFirst();
        }

        synchronized void nowAnswers(Fetched answer) {
            answers.clear();
            answers.add(answer);
        }

        @Override
        public String host(Wanted wanted) {
            return String.valueOf(wanted.uri().getHost());
        }

        @Override
        public Fetched.@Nullable Refused forbids(Wanted wanted) {
            return null;
        }
    }

    /** A monotonic clock that a test moves. */
    static final class Stopwatch {

        private final AtomicLong nanos = new AtomicLong(1_000);

        long now() {
            return nanos.get();
        }

        void pass(Duration time) {
            nanos.addAndGet(time.toNanos());
        }
    }
}
