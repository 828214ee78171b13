package io.saccade.sources;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.saccade.testkit.Await;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.FutureTask;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class SingleFlightTest {

    private static final String URI_TEXT = "https://one.example/a.jpg";

    private final CountDownLatch letGo = new CountDownLatch(1);
    private final AtomicInteger calls = new AtomicInteger();

    @Test
    void fetchesOnceForAllThatWantTheSame() throws Exception {
        // Given
        var flight = new SingleFlight(this::held);
        var fetches = new ArrayList<FutureTask<Fetched>>();
        var threads = new ArrayList<Thread>();
        for (int i = 0; i < 8; i++) {
            var fetch = new FutureTask<>(() -> flight.fetch(Some.wanted(URI_TEXT)));
            fetches.add(fetch);
            threads.add(Thread.startVirtualThread(fetch));
        }
        Await.until(
                "one fetches and all others wait for it",
                Some.PATIENCE,
                () -> threads.stream()
                                        .filter(t -> t.getState() == Thread.State.TIMED_WAITING)
                                        .count()
                                == 7
                        && calls.get() == 1);

        // When
        letGo.countDown();

        // Then
        for (var fetch : fetches) {
            assertThat(fetch.get()).isInstanceOf(Fetched.Bytes.class);
        }
        assertThat(calls).hasValue(1);
        assertThat(flight.together()).isEqualTo(7);
    }

    @Test
    void keepsApartWhatDiffersInTenantAddressOrDigest() throws Exception {
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            // Given
            var flight = new SingleFlight(this::held);
            threads.submit(() -> flight.fetch(Some.wanted(URI_TEXT)));

            // When
            threads.submit(() -> flight.fetch(Some.wanted(URI_TEXT, "other", null)));
            threads.submit(() -> flight.fetch(Some.wanted(URI_TEXT + "?v=2")));
            threads.submit(() -> flight.fetch(Some.wanted(URI_TEXT, "default", "0".repeat(64))));

            // Then
            Await.until("four fetches are at work", Some.PATIENCE, () -> calls.get() == 4);
            letGo.countDown();
        }
    }

    @Test
    void letsTheNextOneTryWhenTheFirstFails() throws Exception {
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            // Given
            var flight = new SingleFlight(wanted -> {
                int call = calls.incrementAndGet();
                letGo.await();
                return call == 1 ? Some.hostFailed() : Some.bytes((byte) 1);
            });
            var first = threads.submit(() -> flight.fetch(Some.wanted(URI_TEXT)));
            Await.until("the first is at work", Some.PATIENCE, () -> calls.get() == 1);
            var second = threads.submit(() -> flight.fetch(Some.wanted(URI_TEXT)));

            // When
            letGo.countDown();

            // Then
            assertThat(Some.code(first.get())).isEqualTo("fetch.server_error");
            assertThat(second.get()).isInstanceOf(Fetched.Bytes.class);
        }
    }

    @Test
    void doesNotHangOthersOnADefectOfTheFirst() {
        // Given
        var flight = new SingleFlight(wanted -> {
            throw new IllegalStateException("a defect");
        });

        // Then
        for (int i = 0; i < 2; i++) {
            assertThatThrownBy(() -> flight.fetch(Some.wanted(URI_TEXT))).hasMessage("a defect");
        }
    }

    @Test
    void waitsForTheFirstNoLongerThanItMay() throws Exception {
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            // Given
            var flight = new SingleFlight(this::held);
            threads.submit(() -> flight.fetch(Some.wanted(URI_TEXT)));
            Await.until("the first is at work", Some.PATIENCE, () -> calls.get() == 1);

            // When
            var hasty =
                    flight.fetch(new Wanted(URI.create(URI_TEXT), "default", null, Budget.of(Duration.ofMillis(10))));

            // Then
            assertThat(Some.code(hasty)).isEqualTo("fetch.timed_out");
            letGo.countDown();
        }
    }

    private Fetched held(Wanted wanted) throws InterruptedException {
        calls.incrementAndGet();
        letGo.await();
        return Some.bytes((byte) 1);
    }
}
