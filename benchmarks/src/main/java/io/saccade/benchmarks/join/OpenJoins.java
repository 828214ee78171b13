package io.saccade.benchmarks.join;

import io.saccade.cli.kafka.Topics;
import io.saccade.cli.stack.StackFolder;
import io.saccade.contract.event.Task;
import io.saccade.contract.topic.Topic;
import io.saccade.contract.topic.TopicCatalogue;
import io.saccade.testkit.Await;
import io.saccade.testkit.Folders;
import io.saccade.testkit.KafkaProcess;
import io.saccade.testkit.TestKafka;
import io.saccade.testkit.fault.ReservedPorts;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.locks.LockSupport;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.common.TopicPartition;

/**
 * Very many images wait for a part, and the joiner is ended and started again among them: with its disk, after {@code kill -9}, and
 * without its disk. Then their deadline comes, for all at the same moment. A real broker and the joiner's process as
 * {@code ./saccade up} starts it, both on this machine; nothing else of the stack.
 */
public final class OpenJoins implements AutoCloseable {

    private static final int PARTITIONS = 6;
    private static final String PREFIX = "open-";
    private static final Duration PATIENCE = Duration.ofMinutes(9);
    private static final Duration PROGRESS = Duration.ofSeconds(10);

    private final TopicCatalogue topics = TopicCatalogue.load();
    private final Path home;
    private final ReservedPorts ports = ReservedPorts.open();
    private final KafkaProcess broker;
    private final TestKafka kafka;
    private final Feed feed;
    private final Joiner joiner;
    private final int images;
    private int probes;

    private OpenJoins(int images) throws IOException {
        this.images = images;
        this.home = Files.createTempDirectory("saccade-open-joins");
        this.broker = KafkaProcess.start(home);
        this.kafka = TestKafka.at(broker.bootstrapServers());
        this.feed = new Feed(broker.bootstrapServers(), topics);
        this.joiner = Joiner.in(
                new StackFolder("open-joins", home.resolve("stack")), broker.bootstrapServers(), ports, Map.of());
    }

    /** {@code [IMAGES [SECONDS]]}: how many, a million by default, and when their deadline comes, counted from the start. */
    public static void main(String[] args) throws Exception {
        System.setProperty("org.slf4j.simpleLogger.defaultLogLevel", "error");
        int images = args.length > 0 ? Integer.parseInt(args[0]) : 1_000_000;
        int seconds = args.length > 1 ? Integer.parseInt(args[1]) : 150 + images / 1_000;
        try (var run = new OpenJoins(images)) {
            run.play(Instant.now().plusSeconds(seconds));
        }
    }

    private void play(Instant due) throws Exception {
        var events = new Events(PREFIX, due);
        try (var catalogue = Topics.on(broker.bootstrapServers(), topics)) {
            catalogue.apply(PARTITIONS, Optional.of((short) 1), Optional.of(1));
        }
        joiner.start();
        joiner.awaitReady();
        say(
                "%,d images, due in %d s",
                images, Duration.between(Instant.now(), due).toSeconds());
        try (var watch = new Watch(broker.bootstrapServers(), topics.name(Topic.ENRICHED), PREFIX, images)) {
            fill(events, watch);
            say("");
            say(
                    "| restart | ready, s | first answer, s | records restored | RSS when ready, MB | most RSS so far, MB |");
            say("| --- | --- | --- | --- | --- | --- |");
            restart("SIGTERM, disk kept", watch, joiner::stop, false);
            restart("kill -9 at work, disk kept", watch, this::killAtWork, false);
            restart("kill -9 at work, disk lost", watch, this::killAtWork, true);
            say("");
            deadlines(due, watch);
        }
    }

    private void fill(Events events, Watch watch) throws Exception {
        long start = System.nanoTime();
        long said = start;
        long before = feed.records();
        for (int number = 0; number < images; number++) {
            var now = Instant.now();
            feed.image(events, number, EnumSet.allOf(Task.class), now);
            for (var task : events.present(number)) {
                feed.result(events, number, task, now);
            }
            if (System.nanoTime() - said > PROGRESS.toNanos()) {
                said = System.nanoTime();
                progress(start, number + 1);
            }
        }
        feed.flush();
        long records = feed.records() - before;
        while (Joiner.lag(kafka, topics) > 0) {
            LockSupport.parkNanos(Duration.ofMillis(500).toNanos());
            if (System.nanoTime() - said > PROGRESS.toNanos()) {
                said = System.nanoTime();
                progress(start, images);
            }
        }
        double took = seconds(start);
        say(
                "%,d records were joined in %.0f s (%,.0f in a second, their producer beside); %,.0f images are open, %d answered",
                records, took, records / took, joiner.meter("saccade_join_open_images"), watch.answered());
        say(
                "RSS of the joiner %d MB, at most %d MB; state on its disk %d MB; changelog %d MB, %,d records",
                joiner.rss() >> 20,
                joiner.mostRss() >> 20,
                joiner.stateBytes() >> 20,
                changelogBytes() >> 20,
                changelogRecords());
    }

