package io.saccade.joiner;

import static org.apache.kafka.streams.CloseOptions.GroupMembershipOperation.LEAVE_GROUP;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.kafka.KafkaStreamsMetrics;
import io.opentelemetry.api.OpenTelemetry;
import io.saccade.contract.event.ImageJourney;
import io.saccade.contract.topic.Topic;
import io.saccade.contract.topic.TopicCatalogue;
import io.saccade.joiner.merge.Journeys;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import jakarta.enterprise.event.Shutdown;
import jakarta.enterprise.event.Startup;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.streams.CloseOptions;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StoreQueryParameters;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.errors.InvalidStateStoreException;
import org.apache.kafka.streams.errors.StreamsUncaughtExceptionHandler.StreamThreadExceptionResponse;
import org.apache.kafka.streams.state.QueryableStoreTypes;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The shell of the joiner: waits for the topics, checks their partitions, and runs the topology until the service stops. */
@ApplicationScoped
public class JoinRunner {

    private static final Logger LOGGER = LoggerFactory.getLogger(JoinRunner.class);

    /** Records of a partition that lie in memory before its next fetch is taken. */
    private static final int READ_AHEAD = 8;

    private static final List<String> CLIENTS = List.of(
            StreamsConfig.CONSUMER_PREFIX,
            StreamsConfig.MAIN_CONSUMER_PREFIX,
            StreamsConfig.RESTORE_CONSUMER_PREFIX,
            StreamsConfig.PRODUCER_PREFIX,
            StreamsConfig.ADMIN_CLIENT_PREFIX);

    private final JoinConfig config;
    private final MeterRegistry registry;
    private final OpenTelemetry telemetry;
    private final Thread starter = Thread.ofPlatform().name("joiner-start").unstarted(this::run);
    private volatile String sentence = "starting";
    private volatile @Nullable KafkaStreams streams;
    private volatile boolean stopping;
    private volatile boolean broken;

    /** Made by CDI. */
    public JoinRunner(JoinConfig config, MeterRegistry registry, OpenTelemetry telemetry) {
        this.config = config;
        this.registry = registry;
        this.telemetry = telemetry;
    }

    void onStart(@Observes Startup event) {
        starter.start();
    }

    void onStop(@Observes Shutdown event) {
        stopping = true;
        starter.interrupt();
        var running = streams;
        if (running != null) {
            // Leaves the group: else nobody gets these partitions before the session is over, not even the next life of
            // this process.
            running.close(CloseOptions.timeout(Duration.ofSeconds(15)).withGroupMembershipOperation(LEAVE_GROUP));
        }
    }

    boolean ready() {
        var running = streams;
        return running != null && running.state() == KafkaStreams.State.RUNNING;
    }

    boolean alive() {
        return !broken;
    }

    String sentence() {
        var running = streams;
        return running == null ? sentence : "streams are " + running.state();
    }

    /**
     * Where an image is, if this instance has it.
     *
     * @throws InvalidStateStoreException while the state cannot be read
     */
    Optional<ImageJourney> journey(String id) {
        var running = streams;
        if (running == null) {
            throw new InvalidStateStoreException(sentence);
        }
        var store = running.store(StoreQueryParameters.fromNameAndType(
                JoinProcessor.STATES, QueryableStoreTypes.<String, byte[]>keyValueStore()));
        return Optional.ofNullable(store.get(id)).map(bytes -> Journeys.of(id, StoredState.read(bytes)));
    }

