package io.saccade.faults.lab;

import io.saccade.cli.kafka.Topics;
import io.saccade.cli.stack.Health;
import io.saccade.cli.stack.Installation;
import io.saccade.cli.stack.Memory;
import io.saccade.cli.stack.ModelServerChoice;
import io.saccade.cli.stack.Ports;
import io.saccade.cli.stack.ProcessPlan;
import io.saccade.cli.stack.StackFolder;
import io.saccade.cli.stack.StackPlan;
import io.saccade.cli.stack.StackSpec;
import io.saccade.contract.event.ImageRef;
import io.saccade.contract.event.Task;
import io.saccade.contract.topic.Topic;
import io.saccade.contract.topic.TopicCatalogue;
import io.saccade.testkit.Await;
import io.saccade.testkit.Folders;
import io.saccade.testkit.fault.Child;
import io.saccade.testkit.fault.FaultyModelServer;
import io.saccade.testkit.fault.KafkaCluster;
import io.saccade.testkit.fault.ReservedPorts;
import java.io.IOException;
import java.net.http.HttpClient;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;

/**
 * A whole stack that can be broken: a cluster of three brokers, our model server behind a {@link FaultyModelServer}, and
 * every service as the command line starts it. Before anything is broken it asks the models about each picture, so that
 * every later answer can be compared.
 *
 * <p>Only its own processes are ever signalled. For one thread at a time.
 */
public final class Lab implements AutoCloseable {

    static final String CALIBRATION = "calm-";

    /** Room for the few hundred requests that the pictures and their questions make; a request has 150 kB. */
    private static final long KEPT_ANSWERS = 96L << 20;

    private static final Duration START = Duration.ofMinutes(3);
    private static final Duration WARM_UP = Duration.ofMinutes(10);
    private static final int PARTITIONS = 6;
    private static final int MANY_IMAGES = 5_000;

    /** So that what one large run sent is gone from the disk before the next one has filled it. */
    private static final Map<String, String> SMALL_SEGMENTS =
            Map.of("log.segment.bytes", "67108864", "log.retention.check.interval.ms", "10000");

    private static final Map<String, List<Topic>> INPUTS = Map.of(
            "encoder", List.of(Topic.IMAGES, Topic.BACKFILL),
            "captioner", List.of(Topic.IMAGES, Topic.BACKFILL),
            "vqa", List.of(Topic.IMAGES, Topic.BACKFILL, Topic.QUESTIONS),
            "moderator", List.of(Topic.IMAGES, Topic.BACKFILL),
            "joiner", Topic.JOINED);

    private final Path folder;
    private final Installation installation;
    private final KafkaCluster kafka;
    private final ReservedPorts ports;
    private final Repository repository;
    private final ProcessPlan modelServerPlan;
    private final FaultyModelServer models;
    private final TopicCatalogue topics = TopicCatalogue.load();
    private final Map<String, Service> services = new LinkedHashMap<>();
    private final HttpClient http = Health.client();
    private final Map<String, ProcessPlan> plans = new HashMap<>();
    private final Set<String> retiredServices = new HashSet<>();
    private final Truths truths = new Truths();
    private final Admin admin;
    private List<Picture> pictures = List.of();
    private List<byte[]> broken = List.of();
    private @Nullable ImageHosts hosts;
    private final List<Runnable> afterwards = new ArrayList<>();
    private boolean mayKeepAnswers = true;
    private int calibrations;
    private int stands;
    private @Nullable Tail tail;
    private @Nullable Child modelServer;
    private int modelServerLives;
    private int runs;

