package io.saccade.sources;

import static io.saccade.sources.Some.bytes;
import static io.saccade.sources.Some.hostFailed;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.saccade.guard.FetchCode;
import io.saccade.sources.Some.Scripted;
import io.saccade.sources.Some.Stopwatch;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class CircuitsTest {

    private static final Wanted ONE = Some.wanted("https://one.example/a.jpg");
    private static final Wanted OTHER = Some.wanted("https://other.example/a.jpg");

    private final Stopwatch watch = new Stopwatch();
    private final Scripted host = new Scripted(hostFailed());
    private final Circuits circuits =
            new Circuits(host, host, new Circuit.Rules(3, Duration.ofSeconds(10), Duration.ofMinutes(1)), watch::now);

    @Test
    void leavesAHostAloneAfterThreeFailuresAndSaysForHowLong() throws InterruptedException {
        // Given
        fail(ONE, 3);

        // When
        var fetched = circuits.fetch(ONE);

        // Then
        assertThat(host.calls).hasValue(3);
        assertThat(fetched).isInstanceOfSatisfying(Fetched.Failed.class, failed -> {
            assertThat(failed.code()).isEqualTo("fetch.host_resting");
            assertThat(failed.retryAfter()).contains(Duration.ofSeconds(10));
            assertThat(failed.blame()).isEqualTo(Fetched.Blame.OURS);
        });
    }

    @Test
    void tellsHowManyHostsAreInTrouble() throws InterruptedException {
        // Given
        fail(ONE, 3);
        fail(OTHER, 1);

        // Then
        assertThat(circuits.states()).isEqualTo(new HostStates(1, 1, 0));

        // When
        watch.pass(Duration.ofSeconds(10));

        // Then
        assertThat(circuits.states()).as("its rest is over").isEqualTo(new HostStates(2, 0, 0));

        // When
        host.nowAnswers(bytes((byte) 1));
        circuits.fetch(ONE);
        circuits.fetch(OTHER);

        // Then
        assertThat(circuits.states()).isEqualTo(new HostStates(0, 0, 0));
    }

    @Test
    void asksOtherHostsMeanwhile() throws InterruptedException {
        // Given
        fail(ONE, 3);
        host.nowAnswers(bytes((byte) 1));

        // When
        var fetched = circuits.fetch(OTHER);

        // Then
        assertThat(fetched).isInstanceOf(Fetched.Bytes.class);
    }

    @Test
    void probesOnceItsTimeIsOverAndCloses() throws InterruptedException {
        // Given
        fail(ONE, 3);
        watch.pass(Duration.ofSeconds(10));
        host.nowAnswers(bytes((byte) 1));

        // When
        var fetched = circuits.fetch(ONE);

        // Then
        assertThat(fetched).isInstanceOf(Fetched.Bytes.class);
        host.nowAnswers(hostFailed());
        fail(ONE, 2);
        assertThat(Some.code(circuits.fetch(ONE))).as("counted anew").isEqualTo("fetch.server_error");
    }

    @Test
    void restsLongerWhenTheProbeFails() throws InterruptedException {
        // Given
        fail(ONE, 3);
        watch.pass(Duration.ofSeconds(10));
        fail(ONE, 1);

        // When
        watch.pass(Duration.ofSeconds(19));

        // Then
        assertThat(Some.code(circuits.fetch(ONE))).isEqualTo("fetch.host_resting");
        watch.pass(Duration.ofSeconds(1));
        assertThat(Some.code(circuits.fetch(ONE))).isEqualTo("fetch.server_error");
    }

    @Test
    void countsNeitherRefusalsNorPatienceNorOurOwnFailures() throws InterruptedException {
        for (var answer : new Fetched[] {
            Fetched.refused(FetchCode.NOT_FOUND, "nothing there"),
            new Fetched.Failed("fetch.throttled", "later", Fetched.Blame.LOAD, Optional.empty()),
            Fetched.failed(SourceCode.BUSY, "busy", Fetched.Blame.OURS)
        }) {
            host.nowAnswers(answer);
            for (int i = 0; i < 5; i++) {
                assertThat(circuits.fetch(ONE)).isSameAs(answer);
            }
        }
    }

    @Test
    void startsAnewAfterASuccess() throws InterruptedException {
        // Given
        fail(ONE, 2);
        host.nowAnswers(bytes((byte) 1));
        circuits.fetch(ONE);
        host.nowAnswers(hostFailed());

        // When
        fail(ONE, 2);

        // Then
        assertThat(Some.code(circuits.fetch(ONE))).isEqualTo("fetch.server_error");
    }

    @Test
    void doesNotBlameAHostForADeadlineThatWasNear() throws InterruptedException {
        // Given
        var now = Instant.EPOCH;
        var near = new Wanted(
                ONE.uri(), "hasty", null, Budget.until(now.plusSeconds(1), now, Duration.ofSeconds(10), watch::now));
        host.nowAnswers(Fetched.failed(FetchCode.TIMED_OUT, "too slow", Fetched.Blame.HOST));

        // When
        fail(near, 10);

        // Then
        assertThat(Some.code(circuits.fetch(ONE))).isEqualTo("fetch.timed_out");
    }

    @Test
    void goesOnProbingWhenAProbeIsInterrupted() throws InterruptedException {
        // Given
        var interrupted = new boolean[] {false};
        ImageSource source = wanted -> {
            if (interrupted[0]) {
                throw new InterruptedException("as asked");
            }
            return host.fetch(wanted);
        };
        var circuits = new Circuits(
                host, source, new Circuit.Rules(1, Duration.ofSeconds(10), Duration.ofMinutes(1)), watch::now);
        circuits.fetch(ONE);
        watch.pass(Duration.ofSeconds(10));
        interrupted[0] = true;
        assertThatThrownBy(() -> circuits.fetch(ONE)).isInstanceOf(InterruptedException.class);

        // When
        interrupted[0] = false;
        host.nowAnswers(bytes((byte) 1));
        var fetched = circuits.fetch(ONE);

        // Then
        assertThat(fetched).isInstanceOf(Fetched.Bytes.class);
    }

    @Test
    void remembersTheHostThatRestsHoweverManyOthersFail() throws InterruptedException {
        // Given
        fail(ONE, 3);

        // When
        for (int i = 0; i < 25_000; i++) {
            circuits.fetch(Some.wanted("https://h" + i + ".example/"));
        }

        // Then
        assertThat(Some.code(circuits.fetch(ONE))).isEqualTo("fetch.host_resting");
        assertThat(circuits.hosts()).isLessThanOrEqualTo(10_000);
    }

    private void fail(Wanted wanted, int times) throws InterruptedException {
        for (int i = 0; i < times; i++) {
            assertThat(circuits.fetch(wanted)).isInstanceOf(Fetched.Failed.class);
        }
    }
}
