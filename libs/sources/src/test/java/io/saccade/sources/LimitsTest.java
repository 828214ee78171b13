package io.saccade.sources;

import static org.assertj.core.api.Assertions.assertThat;

import io.saccade.testkit.Await;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class LimitsTest {

    /** Holds every fetch until it is let go, and knows the most there were. */
    private static final class Held implements ImageSource.Remote {
        final CountDownLatch letGo = new CountDownLatch(1);
        final AtomicInteger inside = new AtomicInteger();
        final AtomicInteger most = new AtomicInteger();

        @Override
        public Fetched fetch(Wanted wanted) throws InterruptedException {
            int now = inside.incrementAndGet();
            most.accumulateAndGet(now, Math::max);
            letGo.await();
            inside.decrementAndGet();
            return Some.bytes((byte) 1);
        }

        @Override
        public String host(Wanted wanted) {
            return wanted.uri().getHost();
        }

        @Override
        public Fetched.@Nullable Refused forbids(Wanted wanted) {
            return null;
        }
    }

    private final Held source = new Held();
    private final Limits.Places tenants = new Limits.Places(3);
    private final Limits limits = new Limits(source, 2, tenants);

    @Test
    void letsNoMoreThanAllowedAtOneHostAndEveryoneInTheEnd() throws Exception {
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            // Given
            var fetches = new ArrayList<Future<Fetched>>();
            for (int i = 0; i < 10; i++) {
                var tenant = "tenant-" + i;
                fetches.add(threads.submit(() -> limits.fetch(Some.wanted("https://one.example/a.jpg", tenant, null))));
            }
            Await.until(
                    "two are inside, the others wait",
                    Some.PATIENCE,
                    () -> source.inside.get() == 2 && tenants.keys() == 10);

            // When
            source.letGo.countDown();

            // Then
            for (var fetch : fetches) {
                assertThat(fetch.get()).isInstanceOf(Fetched.Bytes.class);
            }
            assertThat(source.most).hasValue(2);
            assertThat(tenants.keys()).as("keys nobody uses").isZero();
        }
    }

    @Test
    void letsNoTenantTakeEveryPlace() throws Exception {
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            // Given
            for (int i = 0; i < 6; i++) {
                var host = "https://host-" + i + ".example/a.jpg";
                threads.submit(() -> limits.fetch(Some.wanted(host, "greedy", null)));
            }
            Await.until("three of the tenant are inside", Some.PATIENCE, () -> source.inside.get() == 3);

            // When
            var other = threads.submit(() -> limits.fetch(Some.wanted("https://else.example/a.jpg", "modest", null)));

            // Then
            Await.until("the other tenant is inside", Some.PATIENCE, () -> source.inside.get() == 4);
            source.letGo.countDown();
            assertThat(other.get()).isInstanceOf(Fetched.Bytes.class);
        }
    }

    @Test
    void givesUpWhenTheBudgetIsSpentAndLeavesNothingBehind() throws Exception {
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            // Given
            for (int i = 0; i < 2; i++) {
                threads.submit(() -> limits.fetch(Some.wanted("https://one.example/a.jpg")));
            }
            Await.until("the host is full", Some.PATIENCE, () -> source.inside.get() == 2);

            // When
            var late = limits.fetch(new Wanted(
                    URI.create("https://one.example/b.jpg"), "late", null, Budget.of(Duration.ofMillis(20))));

            // Then
            assertThat(Some.code(late)).isEqualTo("fetch.busy");
            source.letGo.countDown();
            Await.until("nobody is inside", Some.PATIENCE, () -> tenants.keys() == 0);
            assertThat(limits.fetch(Some.wanted("https://one.example/c.jpg"))).isInstanceOf(Fetched.Bytes.class);
        }
    }
}
