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
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.common.TopicPartition;

/**
 * Very many images wait for a part, and the joiner is ended and started again among them: with its disk, after {@code kill -9}, and
 * without its disk; and killed while another one holds a copy of its state. Then their deadline comes, for all at the same moment. A
 * real broker and the joiner's process as {@code ./saccade up} starts it, all on this machine; nothing else of the stack.
 */
public final class OpenJoins implements AutoCloseable {

    private static final int PARTITIONS = 6;
    private static final String PREFIX = "open-";
    private static final Duration PATIENCE = Duration.ofMinutes(9);
    private static final Duration PROGRESS = Duration.ofSeconds(10);
    private static final Duration STILL = Duration.ofSeconds(5);

    /** Images that are answered at once, before the joiner is killed: it has written to all its files then. */
    private static final int WORK = 50_000;

    /** So many that some of them lie in every partition. */
    private static final int PROBES = 50;

    private final TopicCatalogue topics = TopicCatalogue.load();
    private final Path home;
    private final ReservedPorts ports = ReservedPorts.open();
    private final KafkaProcess broker;
    private final TestKafka kafka;
    private final Feed feed;
    private final Joiner first;
    private final Joiner second;
    private final int images;
    private Joiner joiner;
    private int probes;

    private OpenJoins(int images) throws IOException {
        this.images = images;
        this.home = Files.createTempDirectory("saccade-open-joins");
        this.broker = KafkaProcess.start(home);
        this.kafka = TestKafka.at(broker.bootstrapServers());
        this.feed = new Feed(broker.bootstrapServers(), topics);
        this.first = joiner("first");
        this.second = joiner("second");
        this.joiner = first;
    }

    /** Alone it holds its own state, beside another one a copy of the other's too. */
    private Joiner joiner(String name) throws IOException {
        return Joiner.in(
                new StackFolder(name, home.resolve(name)),
                broker.bootstrapServers(),
                ports,
                Map.of("SACCADE_JOIN_STANDBYS", "1"));
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
                    "| end | ready again, s | every partition answers, s | records restored | RSS then, MB | most RSS so far, MB |");
            say("| --- | --- | --- | --- | --- | --- |");
            restart("SIGTERM, disk kept", watch, joiner::stop, false);
            restart("kill -9 at work, disk kept", watch, this::killAtWork, false);
            restart("kill -9 at work, disk lost", watch, this::killAtWork, true);
            takeOver("kill -9 at work, another joiner holds a copy", watch);
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
        var probes = probes();
        joiner.awaitReady();
        double ready = seconds(start);
        awaitAnswers(probes, watch);
        tell(how, String.format(Locale.ROOT, "%.1f", ready), start);
        awaitRead();
    }

    /** The first one dies and does not come back. */
    private void takeOver(String how, Watch watch) throws Exception {
        second.start();
        second.awaitReady();
        awaitCopy();
        killAtWork();
        long start = System.nanoTime();
        joiner = second;
        awaitAnswers(probes(), watch);
        tell(how, "-", start);
        awaitRead();
    }

    private void tell(String how, String ready, long start) throws Exception {
        say(
                "| %s | %s | %.1f | %,.0f | %d | %d |",
                how,
                ready,
                seconds(start),
                joiner.meter("saccade_join_restored_records_total"),
                joiner.rss() >> 20,
                joiner.mostRss() >> 20);
    }

    private void awaitRead() {
        Await.until("the joiner to have read everything", PATIENCE, () -> Joiner.lag(kafka, topics) == 0);
    }

    /** Until the second joiner has read no more of the first one's state for a while. */
    private void awaitCopy() throws Exception {
        double known = -1;
        for (long since = System.nanoTime(); System.nanoTime() - since < STILL.toNanos(); ) {
            LockSupport.parkNanos(Duration.ofMillis(500).toNanos());
            double copied = second.meter("saccade_join_standby_records_total");
            if (copied != known || copied == 0) {
                known = copied;
                since = System.nanoTime();
            }
        }
    }

    /** After a while of work, and in the middle of a transaction. */
    private void killAtWork() {
        work(WORK);
        awaitRead();
        work(1_000);
        joiner.kill();
    }

    private void work(int images) {
        for (int i = 0; i < images; i++) {
            probe(EnumSet.allOf(Task.class));
        }
        feed.flush();
    }

    private List<String> probes() {
        var sent = IntStream.range(0, PROBES)
                .mapToObj(_ -> probe(EnumSet.of(Task.CAPTION)))
                .toList();
        feed.flush();
        return sent;
    }

    /** Sends an image with all it asks for, and gives its id: it is answered as soon as a joiner takes its records. */
    private String probe(Set<Task> tasks) {
        var events = new Events("probe-", Instant.now().plus(Duration.ofHours(1)));
        var now = Instant.now();
        int number = probes++;
        feed.image(events, number, tasks, now);
        tasks.forEach(task -> feed.result(events, number, task, now));
        return events.id(number);
    }

    private static void awaitAnswers(List<String> probes, Watch watch) {
        Await.until("the answers to new images", PATIENCE, () -> probes.stream()
                .allMatch(probe -> watch.arrival(probe) != null));
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
        first.close();
        second.close();
        feed.close();
        kafka.close();
        broker.close();
        ports.close();
        Folders.delete(home);
    }
}