    private Lab(Path folder, Installation installation, int brokers, long seed, boolean isForLong) {
        this.folder = folder;
        this.installation = installation;
        this.kafka = KafkaCluster.start(
                folder.resolve("kafka"), brokers, isForLong ? SMALL_SEGMENTS : Map.of(), seed, isForLong);
        this.ports = ReservedPorts.open();
        this.admin = Admin.create(Map.of(
                "bootstrap.servers",
                kafka.bootstrapServers(),
                "request.timeout.ms",
                5_000,
                "default.api.timeout.ms",
                15_000));
        var byRole = new HashMap<String, Integer>();
        Installation.SERVICES.forEach(service -> byRole.put(service, 0)); // any: they say which
        for (var role : List.of(Ports.MODEL_GRPC, Ports.MODEL_HTTP, Ports.MODEL_METRICS)) {
            byRole.put(role, ports.next());
        }
        this.models = FaultyModelServer.before(byRole.getOrDefault(Ports.MODEL_GRPC, 0), seed);
        keepAnswers(true);
        var stack = new StackFolder("faults", folder.resolve("stack"));
        var all = new Ports(byRole);
        this.repository = new Repository(installation.models(), folder.resolve("models"));
        this.modelServerPlan = repository.servedBy(
                StackPlan.of(spec(stack, new ModelServerChoice.Ours()), installation, all).processes().stream()
                        .filter(plan -> plan.wave() == ProcessPlan.Wave.MODEL_SERVER)
                        .findFirst()
                        .orElseThrow());
        StackPlan.of(spec(stack, new ModelServerChoice.Elsewhere(models.endpoint())), installation, all)
                .processes()
                .forEach(plan -> plans.put(plan.name(), isForLong ? asInAnImage(plan) : plan));
    }

    /** The local stack compiles with the fast compiler only, as it has little to do, and starts without a cache. */
    private ProcessPlan asInAnImage(ProcessPlan plan) {
        var command = new ArrayList<>(plan.command());
        command.removeIf(argument -> argument.startsWith("-XX:TieredStopAtLevel="));
        command.add(1, "-XX:AOTCache=" + AotCache.of(plan.name(), command, installation));
        return new ProcessPlan(
                plan.name(), plan.wave(), command, plan.environment(), plan.address(), plan.probe(), plan.health());
    }

    /**
     * Starts everything and waits until every picture has been answered once.
     *
     * @param folder  for data and logs
     * @param brokers 1 or 3
     * @param seed    of the links' jitter
     * @param images  how many a run will have at most: for many the JVMs compile with both compilers, and are warm when this
     *                returns
     */
    public static Lab open(Path folder, Installation installation, int brokers, long seed, int images)
            throws IOException, InterruptedException {
        Files.createDirectories(folder);
        boolean isForLong = images >= MANY_IMAGES;
        var lab = new Lab(folder.toAbsolutePath(), installation, brokers, seed, isForLong);
        boolean isOpen = false;
        try {
            lab.start();
            if (isForLong) {
                lab.warmUp(seed);
            }
            isOpen = true;
            return lab;
        } finally {
            if (!isOpen) {
                lab.close();
            }
        }
    }

    private StackSpec spec(StackFolder stack, ModelServerChoice modelServer) {
        return new StackSpec(stack, kafka.bootstrapServers(), modelServer, null, Duration.ofSeconds(60));
    }

    private void start() throws IOException {
        Files.createDirectories(folder.resolve("stack").resolve("spool"));
        Files.createDirectories(logs());
        repository.copy();
        launchModelServer();
        try (var catalogue = Topics.on(kafka.bootstrapServers(), topics)) {
            catalogue.apply(PARTITIONS, Optional.of(kafka.replicas()), Optional.of(kafka.minInsync()));
        }
        for (var name : Installation.SERVICES) {
            add(name, name, List.of(), Map.of()).launch();
        }
        pictures = Picture.load(installation.demo());
        broken = brokenFiles();
        tail = new Tail(kafka.bootstrapServers(), topics, truths);
        awaitReady();
        calibrate();
    }

    /** Before anything is broken: the second compiler takes most of a small machine for a minute or two. */
    private void warmUp(long seed) throws InterruptedException {
        try (var load = load("warm-up", seed, MANY_IMAGES, Load.Wish.FLOWING)) {
            if (!load.awaitRest(WARM_UP)) {
                throw new IllegalStateException("the stack did not answer " + MANY_IMAGES + " images in "
                        + WARM_UP.toMinutes() + " minutes, before anything was broken " + epitaphs());
            }
            load.history(); // nobody asks what came of it
        }
    }

