package io.saccade.faults;

import io.saccade.contract.topic.Topic;
import io.saccade.faults.Fault.Scene;
import io.saccade.testkit.Await;
import io.saccade.testkit.fault.Conditions;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.kafka.clients.admin.ListOffsetsOptions;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.TopicPartition;

/** Faults between the beginning of a transaction and the marker that ends it. */
final class Transactions {

    private static final int PARTITIONS = 6;

    private Transactions() {}

    /**
     * The ends of the join's transactions come late, then not at all: the links over which brokers tell each other are slowed, the
     * broker that decides about the transactions stands still for longer than a transaction may last, and a broker is cut off
     * from the others while clients still reach it.
     */
    static void delayedEnds(Scene scene) throws Exception {
        var kafka = scene.lab().kafka();
        kafka.linkNodes(true);
        var held = new AtomicLong();
        var watcher = Thread.ofVirtual().start(() -> watch(scene, held));
        try {
            scene.load().awaitAnswered(0.15, scene.patience());
            scene.begins();
            kafka.nodeLinks()
                    .forEach(link -> link.set(Conditions.slow(Duration.ofMillis(700), Duration.ofMillis(300), 0)));
            // By time and not by answers: every transaction takes some of these delays one after the other.
            Thread.sleep(Duration.ofSeconds(scene.isFull() ? 60 : 15));
            kafka.nodeLinks().forEach(link -> link.heal());

            var coordinator = kafka.process(coordinator(scene));
            scene.load().awaitAnswered(0.45, scene.patience());
            coordinator.suspend();
            try {
                Thread.sleep(Duration.ofSeconds(14)); // longer than the 10 s that a transaction of the join may last
            } finally {
                coordinator.resume();
            }

            scene.load().awaitAnswered(0.65, scene.patience());
            var cut = kafka.nodeLink(coordinator(scene));
            cut.cut();
            Thread.sleep(Duration.ofSeconds(scene.isFull() ? 30 : 8));
            cut.heal();
            scene.load().awaitAnswered(0.95, scene.patience());
        } finally {
            watcher.interrupt();
            watcher.join();
            kafka.nodeLinks().forEach(link -> link.heal());
            kafka.linkNodes(false);
        }
        scene.figure("most answers held back behind an open transaction", Long.toString(held.get()));
        Await.until("no transaction to be open", scene.patience(), () -> heldBack(scene) == 0);
    }

    /** The broker that coordinates most of the join's transactions. */
    private static int coordinator(Scene scene) {
        return Await.value(
                        "every broker to tell its transactions",
                        scene.patience(),
                        () -> transactions(scene),
                        told -> !told.isEmpty())
                .entrySet()
                .stream()
                .max(Map.Entry.comparingByValue())
                .orElseThrow()
                .getKey();
    }

    /** How many each broker coordinates; none while the client finds brokers that came back since it asked for their list. */
    private static Map<Integer, Integer> transactions(Scene scene) throws Exception {
        try {
            var counts = new HashMap<Integer, Integer>();
            scene.lab()
                    .admin()
                    .listTransactions()
                    .allByBrokerId()
                    .get(30, TimeUnit.SECONDS)
                    .forEach((broker, listed) -> counts.put(broker, listed.size()));
            return counts;
        } catch (ExecutionException | TimeoutException e) {
            return Map.of();
        }
    }

    private static void watch(Scene scene, AtomicLong held) {
        while (!Thread.currentThread().isInterrupted()) {
            try {
                held.accumulateAndGet(heldBack(scene), Math::max);
                Thread.sleep(200);
            } catch (InterruptedException e) {
                return;
            } catch (Exception e) {
                // A broker that stands still does not answer; the next question may be answered.
            }
        }
    }

    /** Records that lie in the joined topic and may not be read yet, because a transaction before them is open. */
    private static long heldBack(Scene scene) throws Exception {
        var asked = new HashMap<TopicPartition, OffsetSpec>();
        for (int partition = 0; partition < PARTITIONS; partition++) {
            asked.put(new TopicPartition(scene.lab().topic(Topic.ENRICHED), partition), OffsetSpec.latest());
        }
        var written = ends(scene, asked, IsolationLevel.READ_UNCOMMITTED);
        var readable = ends(scene, asked, IsolationLevel.READ_COMMITTED);
        return Math.max(0, written - readable);
    }

    private static long ends(Scene scene, Map<TopicPartition, OffsetSpec> asked, IsolationLevel isolation)
            throws Exception {
        return scene
                .lab()
                .admin()
                .listOffsets(asked, new ListOffsetsOptions(isolation))
                .all()
                .get(10, TimeUnit.SECONDS)
                .values()
                .stream()
                .mapToLong(result -> result.offset())
                .sum();
    }
}
