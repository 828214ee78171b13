package io.saccade.stage;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.kafka.KafkaClientMetrics;
import io.opentelemetry.api.OpenTelemetry;
import io.saccade.contract.EventJson;
import io.saccade.contract.EventType;
import io.saccade.contract.RequestReader;
import io.saccade.contract.event.Answer;
import io.saccade.contract.event.Task;
import io.saccade.contract.topic.Topic;
import io.saccade.contract.topic.TopicCatalogue;
import io.saccade.sources.ImageSources;
import io.saccade.stage.StageState.Broken;
import io.saccade.stage.StageState.Joining;
import io.saccade.stage.StageState.Running;
import io.saccade.stage.StageState.WaitingForKafka;
import io.saccade.stage.StageState.WaitingForModel;
import io.saccade.triton.ModelMismatchException;
import io.saccade.triton.TritonClient;
import io.saccade.triton.TritonException;
import io.saccade.triton.limit.CallGate;
import io.saccade.triton.limit.Gradient2;
import io.saccade.vision.CrashJournal;
import io.saccade.vision.DecoderChoice;
import io.saccade.vision.ImageLimits;
import io.saccade.vision.ImagePreprocessor;
import io.saccade.vision.PictureDecoder;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.ThreadLocalRandom;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A stage from its settings: waits for the model, checks it, and runs the loop until it is closed. What can be waited out
 * (a server that is away) is waited out and shown by {@link #state()}; what cannot (a model of the wrong shape, a missing
 * tokenizer) breaks it with one clear line.
 */
public final class Stage implements AutoCloseable {

    private static final Logger LOGGER = LoggerFactory.getLogger(Stage.class);
    private static final int MAX_POLL_RECORDS = 32;
    /**
     * After how many milliseconds a broker that stands still without hanging up is given up and its successor is looked for. Soon
     * enough that the group, which waits for 6 s, has not counted this member out by then; Kafka's 30 s are not.
     */
    private static final int GIVE_UP = 5_000;

    private final StageConfig config;
    private final AdapterFactory<? extends Answer> factory;
    private final TopicCatalogue topics;
    private final Runnable broken;
    private final StageMetrics metrics;
    private final MeterRegistry registry;
    private final Tracing tracing;
    private final TritonClient client;
    private final ModelGate gate;
    private final String model;
    private final Thread starter;
    private volatile StageState state = new WaitingForModel("starting");
    private volatile @Nullable ConsumeLoop loop;
    private volatile @Nullable KafkaProducer<byte[], byte[]> producer;
    private volatile @Nullable PictureDecoder decoder;
    private volatile @Nullable ImageSources sources;
    private volatile boolean stopping;

    /**
     * Everything a stage needs; {@link #start()} starts it.
     *
     * @param broken told, once, when the stage has ended though nobody closed it; {@link #state()} says why
     */
    public Stage(
            StageConfig config,
            AdapterFactory<? extends Answer> factory,
            TopicCatalogue topics,
            MeterRegistry registry,
            OpenTelemetry telemetry,
            Runnable broken) {
        this.config = config;
        this.factory = factory;
        this.topics = topics;
        this.broken = broken;
        this.registry = registry;
        this.metrics = new StageMetrics(registry, factory.stage());
        this.tracing = new Tracing(telemetry);
        this.model = config.triton().model().orElse(factory.model());
        this.client = TritonClient.builder()
                .endpoints(config.triton().endpoints())
                .channelsPerEndpoint(config.triton().channels())
                .timeout(config.triton().timeout())
                .build();
        this.gate = new ModelGate(model, this::modelReady);
        this.starter = Thread.ofPlatform().name(factory.stage() + "-start").unstarted(this::run);
    }

    /** Starts in the background. */
    public void start() {
        starter.start();
    }

    /** Stops taking, lets records at work finish, commits, leaves. Waits for it. */
    @Override
    public void close() {
        stopping = true;
        if (loop == null) {
            endStarter();
        }
        var running = loop;
        if (running != null) {
            running.close();
            // Only now: while records drain, somebody has to notice that the model is ready again.
            endStarter();
        }
        var sending = producer;
        if (sending != null) {
            sending.close(Duration.ofSeconds(5));
        }
        var images = sources;
        if (images != null) {
            images.close();
        }
        client.closeNow(); // what is still in flight was waited for, and will be asked again
        var decoding = decoder;
        if (decoding != null) {
            decoding.close();
        }
    }

