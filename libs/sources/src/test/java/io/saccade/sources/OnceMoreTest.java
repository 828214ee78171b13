package io.saccade.sources;

import static org.assertj.core.api.Assertions.assertThat;

import io.saccade.guard.FetchCode;
import io.saccade.sources.Some.Scripted;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class OnceMoreTest {

    private final List<Duration> waits = new ArrayList<>();

    @Test
    void waitsAsLongAsTheServerAsks() throws InterruptedException {
        // Given
        var source = new Scripted(later(Optional.of(Duration.ofSeconds(3))), Some.bytes((byte) 1));

        // When
        var fetched = twice(source).fetch(within(Duration.ofSeconds(10)));

        // Then
        assertThat(fetched).isInstanceOf(Fetched.Bytes.class);
        assertThat(waits).containsExactly(Duration.ofSeconds(3));
    }

    @Test
    void doesNotWaitBeyondItsBudget() throws InterruptedException {
        // Given
        var source = new Scripted(later(Optional.of(Duration.ofSeconds(30))), Some.bytes((byte) 1));

        // When
        var fetched = twice(source).fetch(within(Duration.ofSeconds(10)));

        // Then
        assertThat(Some.code(fetched)).isEqualTo("fetch.throttled");
        assertThat(waits).isEmpty();
        assertThat(source.calls).hasValue(1);
    }

    @Test
    void waitsALittleWhenTheServerSaysNothing() throws InterruptedException {
        // Given
        var source = new Scripted(Some.hostFailed(), Some.bytes((byte) 1));

        // When
        twice(source).fetch(within(Duration.ofSeconds(10)));

        // Then
        assertThat(waits).containsExactly(Duration.ofMillis(300));
    }

    @Test
    void triesTwiceAndNoMore() throws InterruptedException {
        // Given
        var source = new Scripted(Some.hostFailed());

        // When
        var fetched = twice(source).fetch(within(Duration.ofSeconds(10)));

        // Then
        assertThat(Some.code(fetched)).isEqualTo("fetch.server_error");
        assertThat(source.calls).hasValue(2);
    }

    @Test
    void doesNotRepeatWhatItsRepetitionCannotChange() throws InterruptedException {
        for (var answer : new Fetched[] {
            Some.bytes((byte) 1),
            Fetched.refused(FetchCode.NOT_FOUND, "nothing there"),
            Fetched.failed(SourceCode.HOST_RESTING, "resting", Fetched.Blame.OURS)
        }) {
            var source = new Scripted(answer);
            assertThat(twice(source).fetch(within(Duration.ofSeconds(10)))).isSameAs(answer);
            assertThat(source.calls).hasValue(1);
        }
    }

    private OnceMore twice(ImageSource source) {
        return new OnceMore(source, () -> 0.5, waits::add);
    }

    private static Fetched later(Optional<Duration> retryAfter) {
        return new Fetched.Failed("fetch.throttled", "come back later", Fetched.Blame.LOAD, retryAfter);
    }

    private static Wanted within(Duration budget) {
        return new Wanted(URI.create("https://one.example/a.jpg"), "default", null, Budget.of(budget, () -> 0));
    }
}
