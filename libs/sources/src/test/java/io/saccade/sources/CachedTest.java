package io.saccade.sources;

import static org.assertj.core.api.Assertions.assertThat;

import io.saccade.guard.FetchCode;
import io.saccade.sources.Some.Scripted;
import io.saccade.sources.Some.Stopwatch;
import java.net.URI;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CachedTest {

    @TempDir
    Path path;

    private final Stopwatch watch = new Stopwatch();
    private final List<Duration> waits = new ArrayList<>();
    private SharedFolder folder;

    @BeforeEach
    void make() {
        folder = new SharedFolder(path, new SharedFolder.Bounds(100_000, 100, Duration.ofHours(1)), Clock.systemUTC());
    }

    @Test
    void fetchesOnceAndThenReads() throws InterruptedException {
        // Given
        var source = new Scripted(Some.bytes((byte) 7));

        var first = cached(source);
        var second = cached(source);

        // When
        first.fetch(wanted("default"));
        var again = second.fetch(wanted("default"));

        // Then
        assertThat(source.calls).hasValue(1);
        assertThat(first.sharing()).isEqualTo(new Sharing(0, 0, 0, 1));
        assertThat(second.sharing()).isEqualTo(new Sharing(1, 0, 0, 0));
        assertThat(((Fetched.Bytes) again).encoded()).containsExactly(7);
    }

    @Test
    void readsForNoOtherTenant() throws InterruptedException {
        // Given
        var source = new Scripted(Some.bytes((byte) 7));
        cached(source).fetch(wanted("default"));

        // When
        cached(source).fetch(wanted("other"));

        // Then
        assertThat(source.calls).hasValue(2);
    }

    @Test
    void keepsNeitherRefusalsNorFailures() throws InterruptedException {
        for (var answer : new Fetched[] {Fetched.refused(FetchCode.NOT_FOUND, "nothing there"), Some.hostFailed()}) {
            var source = new Scripted(answer);
            cached(source).fetch(wanted("default"));
            cached(source).fetch(wanted("default"));
            assertThat(source.calls).hasValue(2);
        }
    }

    @Test
    void keepsNoBytesThatAreNotTheEvents() throws InterruptedException {
        // Given
        var source = new Scripted(Some.bytes((byte) 7));
        var other = new Wanted(URI.create("https://one.example/a.jpg"), "default", "0".repeat(64), budget());

        // When
        cached(source).fetch(other);

        // Then
        assertThat(folder.read(CacheKey.of(other))).isEmpty();
    }

    @Test
    void waitsForWhoFetchesAlreadyAndReadsWhatThatLeft() throws InterruptedException {
        // Given
        var source = new Scripted(Some.bytes((byte) 7));
        var lock = folder.lock(CacheKey.of(wanted("default"))).orElseThrow();
        var cached = new Cached(folder, source, wait -> {
            waits.add(wait);
            if (waits.size() == 3) {
                folder.write(CacheKey.of(wanted("default")), Some.bytes((byte) 8));
                lock.close();
            }
        });

        // When
        var fetched = cached.fetch(wanted("default"));

        // Then
        assertThat(((Fetched.Bytes) fetched).encoded()).containsExactly(8);
        assertThat(source.calls).hasValue(0);
        assertThat(waits).hasSize(3);
        assertThat(cached.sharing()).isEqualTo(new Sharing(0, 1, 0, 0));
    }

    @Test
    void fetchesForItselfWhenTheOtherTakesHalfItsTime() throws InterruptedException {
        // Given
        var source = new Scripted(Some.bytes((byte) 7));
        try (var _ = folder.lock(CacheKey.of(wanted("default"))).orElseThrow()) {

            // When
            var fetched = cached(source).fetch(wanted("default"));

            // Then
            assertThat(fetched).isInstanceOf(Fetched.Bytes.class);
            assertThat(source.calls).hasValue(1);
            assertThat(waits.stream().reduce(Duration.ZERO, Duration::plus)).isEqualTo(Duration.ofSeconds(5));
        }
    }

    private Cached cached(ImageSource source) {
        return new Cached(folder, source, wait -> {
            waits.add(wait);
            watch.pass(wait);
        });
    }

    private Wanted wanted(String tenant) {
        return new Wanted(URI.create("https://one.example/a.jpg"), tenant, null, budget());
    }

    private Budget budget() {
        return Budget.of(Duration.ofSeconds(10), watch::now);
    }
}
