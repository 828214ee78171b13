package io.saccade.stage;

import static io.saccade.contract.event.Priority.BACKFILL;
import static io.saccade.contract.event.Priority.LIVE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.saccade.contract.event.Priority;
import io.saccade.triton.limit.CallGate;
import io.saccade.triton.limit.Gradient2;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class AdmissionTest {

    private final Admission admission = admission(1);
    private final Map<String, CompletableFuture<Admission.Permit>> places = new LinkedHashMap<>();

    @Test
    void letsTenantsTakeTurns() throws Exception {
        // Given
        var first = admission.enter("zero", LIVE);
        for (int i = 0; i < 4; i++) {
            place("a" + i, "a", LIVE);
        }
        place("b0", "b", LIVE);
        place("b1", "b", LIVE);
        place("c0", "c", LIVE);

        // Then
        assertThat(order(first)).containsExactly("a0", "b0", "c0", "a1", "b1", "a2", "a3");
    }

    @Test
    void letsLiveGoFirstAndBackfillGoOneTimeInTen() throws Exception {
        // Given
        var first = admission.enter("zero", LIVE);
        for (int i = 0; i < 25; i++) {
            place("back" + i, "b", BACKFILL);
            place("live" + i, "a", LIVE);
        }

        // When
        var order = order(first);

        // Then
        assertThat(order).hasSize(50);
        assertThat(order.subList(0, 9)).allMatch(name -> name.startsWith("live"));
        assertThat(List.of(order.indexOf("back0"), order.indexOf("back1"))).containsExactly(9, 19);
        assertThat(order.subList(28, 50)).allMatch(name -> name.startsWith("back"));
    }

    @Test
    void passesOverPlacesThatWereGivenUp() throws Exception {
        // Given
        var first = admission.enter("zero", LIVE);
        place("a0", "a", LIVE);
        place("a1", "a", LIVE);
        places.remove("a0").cancel(false);

        // Then
        assertThat(order(first)).containsExactly("a1");
        assertThat(admission.inFlight()).isZero();
    }

    @Test
    void givesThePlaceUpWhenInterrupted() throws Exception {
        // Given
        try (var _ = admission.enter("zero", LIVE)) {
            Thread.currentThread().interrupt();

            // Then
            assertThatThrownBy(() -> admission.enter("a", LIVE)).isInstanceOf(InterruptedException.class);
        }
        assertThat(admission.inFlight()).isZero();
    }

    @Test
    void neverLetsMoreThroughThanTheLimitAndLosesNobody() throws Exception {
        // Given
        var many = admission(8);
        var inside = new AtomicInteger();
        var most = new AtomicInteger();
        var through = new AtomicInteger();

        // When
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int i = 0; i < 2_000; i++) {
                var tenant = "tenant-" + i % 7;
                var priority = i % 3 == 0 ? BACKFILL : LIVE;
                boolean full = i % 5 == 0;
                threads.submit(() -> {
                    try (var permit = many.enter(tenant, priority)) {
                        most.accumulateAndGet(inside.incrementAndGet(), Math::max);
                        Thread.yield();
                        inside.decrementAndGet();
                        through.incrementAndGet();
                        if (full) {
                            permit.dropped();
                        } else {
                            permit.answered();
                        }
                    }
                    return null;
                });
            }
        }

        // Then
        assertThat(through).hasValue(2_000);
        assertThat(most.get()).isBetween(1, 8);
        assertThat(many.inFlight()).isZero();
        assertThat(many.limit()).isBetween(1, 8);
    }

    @Test
    void letsFewerThroughWhileTheServerRefusesAndAllAgainLater() throws Exception {
        // Given
        var many = admission(9);
        var permits = new ArrayList<Admission.Permit>();
        for (int i = 0; i < 9; i++) {
            permits.add(many.enter("a", LIVE));
        }

        // When
        permits.forEach(Admission.Permit::dropped);

        // Then
        assertThat(many.limit()).isEqualTo(6);
        assertThat(many.inFlight()).isZero();

        // When
        for (int i = 0; i < 100; i++) {
            many.enter("a", LIVE).answered();
        }

        // Then
        assertThat(many.limit()).isEqualTo(9);
    }

    private void place(String name, String tenant, Priority priority) {
        places.put(name, admission.whenFree(tenant, priority));
    }

    /** Ends one call after the other, and tells who came next. */
    private List<String> order(Admission.Permit first) {
        var order = new ArrayList<String>();
        var permit = first;
        while (permit != null) {
            permit.answered();
            permit = null;
            for (var place : places.entrySet()) {
                if (place.getValue().isDone() && !order.contains(place.getKey())) {
                    order.add(place.getKey());
                    permit = place.getValue().join();
                }
            }
        }
        return order;
    }

    private static Admission admission(int limit) {
        return new Admission(new CallGate(Gradient2.between(limit, limit, limit), System::nanoTime), limit);
    }
}