    private void progress(long start, int sent) throws Exception {
        System.err.printf(
                Locale.ROOT,
                "%.0f s: %,d images sent, %,.0f open in the joiner, %,d records to be read; its RSS %d MB%n",
                seconds(start),
                sent,
                joiner.meter("saccade_join_open_images"),
                Joiner.lag(kafka, topics),
                joiner.rss() >> 20);
    }

    private interface End {
        void end() throws Exception;
    }

    private void restart(String how, Watch watch, End end, boolean forget) throws Exception {
        end.end();
        if (forget) {
            joiner.forget();
        }
        long start = System.nanoTime();
        joiner.start();
        var probe = probe();
        feed.flush();
        joiner.awaitReady();
        double ready = seconds(start);
        long rss = joiner.rss();
        Await.until("the answer to a new image", PATIENCE, () -> watch.arrival(probe) != null);
        say(
                "| %s | %.1f | %.1f | %,.0f | %d | %d |",
                how,
                ready,
                seconds(start),
                joiner.meter("saccade_join_restored_records_total"),
                rss >> 20,
                joiner.mostRss() >> 20);
        Await.until("the joiner to have read everything", PATIENCE, () -> Joiner.lag(kafka, topics) == 0);
    }

    /** In the middle of a transaction: images that are answered at once come faster than they are joined. */
    private void killAtWork() {
        for (int i = 0; i < 5_000; i++) {
            probe();
        }
        joiner.kill();
    }

    /** Sends an image with all it asks for, and gives its id: it is answered as soon as the joiner takes records. */
    private String probe() {
        var events = new Events("probe-", Instant.now().plus(Duration.ofHours(1)));
        int number = probes++;
        feed.image(events, number, Set.of(Task.CAPTION), Instant.now());
        feed.result(events, number, Task.CAPTION, Instant.now());
        return events.id(number);
    }

    private void deadlines(Instant due, Watch watch) throws Exception {
        int early = watch.answered();
        boolean isPast = !Instant.now().isBefore(due);
        var from = isPast ? Instant.now() : due;
        var patience = Duration.between(Instant.now(), from).plus(PATIENCE).plusSeconds(images / 1_000);
        Await.until("every partial answer", patience, () -> watch.answered() == images);
        say(
                "The deadline of all %,d images %s; answers came after it: first %.2f s, half %.1f s, all %.1f s; %d before it, %d twice",
                images,
                isPast ? "had passed before the last restart" : "came while the joiner ran",
                seconds(watch.after(from, 0)),
                seconds(watch.after(from, 0.5)),
                seconds(watch.after(from, 1)),
                early,
                watch.twice());
        say(
                "RSS of the joiner %d MB, at most %d MB; state on its disk %d MB; changelog %d MB, %,d records",
                joiner.rss() >> 20,
                joiner.mostRss() >> 20,
                joiner.stateBytes() >> 20,
                changelogBytes() >> 20,
                changelogRecords());
    }

    private long changelogBytes() throws ExecutionException, InterruptedException {
        var nodes = kafka.admin().describeCluster().nodes().get().stream()
                .map(node -> node.id())
                .toList();
        return kafka.admin().describeLogDirs(nodes).allDescriptions().get().values().stream()
                .flatMap(folders -> folders.values().stream())
                .flatMap(folder -> folder.replicaInfos().entrySet().stream())
                .filter(replica -> isChangelog(replica.getKey().topic()))
                .mapToLong(replica -> replica.getValue().size())
                .sum();
    }

    private long changelogRecords() throws ExecutionException, InterruptedException {
        var changelogs = kafka.admin().listTopics().names().get().stream()
                .filter(OpenJoins::isChangelog)
                .toList();
        var ends = new HashMap<TopicPartition, OffsetSpec>();
        for (var topic : changelogs) {
            for (int partition = 0; partition < PARTITIONS; partition++) {
                ends.put(new TopicPartition(topic, partition), OffsetSpec.latest());
            }
        }
        return kafka.admin().listOffsets(ends).all().get().values().stream()
                .mapToLong(end -> end.offset())
                .sum();
    }

    private static boolean isChangelog(String topic) {
        return topic.startsWith(Joiner.GROUP + "-") && topic.endsWith("-changelog");
    }

    private static double seconds(long start) {
        return (System.nanoTime() - start) / 1e9;
    }

    private static double seconds(Duration duration) {
        return duration.toMillis() / 1e3;
    }

    private static void say(String text, Object... values) {
        System.out.println(values.length == 0 ? text : String.format(Locale.ROOT, text, values));
    }

    @Override
    public void close() {
        joiner.close();
        feed.close();
        kafka.close();
        broker.close();
        ports.close();
        Folders.delete(home);
    }
}
