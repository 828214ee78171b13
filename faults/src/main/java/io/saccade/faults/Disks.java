package io.saccade.faults;

import io.saccade.faults.Fault.Scene;
import io.saccade.faults.lab.SmallDisk;
import io.saccade.testkit.Await;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/** Faults of disks. */
final class Disks {

    private static final long ROOM = 48L << 20;
    private static final Duration FULL = Duration.ofSeconds(8);

    private Disks() {}

    /** The disk of one broker is full, then those of two, then the join's. */
    static void full(Scene scene) throws Exception {
        var lab = scene.lab();
        var kafka = lab.kafka();
        var brokers = kafka.ids().subList(0, Math.min(2, kafka.ids().size()));
        var joiner = lab.service("joiner");
        var disks = new ArrayList<SmallDisk>();
        try {
            for (int broker : brokers) {
                kafka.process(broker).terminate();
                kafka.process(broker).awaitExit(scene.patience());
                disks.add(SmallDisk.under(kafka.data(broker), ROOM));
                kafka.restart(broker);
            }
            joiner.process().terminate();
            joiner.process().awaitExit(scene.patience());
            disks.add(SmallDisk.under(lab.state("joiner"), ROOM));
            joiner.start();

            scene.load().awaitAnswered(0.15, scene.patience());
            scene.begins();
            disks.getFirst().fill();
            scene.load().awaitAnswered(0.3, scene.patience());
            scene.figure(
                    "a broker with a full disk",
                    kafka.process(brokers.getFirst()).isAlive() ? "stays" : "ends");
            disks.get(1).fill();
            Thread.sleep(FULL); // with two of three brokers away nothing is accepted, so nothing can be waited for
            disks.subList(0, 2).forEach(Disks::free);
            var freed = Instant.now();
            long answered = scene.load().answered();
            brokers.forEach(kafka::restart);
            Await.until(
                    "an answer after the disks were freed",
                    scene.patience(),
                    () -> scene.load().answered() > answered);
            scene.figure(
                    "first answer after two brokers' disks were freed",
                    Catalogue.seconds(Duration.between(freed, Instant.now())));

            scene.load().awaitAnswered(0.6, scene.patience());
            disks.getLast().fill();
            scene.load().start();
            Thread.sleep(FULL);
            scene.figure("a joiner with a full disk", joiner.isAlive() ? "stays" : "ends");
            disks.getLast().free();
            var freedToo = Instant.now();
            long before = scene.load().answered();
            joiner.launch();
            Await.until(
                    "an answer after the joiner's disk was freed",
                    scene.patience(),
                    () -> scene.load().answered() > before
                            || scene.load().answered() == scene.load().images());
            scene.figure(
                    "first answer after the joiner's disk was freed",
                    Catalogue.seconds(Duration.between(freedToo, Instant.now())));
            scene.load().awaitAnswered(0.95, scene.patience());
        } finally {
            disks.forEach(Disks::free);
            takeAway(scene, brokers, disks);
        }
    }

    /** Whoever has files on a disk is stopped before it goes. */
    private static void takeAway(Scene scene, List<Integer> brokers, List<SmallDisk> disks) throws IOException {
        var kafka = scene.lab().kafka();
        for (int i = 0; i < disks.size(); i++) {
            var process = i < brokers.size()
                    ? kafka.process(brokers.get(i))
                    : scene.lab().service("joiner").process();
            if (process.isAlive()) {
                process.terminate();
                process.awaitExit(scene.patience());
            }
            disks.get(i).close();
            if (i < brokers.size()) {
                kafka.restart(brokers.get(i));
            }
        }
        scene.lab().service("joiner").launch();
    }

    private static void free(SmallDisk disk) {
        try {
            disk.free();
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }
}