    /** What the tests of decoding know that nobody may read, as far as it fits into an event. */
    private List<byte[]> brokenFiles() throws IOException {
        var files = new ArrayList<byte[]>();
        files.add(Files.readAllBytes(installation.demo().resolve("11-broken.jpg")));
        var refused = installation.root().resolve("libs/vision/src/test/resources/refused");
        if (Files.isDirectory(refused)) {
            try (var found = Files.list(refused)) {
                for (var file : found.sorted().toList()) {
                    if (Files.size(file) <= ImageRef.MAX_INLINE_BYTES) {
                        files.add(Files.readAllBytes(file));
                    }
                }
            }
        }
        return files;
    }

    /** Asks the models about each picture, and keeps what they say as what must be said from now on. */
    public void calibrate() {
        var prefix = CALIBRATION + calibrations++ + "-";
        try (var driver = driver()) {
            for (int i = 0; i < pictures.size(); i++) {
                driver.send(Workload.calibration(prefix + i, pictures.get(i), Instant.now()));
            }
        }
        for (int i = 0; i < pictures.size(); i++) {
            var id = prefix + i;
            Await.until(
                    "the answer to " + pictures.get(i).file(),
                    START,
                    () -> tail().answer(id) != null && tail().progress(id) == Tail.Progress.WHOLE);
            var answer = java.util.Objects.requireNonNull(tail().answer(id));
            truths.learn(pictures.get(i), answer);
        }
        // Both the lab's models and the demo's manifest must know the picture, or "right" would mean "as last time".
        pictures = pictures.stream()
                .filter(picture ->
                        truths.of(picture, Set.of(Task.CAPTION), List.of()).containsValue(picture.caption()))
                .toList();
        if (pictures.size() < 3) {
            throw new IllegalStateException(
                    "the models must describe the demo's pictures as its manifest does, but they do" + " so for "
                            + pictures.size() + " only");
        }
        tail().forget(prefix);
        tail().take();
    }

    /** The brokers. */
    public KafkaCluster kafka() {
        return kafka;
    }

    /** The model server as services see it. */
    public FaultyModelServer models() {
        return models;
    }

    /**
     * Whether a request that the models have answered is answered again without them. They are asked every time where they
     * are what breaks; anywhere else a run would mostly wait for the same few answers.
     */
    public void keepAnswers(boolean kept) {
        models.keepAnswers(kept && mayKeepAnswers ? KEPT_ANSWERS : 0);
    }

    /** From now on the models are asked every time, whatever breaks. */
    public void neverKeepAnswers() {
        mayKeepAnswers = false;
        keepAnswers(false);
    }

    /** For questions to the cluster. */
    public Admin admin() {
        return admin;
    }

    /** What the broker calls a topic. */
    public String topic(Topic topic) {
        return topics.name(topic);
    }

    /** A service by its name. */
    public Service service(String name) {
        var service = services.get(name);
        if (service == null) {
            throw new IllegalArgumentException("there is no service '" + name + "', only " + services.keySet());
        }
        return service;
    }

    /** Every service that was added. */
    public Collection<Service> services() {
        return List.copyOf(services.values());
    }

    /**
     * Another replica of a service, not started.
     *
     * @param kind        which service
     * @param name        of the replica
     * @param flags       further ones of its JVM
     * @param environment further variables of it
     */
    public Service add(String kind, String name, List<String> flags, Map<String, String> environment) {
        var plan = plans.get(kind);
        if (plan == null) {
            throw new IllegalArgumentException("there is no service '" + kind + "'");
        }
        var all = new HashMap<>(environment);
        all.put("QUARKUS_HTTP_PORT", "0");
        if (kind.equals("joiner")) {
            all.put(
                    "SACCADE_JOIN_STATE_DIRECTORY",
                    folder.resolve("state").resolve(name).toString());
        }
        var service = new Service(name, plan, logs(), http, flags, all);
        services.put(name, service);
        return service;
    }

    /** Whether a service is started again when the stack is healed; a replica that replaces it for a while wants that not. */
    public void retire(String name, boolean retired) {
        if (retired) {
            retiredServices.add(name);
        } else {
            retiredServices.remove(name);
        }
    }

    /** Ends a replica that was added for a run, and forgets it. */
    public void remove(String name) {
        var service = services.remove(name);
        if (service != null) {
            service.close();
        }
    }

