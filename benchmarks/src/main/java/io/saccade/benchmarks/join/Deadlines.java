package io.saccade.benchmarks.join;

import io.saccade.cli.kafka.Topics;
import io.saccade.cli.stack.StackFolder;
import io.saccade.contract.event.Task;
import io.saccade.contract.topic.Topic;
import io.saccade.contract.topic.TopicCatalogue;
import io.saccade.testkit.Await;
import io.saccade.testkit.Folders;
import io.saccade.testkit.TestKafka;
import io.saccade.testkit.fault.KafkaCluster;
import io.saccade.testkit.fault.ReservedPorts;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.EnumSet;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;

/**
 * How late partial answers are: images miss a part, then nothing comes any more, and their deadlines come one after the other or all at
 * once. Real brokers and the joiner's process as {@code ./saccade up} starts it, all on this machine; nothing else of the stack. What
 * brokers and joiner cost when nothing happens is told at the end.
 */
public final class Deadlines implements AutoCloseable {

    private static final int PARTITIONS = 6;
    private static final Duration PATIENCE = Duration.ofMinutes(5);
    private static final Duration QUIET = Duration.ofSeconds(15);

    private final TopicCatalogue topics = TopicCatalogue.load();
    private final Path home;
    private final ReservedPorts ports = ReservedPorts.open();
    private final KafkaCluster cluster;
    private final TestKafka kafka;
    private final Feed feed;
    private final Joiner joiner;

    /**
     * How often the joiner has ended a transaction, and what that took.
     *
     * @param count   of transactions
     * @param records time until brokers had every record, s
     * @param offsets time until they had the offsets, s
     * @param end     time until they had the end, s
     */
    private record Ends(double count, double records, double offsets, double end) {

        static Ends of(Joiner joiner) throws IOException, InterruptedException {
            return new Ends(
                    joiner.transactions(),
                    joiner.meter("kafka_producer_flush_time_ns_total") / 1e9,
                    joiner.meter("kafka_producer_txn_send_offsets_time_ns_total") / 1e9,
                    joiner.meter("kafka_producer_txn_commit_time_ns_total") / 1e9);
        }

        String since(Ends before) {
            double ended = count - before.count;
            double each = 1_000 / Math.max(ended, 1);
            return String.format(
                    Locale.ROOT,
                    "%.0f, %.0f / %.0f / %.0f",
                    ended,
                    (records - before.records) * each,
                    (offsets - before.offsets) * each,
                    (end - before.end) * each);
        }
    }

    private Deadlines(int brokers) throws IOException {
        this.home = Files.createTempDirectory("saccade-deadlines");
        this.cluster = KafkaCluster.start(home, brokers, 1);
        this.kafka = TestKafka.at(cluster.bootstrapServers());
        this.feed = new Feed(cluster.bootstrapServers(), topics);
        this.joiner = Joiner.in(
                new StackFolder("deadlines", home.resolve("stack")), cluster.bootstrapServers(), ports, Map.of());
    }

    /**
     * {@code [IMAGES [SECONDS [BROKERS [ROUNDS]]]]}: how many images a round has (500), over how many seconds their deadlines spread (5;
     * 0 for one moment), how many brokers there are (3, or 1), and how often all that is done (3).
     */
    public static void main(String[] args) throws Exception {
        System.setProperty("org.slf4j.simpleLogger.defaultLogLevel", "error");
        int images = args.length > 0 ? Integer.parseInt(args[0]) : 500;
        double seconds = args.length > 1 ? Double.parseDouble(args[1]) : 5;
        int brokers = args.length > 2 ? Integer.parseInt(args[2]) : 3;
        int rounds = args.length > 3 ? Integer.parseInt(args[3]) : 3;
        try (var run = new Deadlines(brokers)) {
            run.play(images, Duration.ofMillis(Math.round(seconds * 1_000)), rounds);
        }
    }

    private void play(int images, Duration spread, int rounds) throws Exception {
        try (var catalogue = Topics.on(cluster.bootstrapServers(), topics)) {
            catalogue.apply(PARTITIONS, Optional.of(cluster.replicas()), Optional.of(cluster.minInsync()));
        }
        joiner.start();
        joiner.awaitReady();
        say(
                "%,d images, deadlines within %.1f s, brokers %d",
                images, spread.toMillis() / 1e3, cluster.ids().size());
        say("");
        say(
                "| round | late by the joiner's clock, ms: least / half / 99 % / most | read, ms: least / half / 99 % / most | within 250 ms"
                        + " | first deadline to last answer read, s | transactions: number, ms for records / offsets / end | CPU joiner, s | CPU brokers, s |");
        say("| --- | --- | --- | --- | --- | --- | --- | --- |");
        try (var lateness = new Lateness(cluster.bootstrapServers(), topics.name(Topic.ENRICHED))) {
            for (int round = 1; round <= rounds; round++) {
                round(round, images, spread, lateness);
            }
        }
        idle();
    }

    private void round(int round, int images, Duration spread, Lateness lateness) throws Exception {
        var prefix = "round" + round + "-";
        var first = Instant.now().plusSeconds(10).plusMillis(2L * images);
        var events = new Events(
                prefix, number -> first.plus(spread.multipliedBy(number).dividedBy(images)));
        for (int number = 0; number < images; number++) {
            var now = Instant.now();
            feed.image(events, number, EnumSet.allOf(Task.class), now);
            for (var task : events.present(number)) {
                feed.result(events, number, task, now);
            }
        }
        feed.flush();
        Await.until("the joiner to have read everything", PATIENCE, () -> Joiner.lag(kafka, topics) == 0);
        if (!Instant.now().isBefore(first)) {
            say("(the first deadline had passed before all was read)");
        }
        LockSupport.parkUntil(first.toEpochMilli());
        var before = Ends.of(joiner);
        var joinerCpu = joiner.cpu();
        var brokersCpu = brokersCpu();
        Await.until("every partial answer", PATIENCE, () -> lateness.answered(prefix) == images);
        say(
                "| %d | %s | %s | %.1f | %.1f |",
                round,
                lateness.row(prefix),
                Ends.of(joiner).since(before),
                seconds(joiner.cpu().minus(joinerCpu)),
                seconds(brokersCpu().minus(brokersCpu)));
    }

    private void idle() throws Exception {
        double transactions = joiner.transactions();
        var joinerCpu = joiner.cpu();
        var brokersCpu = brokersCpu();
        long start = System.nanoTime();
        LockSupport.parkNanos(QUIET.toNanos());
        double took = (System.nanoTime() - start) / 1e9;
        say("");
        say(
                "When nothing happens: %.1f transactions in a second, CPU of the joiner %.1f %% and of all brokers %.1f %% of one core",
                (joiner.transactions() - transactions) / took,
                100 * seconds(joiner.cpu().minus(joinerCpu)) / took,
                100 * seconds(brokersCpu().minus(brokersCpu)) / took);
    }

    private Duration brokersCpu() {
        return cluster.ids().stream().map(id -> Joiner.cpu(cluster.process(id))).reduce(Duration.ZERO, Duration::plus);
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
        cluster.close();
        ports.close();
        Folders.delete(home);
    }
}
