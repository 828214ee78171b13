package io.saccade.stage;

import static org.assertj.core.api.Assertions.assertThat;

import io.saccade.testkit.Await;
import java.time.Duration;
import java.util.ArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class ModelGateTest {

    private final AtomicBoolean ready = new AtomicBoolean();
    private final AtomicInteger probes = new AtomicInteger();
    private final ModelGate gate = new ModelGate("caption", () -> {
        probes.incrementAndGet();
        return ready.get();
    });

    @Test
    void isClosedUntilTheServerSaysOtherwise() throws InterruptedException {
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
        assertThat(through.await(10, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    void asksOnceForCallsThatFailWhileTheServerThinksAndTellsAllOfThem() throws Exception {
        // Given: a server that is there, dies, and takes a while to be asked
        var thinking = new CountDownLatch(1);
        var mayAnswer = new CountDownLatch(1);
        var asked = new AtomicInteger();
        var slow = new ModelGate("caption", () -> {
            if (asked.incrementAndGet() == 1) {
                return true;
            }
            thinking.countDown();
            await(mayAnswer);
            return false;
        });
        slow.check();

        // When: a hundred calls fail before the server is asked, and one while it thinks
        var heard = new AtomicInteger();
        var calls = new ArrayList<Thread>();
        for (int i = 0; i < 100; i++) {
            calls.add(failing(slow, heard));
        }
        assertThat(thinking.await(10, TimeUnit.SECONDS)).isTrue();
        Await.until("all to wait", Duration.ofSeconds(10), () -> calls.stream().allMatch(ModelGateTest::isWaiting));
        mayAnswer.countDown();
        for (var call : calls) {
            call.join();
        }

        // Then: nobody went on with what the server had said before, and it was not asked for each
        assertThat(heard).as("calls that learned that the server is away").hasValue(100);
        assertThat(asked.get()).as("questions to the server").isBetween(2, 3);
    }

    @Test
    void doesNotTakeAnAnswerFromBeforeTheCallFailed() throws Exception {
        // Given: the server was asked a moment ago, and died since
        ready.set(true);
        gate.check();
        ready.set(false);

        // When
        gate.suspect();

        // Then
        assertThat(gate.isOpen()).isFalse();
        assertThat(probes).hasValue(2);
    }

    private static Thread failing(ModelGate gate, AtomicInteger heard) {
        return Thread.startVirtualThread(() -> {
            try {
                gate.suspect();
                if (!gate.isOpen()) {
                    heard.incrementAndGet();
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
    }

    private static boolean isWaiting(Thread thread) {
        return switch (thread.getState()) {
            case WAITING, TIMED_WAITING, TERMINATED -> true;
            default -> false;
        };
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
