package io.saccade.triton.limit;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;

import io.saccade.triton.FailuresForTests;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class CallGateTest {
    private final AtomicLong clock = new AtomicLong();

    private CallGate gate(int limit) {
        return new CallGate(Gradient2.between(1, limit, limit), clock::get);
    }

    @Test
    void refusesWhoeverComesToAFullHouse() {
        // Given
        var gate = gate(2);
        var first = gate.tryEnter().orElseThrow();
        var _ = gate.tryEnter().orElseThrow();

        // When
        var third = gate.tryEnter();
        first.close();
        first.close();

        // Then
        assertThat(third).isEmpty();
        assertThat(gate.inFlight()).isEqualTo(1);
        assertThat(gate.tryEnter()).isPresent();
    }

    @Test
    void callsThoseWhoWaitInTheirOrder() {
        // Given
        var gate = gate(1);
        var inside = gate.tryEnter().orElseThrow();
        List<String> order = new ArrayList<>();
        for (String name : List.of("a", "b", "c")) {
            gate.whenFree().thenAccept(permit -> {
                order.add(name);
                permit.answered();
            });
        }
        assertThat(gate.tryEnter()).isEmpty();

        // When
        inside.answered();

        // Then
        assertThat(order).containsExactly("a", "b", "c");
        assertThat(gate.inFlight()).isZero();
    }

    @Test
    void whoGaveUpIsPassedOver() {
        // Given
        var gate = gate(1);
        var inside = gate.tryEnter().orElseThrow();
        var gone = gate.whenFree();
        var next = gate.whenFree();

        // When
        gone.cancel(false);
        inside.answered();

        // Then
        assertThat(next).isCompleted();
        assertThat(gate.inFlight()).isEqualTo(1);
    }

    @Test
    void aWaitingThreadGoesOnWhenThereIsRoom() throws Exception {
        // Given
        var gate = gate(1);
        var inside = gate.enter();
        var entered = new CompletableFuture<Boolean>();
        var thread = Thread.ofVirtual().start(() -> {
            try (var _ = gate.enter()) {
                entered.complete(true);
            } catch (InterruptedException e) {
                entered.completeExceptionally(e);
            }
        });

        // When
        inside.answered();

        // Then
        assertThat(entered.get(30, SECONDS)).isTrue();
        thread.join();
        assertThat(gate.inFlight()).isZero();
    }

    @Test
    void anInterruptGivesThePlaceUp() throws Exception {
        // Given
        var gate = gate(1);
        var inside = gate.enter();
        var interrupted = new CountDownLatch(1);
        var thread = Thread.ofVirtual().start(() -> {
            try (var _ = gate.enter()) {
                // not reached
            } catch (InterruptedException e) {
                interrupted.countDown();
            }
        });

        // When
        thread.interrupt();

        // Then
        assertThat(interrupted.await(30, SECONDS)).isTrue();
        inside.answered();
        assertThat(gate.inFlight()).isZero();
    }

    @Test
    void givesThePermitBackHoweverACallEnds() {
        // Given
        var gate = gate(10);
        var answered = new CompletableFuture<String>();
        var failed = new CompletableFuture<String>();
        var cancelled = new CompletableFuture<String>();
        gate.call(() -> answered);
        gate.call(() -> failed);
        var cancelledResult = gate.call(() -> cancelled);
        var thrown = gate.<String>call(() -> {
            throw new IllegalStateException("before it began");
        });
        assertThat(gate.inFlight()).isEqualTo(3);

        // When
        answered.complete("x");
        failed.completeExceptionally(new IllegalStateException());
        cancelledResult.cancel(true);

        // Then
        assertThat(gate.inFlight()).isZero();
        assertThat(gate.limit()).isEqualTo(10);
        assertThat(cancelled).isCancelled();
        assertThat(thrown).isCompletedExceptionally();
    }

    @Test
    void aFullServerLowersTheLimitAndAnItemsOwnFaultDoesNot() {
        // Given
        var gate = gate(10);

        // When
        gate.call(() -> CompletableFuture.failedFuture(FailuresForTests.permanent()));
        int afterPermanent = gate.limit();
        gate.call(() -> CompletableFuture.failedFuture(FailuresForTests.overloaded()));

        // Then
        assertThat(afterPermanent).isEqualTo(10);
        assertThat(gate.limit()).isEqualTo(9);
    }

    @Test
    void aCallCancelledInTheQueueNeverBegins() {
        // Given
        var gate = gate(1);
        var inside = gate.tryEnter().orElseThrow();
        var begun = new AtomicInteger();
        var result = gate.call(() -> {
            begun.incrementAndGet();
            return new CompletableFuture<String>();
        });

        // When
        result.cancel(true);
        inside.answered();

        // Then
        assertThat(begun).hasValue(0);
        assertThat(gate.inFlight()).isZero();
    }

    @Test
    void letsInMoreAsItLearnsThatTheServerHasRoom() {
        // Given
        var gate = new CallGate(Gradient2.between(1, 2, 50), clock::get);

        // When every call takes as long, however many there are
        int highest = 0;
        for (int round = 0; round < 200; round++) {
            highest = Math.max(highest, gate.limit());
            List<CallGate.Permit> permits = new ArrayList<>();
            for (int i = gate.limit(); i > 0; i--) {
                permits.add(gate.tryEnter().orElseThrow());
            }
            clock.addAndGet(1_000_000);
            permits.forEach(CallGate.Permit::answered);
        }

        // Then
        assertThat(highest).isEqualTo(50);
    }
}
