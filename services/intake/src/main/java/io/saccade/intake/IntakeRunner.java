package io.saccade.intake;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.kafka.KafkaClientMetrics;
import io.saccade.contract.topic.Topic;
import io.saccade.contract.topic.TopicCatalogue;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import jakarta.enterprise.event.Shutdown;
import jakarta.enterprise.event.Startup;
import java.time.Clock;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The shell of the intake: waits for Kafka and the topics, runs the loop, and ends the process when that breaks. */
@ApplicationScoped
public class IntakeRunner {

    private static final Logger LOGGER = LoggerFactory.getLogger(IntakeRunner.class);

    /** After how many milliseconds a broker that stands still without hanging up is given up, and its successor looked for. */
    private static final int GIVE_UP = 5_000;

    private final IntakeConfig config;
    private final MeterRegistry registry;
    private final Thread thread = Thread.ofPlatform().name("intake").unstarted(this::run);
    private volatile String sentence = "starting";
    private volatile @Nullable IntakeLoop loop;
    private volatile boolean stopping;
    private volatile boolean broken;

    /** Made by CDI. */
    public IntakeRunner(IntakeConfig config, MeterRegistry registry) {
        this.config = config;
        this.registry = registry;
    }

    void onStart(@Observes Startup event) {
        thread.start();
    }

    void onStop(@Observes Shutdown event) {
        close();
    }

    void close() {
        stopping = true;
        var running = loop;
        if (running == null) {
            thread.interrupt();
        } else {
            running.stop();
        }
        try {
            thread.join(Duration.ofSeconds(20));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    boolean ready() {
        var running = loop;
        return running != null && running.joined() && !broken;
    }

    /** Whether the loop goes round; it waits for Kafka as long as that takes. */
    boolean alive() {
        var running = loop;
        return !broken && (running == null || running.sinceLastTurn().compareTo(Duration.ofMinutes(10)) < 0);
    }

    String sentence() {
        return sentence;
    }

    private void run() {
        try {
            var topics = TopicCatalogue.load();
            var events =
                    new BucketEvents(config.intake().tenant(), config.intake().tenants());
            awaitTopics(topics);
            try (var producer = new KafkaProducer<>(
                            producerSettings(), new ByteArraySerializer(), new ByteArraySerializer());
                    var consumer = new KafkaConsumer<>(
                            consumerSettings(), new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
                new KafkaClientMetrics(producer).bindTo(registry);
                new KafkaClientMetrics(consumer).bindTo(registry);
                var started = new IntakeLoop(
                        consumer, producer, topics, events, new IntakeMetrics(registry), Clock.systemUTC());
                loop = started;
                sentence = "takes notifications";
                if (!stopping) {
                    LOGGER.info("the intake takes notifications");
                    started.run();
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (ExecutionException e) {
            end("the intake stopped, an image could not be written: " + e.getCause(), e);
        } catch (RuntimeException e) {
            end("the intake stopped: " + e.getMessage(), e);
        }
    }

    /** Topics that nobody has made yet are waited for: a consumer alone would say nothing of it. */
    private void awaitTopics(TopicCatalogue topics) throws InterruptedException {
        var names = List.of(topics.name(Topic.BUCKET_EVENTS), topics.name(Topic.IMAGES), topics.name(Topic.DLQ));
        Map<String, Object> settings = new HashMap<>(config.kafka().client());
        settings.put("bootstrap.servers", config.kafka().bootstrapServers());
        settings.put("request.timeout.ms", 2_000);
        settings.put("default.api.timeout.ms", 3_000);
        try (var admin = Admin.create(settings)) {
            for (var said = ""; ; Thread.sleep(500)) {
                try {
                    admin.describeTopics(names).allTopicNames().get();
                    return;
                } catch (ExecutionException e) {
                    sentence = e.getCause() instanceof UnknownTopicOrPartitionException
                            ? "waiting for the topics " + names + "; create them with 'saccade topics apply'"
                            : "waiting for Kafka at " + config.kafka().bootstrapServers();
                    if (!said.equals(sentence)) {
                        said = sentence;
                        LOGGER.warn(sentence);
                    }
                }
            }
        }
    }

    private Map<String, Object> producerSettings() {
        var settings = new HashMap<String, Object>();
        settings.put("bootstrap.servers", config.kafka().bootstrapServers());
        settings.put("client.id", "saccade-intake");
        // An image counts as submitted when all in-sync replicas have it, once.
        settings.put("acks", "all");
        settings.put("enable.idempotence", true);
        // A broker that is away for long must not lose what was read.
        settings.put("delivery.timeout.ms", Integer.MAX_VALUE);
        settings.put("max.block.ms", Integer.MAX_VALUE);
        settings.put("request.timeout.ms", GIVE_UP);
        settings.put("max.request.size", 4 << 20);
        settings.put("compression.type", "lz4");
        settings.putAll(config.kafka().client());
        return settings;
    }

    private Map<String, Object> consumerSettings() {
        var settings = new HashMap<String, Object>();
        settings.put("bootstrap.servers", config.kafka().bootstrapServers());
        settings.put("client.id", "saccade-intake");
        settings.put("group.id", config.kafka().group());
        settings.put("group.protocol", config.kafka().groupProtocol());
        // Notifications that came before the service did count too.
        settings.put("auto.offset.reset", "earliest");
        settings.put("enable.auto.commit", false);
        settings.put("isolation.level", "read_committed");
        settings.put("max.poll.records", 100);
        settings.put("request.timeout.ms", GIVE_UP);
        settings.put("fetch.max.bytes", 1 << 20); // within that time over a slow line too
        settings.put("metadata.max.age.ms", 5_000);
        settings.putAll(config.kafka().client());
        return settings;
    }

    /** An orchestrator starts the process again, and its last line says why. */
    private void end(String sentence, Throwable cause) {
        if (stopping) {
            return;
        }
        broken = true;
        this.sentence = sentence;
        LOGGER.atError().setCause(cause).log(sentence);
        Thread.ofPlatform().name("end").start(() -> Runtime.getRuntime().exit(1));
    }
}
