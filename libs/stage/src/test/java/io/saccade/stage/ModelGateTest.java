package io.saccade.stage;

import static org.assertj.core.api.Assertions.assertThat;

import io.saccade.testkit.Await;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class ModelGateTest {

    private final AtomicBoolean ready = new AtomicBoolean();
    private final AtomicInteger probes = new AtomicInteger();
    private final AtomicLong nanos = new AtomicLong();
    private final ModelGate gate = new ModelGate(
            "caption",
            () -> {
                probes.incrementAndGet();
                return ready.get();
            },
            nanos::get);

    @Test
    void isClosedUntilTheServerSaysOtherwise() {
        assertThat(gate.isOpen()).isFalse();
        ready.set(true);
        gate.check();
        assertThat(gate.isOpen()).isTrue();
    }

    @Test
    void letsWaitingRequestsGoWhenTheModelComes() throws InterruptedException {
        // Given
        var through = new CountDownLatch(1);
        var waiting = Thread.startVirtualThread(() -> {
            try {
                gate.awaitOpen();
                through.countDown();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
        Await.until("a waiting request", Duration.ofSeconds(10), () -> waiting.getState() == Thread.State.WAITING);

        // When
        ready.set(true);
        gate.check();

        // Then
        assertThat(through.await(10, java.util.concurrent.TimeUnit.SECONDS)).isTrue();
    }

    @Test
    void asksOnceWhenManyCallsFailTogether() {
        // Given
        nanos.addAndGet(Duration.ofSeconds(1).toNanos());

        // When
        for (int i = 0; i < 100; i++) {
            gate.suspect();
        }

        // Then
        assertThat(probes).hasValue(1);
    }
}