    /** The real model server's process. */
    public Child modelServer() {
        return java.util.Objects.requireNonNull(modelServer);
    }

    /** Starts the real model server again, unless it runs, and waits until it is ready. */
    public void restartModelServer() {
        if (modelServer == null || !modelServer.isAlive()) {
            launchModelServer();
        }
        Await.until("the model server to be ready", START, () -> Health.ask(modelServerPlan.health(), http)
                .ready());
    }

    private void launchModelServer() {
        var log = logs().resolve("model-server-" + ++modelServerLives + ".log");
        var builder = new ProcessBuilder(modelServerPlan.command())
                .redirectErrorStream(true)
                .redirectOutput(log.toFile());
        builder.environment().putAll(modelServerPlan.environment());
        modelServer = Child.start("model-server", builder);
    }

    /** Ends every fault and waits until the whole stack is ready. */
    public void heal() {
        kafka.links().forEach(link -> link.heal());
        kafka.nodeLinks().forEach(link -> link.heal());
        models.heal();
        for (int id : kafka.ids()) {
            kafka.restart(id);
        }
        active().forEach(Service::launch);
        awaitReady();
    }

    /** Which services run no more though nobody ended them for good, each with its last line. */
    public List<String> epitaphs() {
        return active().stream().map(Service::epitaph).flatMap(Optional::stream).toList();
    }

    private List<Service> active() {
        return services.values().stream()
                .filter(service -> !retiredServices.contains(service.name()))
                .toList();
    }

    private void awaitReady() {
        restartModelServer();
        active().forEach(Service::awaitReady);
    }

    /** Deletes what a service that has ended kept on its disk. */
    public void forgetState(String name) {
        Folders.delete(state(name));
    }

    /** A run's images, sent and watched. */
    public Load load(String name, long seed, int images, Load.Wish wish) {
        return new Load(this, name + "." + seed + "." + ++runs + ".", seed, images, wish);
    }

    Driver driver() {
        return new Driver(kafka.bootstrapServers(), topic(Topic.IMAGES));
    }

    Tail tail() {
        return java.util.Objects.requireNonNull(tail);
    }

    Truths truths() {
        return truths;
    }

    Material material() {
        return new Material(pictures, broken, this::hosts);
    }

    /** Once this run is over a model is no longer served: whoever names it then is wrong. */
    public void forgetAfterwards(Task task, String model) {
        afterwards.add(() -> truths.forget(task, model));
    }

    /** How many results of this run name a model, as {@code name/version}. */
    public long named(Task task, String model) {
        return tail().named(task, model);
    }

    void runIsOver() {
        afterwards.forEach(Runnable::run);
        afterwards.clear();
    }

    /** Deletes the images that lie in Kafka, for all have read them: a hundred thousand take gigabytes, three times. */
    void dropImages() throws ExecutionException, InterruptedException, TimeoutException {
        var all = new HashMap<TopicPartition, RecordsToDelete>();
        for (int partition = 0; partition < PARTITIONS; partition++) {
            all.put(new TopicPartition(topic(Topic.IMAGES), partition), RecordsToDelete.beforeOffset(-1)); // to the end
        }
        admin.deleteRecords(all).all().get(15, TimeUnit.SECONDS);
    }

    /** Where images lie that come by address; opened when it is first asked for. */
    public ImageHosts hosts() {
        if (hosts == null) {
            hosts = new ImageHosts(pictures);
        }
        return hosts;
    }

    /** The models as the real model server has them, to be changed. */
    public Repository repository() {
        return repository;
    }

    /**
     * Lets others with further settings do the work of some services, until the returned is closed.
     *
     * @param environment of the others, by the service whose work they do
     */
    public Stand instead(Map<String, Map<String, String>> environment) {
        var stand = new Stand(List.copyOf(environment.keySet()), "-" + ++stands);
        boolean isReady = false;
        try {
            environment.forEach((kind, variables) -> {
                add(kind, kind + stand.suffix, List.of(), variables);
                retire(kind, true);
                service(kind).process().terminate();
            });
            for (var kind : stand.kinds) {
                service(kind).process().awaitExit(Duration.ofMinutes(1));
                service(kind + stand.suffix).launch();
            }
            stand.kinds.forEach(kind -> service(kind + stand.suffix).awaitReady());
            isReady = true;
            return stand;
        } finally {
            if (!isReady) {
                stand.close();
            }
        }
    }