    private void endStarter() {
        starter.interrupt();
        try {
            starter.join(Duration.ofSeconds(5));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    StageState state() {
        var running = loop;
        if (running != null && state instanceof Joining && running.joined()) {
            state = new Running();
        }
        if (state instanceof Running && !gate.isOpen()) {
            return new WaitingForModel(notReady());
        }
        return state;
    }

    /** Whether the loop goes round; a stage that waits for its model is alive. */
    boolean alive() {
        var running = loop;
        return !(state instanceof Broken)
                && (running == null || running.sinceLastTurn().compareTo(Duration.ofMinutes(2)) < 0);
    }

    String name() {
        return factory.stage();
    }

    private void run() {
        try {
            start(factory);
            while (true) { // until it is interrupted
                Thread.sleep(config.stage().probe());
                gate.check();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (ModelMismatchException | IllegalArgumentException e) {
            end(String.valueOf(e.getMessage()), null);
        } catch (RuntimeException e) {
            end("the stage could not start: " + e.getMessage(), e);
        }
    }

    private <A extends Answer> void start(AdapterFactory<A> factory) throws InterruptedException {
        // First what can be wrong without anybody else: a bad setting must not wait for a server to be noticed.
        var inFlight = new InFlight(config.stage().maxRecords(), config.stage().maxBytes());
        metrics.watch(inFlight);
        var settings = config.stage();
        var budget = new RetryBudget(settings.retryShare(), settings.retriesPerSecond(), System::nanoTime);
        var retry = new RetryPlan(
                new RetryPolicy(settings.attempts(), settings.retryFirst(), settings.retryLongest()),
                settings.attemptsAtOnce(),
                new RetryPolicy(settings.attempts(), settings.retryLater(), settings.retryLatest()),
                settings.retryFor(),
                budget);
        var images = ImageSources.of(ImageSettings.of(config.images()));
        sources = images;
        metrics.watch(images);
        var pictures = pictures();
        decoder = pictures;
        LOGGER.info("pictures are decoded by: {}", pictures.description());
        var adapter = adapter(factory);
        awaitTopics(adapter.task());
        var json = "base64".equals(config.stage().vectors()) ? EventJson.withBase64Vectors() : EventJson.create();
        var admission = new Admission(
                new CallGate(limit(), System::nanoTime), config.triton().inFlight());
        metrics.watch(admission);
        var calls = new ModelCalls.Shared(client, admission, config.triton().timeout(), tracing, metrics);
        var decoders = config.stage().decoders();
        var handler = new RequestHandler<>(
                factory.stage(),
                adapter,
                new RequestReader(json),
                images,
                config.images().fetch().timeout(),
                room(),
                new ImagePreprocessor(adapter.manifest().preprocessing(), pictures),
                new Semaphore(decoders > 0 ? decoders : Runtime.getRuntime().availableProcessors()),
                calls,
                gate,
                retry,
                tracing,
                metrics,
                new RequestHandler.Surroundings(
                        Clock.systemUTC(), () -> ThreadLocalRandom.current().nextDouble(), Thread::sleep));
        producer = new KafkaProducer<>(producerSettings(), new ByteArraySerializer(), new ByteArraySerializer());
        new KafkaClientMetrics(producer).bindTo(registry);
        var publisher = new Publisher(
                factory.stage(),
                EventType.resultOf(adapter.task()).type(),
                producer,
                topics,
                json,
                tracing,
                Clock.systemUTC());
        var answered = new Answered(
                config.stage().rememberRecords(),
                config.stage().remember(),
                Clock.systemUTC(),
                new ResultTail(
                        topics.name(adapter.task().topic()), config.stage().rememberTail(), tailSettings()));
        metrics.watch(answered);
        var consumer =
                new KafkaConsumer<>(consumerSettings(), new ByteArrayDeserializer(), new ByteArrayDeserializer());
        new KafkaClientMetrics(consumer).bindTo(registry);
        var started = new ConsumeLoop(
                factory.stage(),
                new ConsumeLoop.Settings(
                        config.stage().commitInterval(), config.stage().drain()),
                Stream.concat(requests().stream(), Stream.of(adapter.task().retry()))
                        .collect(Collectors.toMap(topics::name, topic -> topic)),
                consumer,
                new Settler<>(handler, publisher, answered, metrics, Clock.systemUTC()),
                new ConsumeLoop.Retries(adapter.task().retry(), budget, Clock.systemUTC()),
                gate,
                inFlight,
                metrics,
                tracing,
                answered::keep,
                Clock.systemUTC(),
                cause -> end("the stage stopped: " + cause.getMessage(), cause));
        loop = started;
        state = new Joining();
        started.start();
        LOGGER.atInfo()
                .addKeyValue("model", model)
                .addKeyValue("topics", requests().stream().map(Topic::key).toList())
                .log("the stage takes records");
    }

    /** The topics whose records ask for work. */
    private Set<Topic> requests() {
        var requests = EnumSet.copyOf(factory.topics());
        if (requests.contains(Topic.IMAGES)) {
            requests.add(Topic.BACKFILL);
        }
        return requests;
    }

    private Gradient2 limit() {
        int most = config.triton().inFlight();
        return config.triton().adaptive()
                ? Gradient2.between(1, Math.min(most, 8), most)
                : Gradient2.between(most, most, most); // a bound that neither learns nor probes
    }

    private <A extends Answer> Adapter<A> adapter(AdapterFactory<A> factory) throws InterruptedException {
        for (var said = ""; ; ) {
            gate.check();
            if (gate.isOpen()) {
                try {
                    return factory.create(new AdapterFactory.Surroundings(
                            client.describe(model), client, config.models().directory()));
                } catch (TritonException e) {
                    state = new WaitingForModel(String.valueOf(e.getMessage()));
                }
            } else {
                state = new WaitingForModel(notReady());
            }
            if (!said.equals(state.sentence())) {
                said = state.sentence();
                LOGGER.warn(said);
            }
            Thread.sleep(config.stage().probe());
        }
    }

    /** Results go to the partitions their requests came from, so the topics must be there and have equally many. */
    private void awaitTopics(Task task) throws InterruptedException {
        var names = Stream.concat(requests().stream(), Stream.of(task.topic(), task.retry()))
                .map(topics::name)
                .toList();
        var settings = new HashMap<String, Object>(config.kafka().client());
        settings.put("bootstrap.servers", config.kafka().bootstrapServers());
        settings.put("request.timeout.ms", 2_000);
        settings.put("default.api.timeout.ms", 3_000);
        try (var admin = Admin.create(settings)) {
            for (var said = ""; ; Thread.sleep(config.stage().probe())) {
                try {
                    var counts = partitionCounts(admin, names);
                    var missing = new TreeSet<>(names);
                    missing.removeAll(counts.keySet());
                    if (missing.isEmpty()) {
                        if (counts.values().stream().distinct().count() > 1) {
                            throw new IllegalArgumentException(
                                    "topics keyed by image must have equal partition counts, got " + counts
                                            + "; make them equal with 'saccade topics apply'");
                        }
                        return;
                    }
                    state = new WaitingForKafka(
                            "waiting for the topics " + missing + "; create them with 'saccade topics apply'");
                } catch (ExecutionException e) {
                    state = new WaitingForKafka(
                            "waiting for Kafka at " + config.kafka().bootstrapServers());
                }
                if (!said.equals(state.sentence())) {
                    said = state.sentence();
                    LOGGER.warn(said);
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

    private boolean modelReady() {
        try {
            return client.modelReady(model);
        } catch (TritonException e) {
            return false;
        }
    }

    private String notReady() {
        var where = String.join(", ", config.triton().endpoints());
        try {
            if (!client.serverReady()) {
                return "waiting for the model server at " + where
                        + ", which does not answer or is not ready; check that it runs, and saccade.triton.endpoints";
            }
            var known = client.repositoryIndex().stream()
                    .map(m -> m.model())
                    .distinct()
                    .sorted()
                    .collect(Collectors.joining(", "));
            return "waiting for the model '" + model + "', which is not ready at " + where + "; the server knows: "
                    + known;
        } catch (TritonException e) {
            return "waiting for the model server at " + where + ", which does not answer (" + e.code() + ")";
        }
    }

    private PictureDecoder pictures() {
        var choice = Arrays.stream(DecoderChoice.values())
                .filter(c ->
                        c.name().toLowerCase(Locale.ROOT).equals(config.images().decoder()))
                .findAny()
                .orElseThrow(() ->
                        new IllegalArgumentException("saccade.images.decoder must be 'auto', 'java' or 'native', got '"
                                + config.images().decoder() + "'"));
        return PictureDecoder.create(choice, limits(), journal());
    }

    /** Without a journal a stage still works; only a picture that kills it may do so again. */
    private Optional<CrashJournal> journal() {
        var folder = config.images()
                .crashJournal()
                .orElseGet(() -> Path.of(
                        System.getProperty("java.io.tmpdir"),
                        "saccade-" + System.getProperty("user.name"),
                        factory.stage()));
        try {
            var journal = CrashJournal.open(folder);
            if (journal.leftBehind() > 0) {
                LOGGER.warn(
                        "the process before died while it decoded pictures, which are now decoded by Java: {}",
                        journal.leftBehind());
            }
            return Optional.of(journal);
        } catch (IOException e) {
            LOGGER.warn(
                    "no journal of pictures at work, check saccade.images.crash-journal: {}",
                    e.getClass().getSimpleName());
            return Optional.empty();
        }
    }

    private ByteRoom room() {
        long given = config.images().fetch().maxBytes();
        return new ByteRoom(
                given > 0 ? given : Runtime.getRuntime().maxMemory() / 4,
                config.images().maxBytes());
    }

    private ImageLimits limits() {
        var standard = ImageLimits.DEFAULT;
        return new ImageLimits(config.images().maxBytes(), config.images().maxPixels(), standard.maxSide());
    }

    private Map<String, Object> producerSettings() {
        var settings = new HashMap<String, Object>();
        settings.put(ProducerConfig.BOOTSTRAP_SERVERS_CONFIG, config.kafka().bootstrapServers());
        settings.put(ProducerConfig.CLIENT_ID_CONFIG, "saccade-" + factory.stage() + "-results");
        // A result counts as written when all in-sync replicas have it, once.
        settings.put(ProducerConfig.ACKS_CONFIG, "all");
        settings.put(ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG, true);
        // A broker that is away for long must not lose a result that is already computed.
        settings.put(ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG, Integer.MAX_VALUE);
        settings.put(ProducerConfig.MAX_BLOCK_MS_CONFIG, Integer.MAX_VALUE);
        settings.put(ProducerConfig.REQUEST_TIMEOUT_MS_CONFIG, GIVE_UP);
        settings.put(ProducerConfig.MAX_REQUEST_SIZE_CONFIG, 4 << 20);
        // Results are JSON and shrink; dead letters may be images and do not, but are rare.
        settings.put(ProducerConfig.COMPRESSION_TYPE_CONFIG, "lz4");
        settings.put(ProducerConfig.LINGER_MS_CONFIG, 2);
        settings.putAll(config.kafka().client());
        return settings;
    }

    private Map<String, Object> consumerSettings() {
        var settings = new HashMap<String, Object>();
        settings.put(ConsumerConfig.BOOTSTRAP_SERVERS_CONFIG, config.kafka().bootstrapServers());
        settings.put(ConsumerConfig.CLIENT_ID_CONFIG, "saccade-" + factory.stage());
        settings.put(ConsumerConfig.GROUP_ID_CONFIG, config.kafka().group().orElse("saccade-" + factory.stage()));
        settings.put(ConsumerConfig.GROUP_PROTOCOL_CONFIG, config.kafka().groupProtocol());
        // A group that starts later than its producers has lost nothing.
        settings.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "earliest");
        settings.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
        settings.put(ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_committed");
        // The bound on records at work can be passed by one poll, so a poll is small.
        settings.put(ConsumerConfig.MAX_POLL_RECORDS_CONFIG, MAX_POLL_RECORDS);
        settings.put(ConsumerConfig.REQUEST_TIMEOUT_MS_CONFIG, GIVE_UP);
        // What is fetched at once must come within that time over a line of 3 Mbit/s too.
        settings.put(ConsumerConfig.FETCH_MAX_BYTES_CONFIG, 1 << 20);
        // A topic that is created after the service is noticed soon, and so is the successor of a broker that stands
        // still.
        settings.put(ConsumerConfig.METADATA_MAX_AGE_CONFIG, 5_000);
        settings.putAll(config.kafka().client());
        if ("consumer".equals(settings.get(ConsumerConfig.GROUP_PROTOCOL_CONFIG))) {
            // Partitions of one number go together, so that whoever reads backfill knows of the live images there, and
            // what
            // lies in both topics is answered once. The default gives whole topics to one replica. (Classic groups do
            // this.)
            settings.putIfAbsent(ConsumerConfig.GROUP_REMOTE_ASSIGNOR_CONFIG, "range");
        }
        return settings;
    }

    /** Of a consumer without a group. */
    private Map<String, Object> tailSettings() {
        var settings = consumerSettings();
        settings.keySet()
                .removeAll(List.of(
                        ConsumerConfig.GROUP_ID_CONFIG,
                        ConsumerConfig.GROUP_PROTOCOL_CONFIG,
                        ConsumerConfig.GROUP_REMOTE_ASSIGNOR_CONFIG));
        settings.put(ConsumerConfig.CLIENT_ID_CONFIG, "saccade-" + factory.stage() + "-tail");
        settings.put(ConsumerConfig.MAX_POLL_RECORDS_CONFIG, 500);
        settings.put(ConsumerConfig.FETCH_MAX_WAIT_MS_CONFIG, 50);
        // The stage waits for it; and it may begin with the broker that stands still, for it knows of none yet.
        settings.put(ConsumerConfig.REQUEST_TIMEOUT_MS_CONFIG, 3_000);
        return settings;
    }

    private void end(String sentence, @Nullable Throwable cause) {
        if (stopping) {
            return;
        }
        state = new Broken(sentence);
        LOGGER.atError().setCause(cause).log(sentence);
        broken.run();
    }
}