    private void run() {
        try {
            var topics = TopicCatalogue.load();
            awaitTopics(topics);
            if (stopping) {
                return;
            }
            var metrics = new JoinMetrics(registry);
            var transactions = new Transactions();
            var started = new KafkaStreams(
                    JoinTopology.build(config.join(), topics, metrics, telemetry, transactions),
                    new StreamsConfig(settings()),
                    transactions);
            var mending = new Mending();
            started.setUncaughtExceptionHandler(cause -> {
                if (mending.mayReplace(cause, Instant.now())) {
                    LOGGER.atWarn().setCause(cause).log("a thread of the join broke, another goes on");
                    return StreamThreadExceptionResponse.REPLACE_THREAD;
                }
                end("the join stopped: " + cause.getMessage(), cause);
                return StreamThreadExceptionResponse.SHUTDOWN_CLIENT;
            });
            var reads = new StateReads(metrics);
            started.setGlobalStateRestoreListener(reads);
            started.setStandbyUpdateListener(reads);
            new KafkaStreamsMetrics(started).bindTo(registry);
            streams = started;
            started.start();
            LOGGER.info("the join takes records");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (IllegalArgumentException e) {
            end(String.valueOf(e.getMessage()), null);
        } catch (RuntimeException e) {
            end("the join could not start: " + e.getMessage(), e);
        }
    }

    /** Kafka Streams gives up on missing topics; somebody else creates them, maybe a moment later. */
    private void awaitTopics(TopicCatalogue topics) throws InterruptedException {
        var names = Topic.JOINED.stream().map(topics::name).toList();
        Map<String, Object> settings = new HashMap<>(config.kafka().client());
        settings.put("bootstrap.servers", config.kafka().bootstrapServers());
        settings.put("request.timeout.ms", 2_000);
        settings.put("default.api.timeout.ms", 3_000);
        try (var admin = Admin.create(settings)) {
            for (var said = ""; !stopping; Thread.sleep(500)) {
                try {
                    var counts = partitionCounts(admin, names);
                    var missing = new TreeSet<>(names);
                    missing.removeAll(counts.keySet());
                    if (missing.isEmpty()) {
                        if (counts.values().stream().distinct().count() > 1) {
                            throw new IllegalArgumentException(
                                    "the topics of the join must have equal partition counts, they have " + counts
                                            + "; make them equal with 'saccade topics apply'");
                        }
                        return;
                    }
                    sentence = "waiting for the topics " + missing + "; create them with 'saccade topics apply'";
                } catch (ExecutionException e) {
                    sentence = "waiting for Kafka at " + config.kafka().bootstrapServers() + ": " + e.getMessage();
                }
                if (!said.equals(sentence)) {
                    said = sentence;
                    LOGGER.warn(sentence);
                }
            }
        }
    }

    /** Of the topics that exist. */
    private static Map<String, Integer> partitionCounts(Admin admin, List<String> names)
            throws ExecutionException, InterruptedException {
        var counts = new TreeMap<String, Integer>();
        for (var topic : admin.describeTopics(names).topicNameValues().entrySet()) {
            try {
                counts.put(topic.getKey(), topic.getValue().get().partitions().size());
            } catch (ExecutionException e) {
                if (!(e.getCause() instanceof UnknownTopicOrPartitionException)) {
                    throw e;
                }
            }
        }
        return counts;
    }

    private Properties settings() {
        var settings = new Properties();
        settings.put(StreamsConfig.APPLICATION_ID_CONFIG, "saccade-joiner");
        settings.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, config.kafka().bootstrapServers());
        // State, offsets and output in one transaction: no answer twice, none lost.
        settings.put(StreamsConfig.PROCESSING_GUARANTEE_CONFIG, StreamsConfig.EXACTLY_ONCE_V2);
        // The join ends its transactions itself, see Pace; this is but a net below it.
        settings.put(StreamsConfig.COMMIT_INTERVAL_MS_CONFIG, 5_000);
        settings.put(
                StreamsConfig.STATE_DIR_CONFIG,
                config.join().stateDirectory().toAbsolutePath().toString());
        // Deadlines are looked at between two polls, and a poll without records waits so long.
        settings.put(StreamsConfig.POLL_MS_CONFIG, config.join().tick().toMillis());
        settings.put(StreamsConfig.NUM_STREAM_THREADS_CONFIG, config.join().threads());
        settings.put(StreamsConfig.NUM_STANDBY_REPLICAS_CONFIG, config.join().standbys());
        settings.put(StreamsConfig.STATESTORE_CACHE_MAX_BYTES_CONFIG, 0); // deadlines would wait in a cache
        settings.put("processing.exception.handler.global.enabled", true); // unused here; unset, it is warned about
        // Kafka Streams reads ahead by numbers of records, whatever their size, and an event may carry a whole image.
        // The thousand of its default filled the heap when stages were faster than the join. So few keep a thread at
        // work, as the next fetch, of at most a megabyte of a partition, comes before they are all joined.
        settings.put(StreamsConfig.BUFFERED_RECORDS_PER_PARTITION_CONFIG, READ_AHEAD);
        settings.put(StreamsConfig.consumerPrefix("auto.offset.reset"), "earliest");
        settings.put(StreamsConfig.consumerPrefix("max.poll.records"), 200);
        // A restore has nobody to wait for: what is slow about it is the number of its steps.
        settings.put(StreamsConfig.restoreConsumerPrefix("max.poll.records"), 4_000);
        // As soon as brokers allow by default: until then nobody has the partitions of a replica that is gone.
        settings.put(StreamsConfig.consumerPrefix("session.timeout.ms"), 6_000);
        settings.put(StreamsConfig.consumerPrefix("heartbeat.interval.ms"), 2_000);
        if (!"streams".equals(config.kafka().client().get("group.protocol"))) { // which knows no names
            settings.put(
                    StreamsConfig.mainConsumerPrefix("group.instance.id"),
                    Identity.in(config.join().stateDirectory().toAbsolutePath()));
        }
        // A broker that stands still without hanging up is given up soon, and its successor is looked for: before the
        // group, which waits for 6 s, has counted this member out.
        settings.put(StreamsConfig.consumerPrefix("metadata.max.age.ms"), 5_000);
        settings.put(StreamsConfig.consumerPrefix("request.timeout.ms"), 5_000);
        settings.put(StreamsConfig.adminClientPrefix("request.timeout.ms"), 5_000);
        // What is fetched at once must come within that time over a line of 3 Mbit/s too.
        settings.put(StreamsConfig.consumerPrefix("fetch.max.bytes"), 1 << 20);
        // A transaction may meet such a broker three times, as a partition's leader before and after others know,
        // and as its coordinator, and must end within its time.
        settings.put(StreamsConfig.producerPrefix("request.timeout.ms"), 3_000);
        // A transaction's first records may reach a broker that has yet to hear of the end of the one before, and are
        // sent again; what was sent behind them would then be out of order and be sent again too, each after a wait.
        settings.put(StreamsConfig.producerPrefix("max.in.flight.requests.per.connection"), 1);
        settings.put(StreamsConfig.producerPrefix("compression.type"), "lz4");
        settings.put(StreamsConfig.producerPrefix("max.request.size"), 4 << 20);
        // Who reads committed records waits so long for what a replica began that never comes back.
        settings.put(StreamsConfig.producerPrefix("transaction.timeout.ms"), 10_000);
        config.kafka().client().forEach((name, value) -> {
            CLIENTS.forEach(client -> settings.remove(client + name)); // which would win
            settings.put(name, value);
        });
        return settings;
    }

    /** Ends the process: an orchestrator starts it again, and its last line says why. */
    private void end(String sentence, @Nullable Throwable cause) {
        if (stopping) {
            return;
        }
        broken = true;
        this.sentence = sentence;
        LOGGER.atError().setCause(cause).log(sentence);
        Thread.ofPlatform().name("end").start(() -> Runtime.getRuntime().exit(1));
    }
}