    /** Services that others stand in for. */
    public final class Stand implements AutoCloseable {

        private final List<String> kinds;
        private final String suffix;

        private Stand(List<String> kinds, String suffix) {
            this.kinds = kinds;
            this.suffix = suffix;
        }

        /** Who stands in for a service. */
        public Service of(String kind) {
            return service(kind + suffix);
        }

        /** Ends the others in order and starts the services again. */
        @Override
        public void close() {
            for (var kind : kinds) {
                var other = services.get(kind + suffix);
                if (other != null && other.isAlive()) {
                    other.process().terminate();
                }
            }
            for (var kind : kinds) {
                var other = services.get(kind + suffix);
                if (other != null && other.isAlive()) {
                    other.process().awaitExit(Duration.ofMinutes(1));
                }
                remove(kind + suffix);
                retire(kind, false);
                service(kind).launch();
            }
            kinds.forEach(kind -> service(kind).awaitReady());
        }
    }

    /** Resident bytes of every process that runs, by name; without those whose size the system does not tell. */
    public Map<String, Long> memory() {
        var memory = new LinkedHashMap<String, Long>();
        services.forEach((name, service) -> {
            if (service.isAlive()) {
                Memory.resident(service.process().process().pid()).ifPresent(bytes -> memory.put(name, bytes));
            }
        });
        return memory;
    }

    /** Processor time that every process has used since it was started, by name; the brokers together, this one as {@code lab}. */
    public Map<String, Duration> processorTime() {
        var used = new LinkedHashMap<String, Duration>();
        services.forEach((name, service) -> {
            if (service.isAlive()) {
                used.put(name, cpu(service.process().process().toHandle()));
            }
        });
        used.put("model-server", cpu(modelServer().process().toHandle()));
        used.put(
                "brokers",
                kafka.ids().stream()
                        .map(id -> cpu(kafka.process(id).process().toHandle()))
                        .reduce(Duration.ZERO, Duration::plus));
        used.put("lab", cpu(ProcessHandle.current()));
        return used;
    }

    private static Duration cpu(ProcessHandle process) {
        return process.info().totalCpuDuration().orElse(Duration.ZERO);
    }

    /** What a consumer group has not committed, over all its topics. */
    public Map<String, Long> lag() throws ExecutionException, InterruptedException, TimeoutException {
        var lag = new HashMap<String, Long>();
        for (var group : INPUTS.entrySet()) {
            var name = "saccade-" + group.getKey();
            var committed = admin.listConsumerGroupOffsets(name)
                    .partitionsToOffsetAndMetadata()
                    .get(15, TimeUnit.SECONDS);
            var asked = new HashMap<TopicPartition, OffsetSpec>();
            for (var topic : group.getValue()) {
                for (int partition = 0; partition < PARTITIONS; partition++) {
                    asked.put(new TopicPartition(topic(topic), partition), OffsetSpec.latest());
                }
            }
            long left = 0;
            for (var end :
                    admin.listOffsets(asked).all().get(15, TimeUnit.SECONDS).entrySet()) {
                var offset = committed.get(end.getKey());
                left += end.getValue().offset() - (offset == null ? 0 : offset.offset());
            }
            lag.put(name, left);
        }
        return lag;
    }

    /** Where a service keeps its state. */
    public Path state(String name) {
        return folder.resolve("state").resolve(name);
    }

    /** A place for files of a run. */
    public Path folder() {
        return folder;
    }

    /** Where everything is logged. */
    public Path logs() {
        return folder.resolve("logs");
    }

    @Override
    public void close() {
        if (tail != null) {
            tail.close();
        }
        admin.close(Duration.ofSeconds(1));
        new ArrayList<>(services.values()).forEach(Service::close);
        models.close();
        if (modelServer != null) {
            modelServer.kill();
        }
        kafka.close();
        ports.close();
        if (hosts != null) {
            hosts.close();
        }
    }
}
