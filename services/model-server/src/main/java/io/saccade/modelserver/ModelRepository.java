package io.saccade.modelserver;

import io.grpc.Status;
import io.saccade.modelserver.config.CompleteConfig;
import io.saccade.modelserver.config.ConfigException;
import io.saccade.modelserver.config.ConfigFile;
import io.saccade.modelserver.onnx.OnnxException;
import io.saccade.triton.ModelState;
import io.saccade.triton.proto.ModelVersionPolicy;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.Executor;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The models of a folder and the state of each version. Layout and states are Triton's:
 * {@code <repository>/<model>/config.pbtxt} and {@code <repository>/<model>/<version>/model.onnx}.
 *
 * <p>Loading replaces: the new version answers first, then the old one finishes what it has and goes. A failed load leaves what was
 * there.
 */
final class ModelRepository implements AutoCloseable {
    private static final Logger LOGGER = LoggerFactory.getLogger(ModelRepository.class);

    /** The state of one version. */
    private sealed interface Slot {
        record Ready(ServedModel model) implements Slot {}

        record Gone(String state, String reason) implements Slot {}
    }

    /** Gone on purpose. */
    private static final Slot UNLOADED = new Slot.Gone("UNAVAILABLE", "unloaded");

    private final Path folder;
    private final int threads;
    private final Map<String, NavigableMap<Long, Slot>> models = new ConcurrentSkipListMap<>();
    private final Set<String> passedOver = ConcurrentHashMap.newKeySet();
    private final ReentrantLock loading = new ReentrantLock();
    private final ScheduledThreadPoolExecutor timer;
    private final Executor answers = Executors.newVirtualThreadPerTaskExecutor();

    /**
     * A repository with nothing loaded.
     *
     * @param threads threads of one run, for models that do not say
     */
    ModelRepository(Path folder, int threads) throws LoadException {
        if (!Files.isDirectory(folder)) {
            throw new LoadException("--model-repository: expected a folder with one folder for each model, got '"
                    + folder + "', which " + (Files.exists(folder) ? "is a file" : "does not exist"));
        }
        this.folder = folder;
        this.threads = threads;
        this.timer = new ScheduledThreadPoolExecutor(
                1, Thread.ofPlatform().daemon().name("queue-timeouts").factory());
        timer.setRemoveOnCancelPolicy(true);
    }

    /** Names of the folders that are models: those with a configuration or a version. */
    List<String> names() throws LoadException {
        List<String> names = new ArrayList<>();
        try (Stream<Path> entries = Files.list(folder)) {
            for (Path entry : entries.sorted().toList()) {
                String name = entry.getFileName().toString();
                if (!Files.isDirectory(entry) || name.startsWith(".")) {
                    continue;
                }
                if (Files.exists(entry.resolve("config.pbtxt"))
                        || !versions(entry).isEmpty()) {
                    names.add(name);
                } else if (passedOver.add(name)) {
                    LOGGER.atWarn()
                            .addKeyValue("folder", entry)
                            .log(
                                    "a folder of the repository is passed over: it has neither config.pbtxt nor a version");
                }
            }
        } catch (IOException e) {
            throw new LoadException("--model-repository: '" + folder + "' cannot be listed: " + e, e);
        }
        return names;
    }

    private static SortedSet<Long> versions(Path model) throws IOException {
        SortedSet<Long> versions = new TreeSet<>();
        try (Stream<Path> entries = Files.list(model)) {
            entries.filter(Files::isDirectory)
                    .map(entry -> entry.getFileName().toString())
                    .filter(name -> name.matches("[1-9]\\d{0,17}"))
                    .forEach(name -> versions.add(Long.valueOf(name)));
        }
        return versions;
    }

    /** Whether the repository has this model, loaded or not. */
    boolean has(String name) {
        // A name must not lead out of the folder.
        return !name.isEmpty()
                && !name.startsWith(".")
                && !name.contains("/")
                && !name.contains("\\")
                && Files.isDirectory(folder.resolve(name));
    }

    /** Loads a model, or loads it again. */
    void load(String name) throws LoadException {
        loading.lock();
        try {
            NavigableMap<Long, Slot> slots = models.computeIfAbsent(name, _ -> new ConcurrentSkipListMap<>());
            List<ServedModel> loaded = new ArrayList<>();
            try {
                Path model = folder.resolve(name);
                CompleteConfig config = CompleteConfig.of(name, ConfigFile.read(model.resolve("config.pbtxt")));
                for (long version : chosen(config, name, model)) {
                    try {
                        loaded.add(ServedModel.load(
                                config, version, model.resolve(Long.toString(version)), threads, timer, answers));
                    } catch (ConfigException | OnnxException e) {
                        slots.putIfAbsent(version, new Slot.Gone("UNAVAILABLE", reason(e)));
                        throw e;
                    }
                }
            } catch (ConfigException | OnnxException | IOException e) {
                loaded.forEach(ServedModel::close);
                throw new LoadException(reason(e), e);
            }
            replace(slots, loaded);
        } finally {
            loading.unlock();
        }
    }

    private static String reason(Exception e) {
        return e instanceof IOException ? e.toString() : String.valueOf(e.getMessage());
    }

    private static SortedSet<Long> chosen(CompleteConfig config, String name, Path model)
            throws IOException, LoadException {
        SortedSet<Long> versions = versions(model);
        ModelVersionPolicy policy = config.config().getVersionPolicy();
        SortedSet<Long> chosen =
                switch (policy.getPolicyChoiceCase()) {
                    case ALL -> versions;
                    case SPECIFIC -> {
                        SortedSet<Long> specific =
                                new TreeSet<>(policy.getSpecific().getVersionsList());
                        specific.retainAll(versions);
                        yield specific;
                    }
                    case LATEST, POLICYCHOICE_NOT_SET -> {
                        int count = Math.max(1, policy.getLatest().getNumVersions());
                        yield new TreeSet<>(versions.stream()
                                .skip(Math.max(0, versions.size() - count))
                                .toList());
                    }
                };
        if (chosen.isEmpty()) {
            throw new LoadException(model + ": model '" + name
                    + "' needs a folder for a version that its version_policy allows, such as '1', got "
                    + (versions.isEmpty() ? "none" : versions));
        }
        return chosen;
    }

    private static void replace(NavigableMap<Long, Slot> slots, List<ServedModel> loaded) {
        NavigableMap<Long, Slot> before = new TreeMap<>(slots);
        for (ServedModel model : loaded) {
            slots.put(model.version(), new Slot.Ready(model));
        }
        before.forEach((version, slot) -> {
            if (loaded.stream().noneMatch(model -> model.version() == version)) {
                slots.put(version, UNLOADED);
            }
            if (slot instanceof Slot.Ready(ServedModel old)) {
                old.close();
            }
        });
        loaded.forEach(model -> LOGGER.atInfo()
                .addKeyValue("model", model.name())
                .addKeyValue("version", model.version())
                .log("a model is ready"));
    }

    /** Unloads all versions; those that answer finish first. Unknown names are nothing to unload. */
    void unload(String name) {
        loading.lock();
        try {
            NavigableMap<Long, Slot> slots = models.getOrDefault(name, new TreeMap<>());
            new TreeMap<>(slots).forEach((version, slot) -> {
                if (slot instanceof Slot.Ready(ServedModel model)) {
                    slots.put(version, new Slot.Gone("UNLOADING", ""));
                    model.close();
                }
                slots.put(version, UNLOADED);
            });
        } finally {
            loading.unlock();
        }
    }

    /**
     * The model that answers.
     *
     * @param version as it stands in a request; empty for the newest that is ready
     * @throws io.grpc.StatusRuntimeException with Triton's code and text if there is none
     */
    ServedModel get(String name, String version) {
        long number = version(version);
        NavigableMap<Long, Slot> slots = models.get(name);
        if (slots == null) {
            throw notFound("'" + name + "' is not found");
        }
        if (number < 0) {
            for (Slot slot : new TreeMap<>(slots).descendingMap().values()) {
                if (slot instanceof Slot.Ready(ServedModel model)) {
                    return model;
                }
            }
            throw notFound("'" + name + "' has no available versions");
        }
        return switch (slots.get(number)) {
            case Slot.Ready(ServedModel model) -> model;
            case Slot.Gone _ ->
                throw Status.UNAVAILABLE
                        .withDescription("Request for unknown model: '" + name + "' version " + number
                                + " is not at ready state")
                        .asRuntimeException();
            case null -> throw notFound("'" + name + "' version " + number + " is not found");
        };
    }

    private static RuntimeException notFound(String what) {
        return Status.NOT_FOUND
                .withDescription("Request for unknown model: " + what)
                .asRuntimeException();
    }

    private static long version(String text) {
        if (text.isEmpty()) {
            return -1;
        }
        long number;
        try {
            number = Long.parseLong(text);
        } catch (NumberFormatException _) {
            throw Status.INVALID_ARGUMENT
                    .withDescription("failed to get model version from specified version string '" + text
                            + "' (details: stol), version should be an integral value > 0")
                    .asRuntimeException();
        }
        if (number < 0) {
            throw Status.INVALID_ARGUMENT
                    .withDescription(
                            "invalid model version specified '" + text + "' , version should be an integral value > 0")
                    .asRuntimeException();
        }
        return number;
    }

    /** Ready versions of a model, ascending. */
    List<Long> readyVersions(String name) {
        NavigableMap<Long, Slot> slots = models.get(name);
        if (slots == null) {
            return List.of();
        }
        return slots.entrySet().stream()
                .filter(entry -> entry.getValue() instanceof Slot.Ready)
                .map(Map.Entry::getKey)
                .toList();
    }

    /** All versions that are ready. */
    List<ServedModel> ready() {
        return models.values().stream()
                .flatMap(slots -> slots.values().stream())
                .mapMulti((Slot slot, Consumer<ServedModel> sink) -> {
                    if (slot instanceof Slot.Ready(ServedModel model)) {
                        sink.accept(model);
                    }
                })
                .toList();
    }

    /** Whether each model that was ever asked for has at least one ready version, or was unloaded on purpose. */
    boolean allReady() {
        return models.values().stream()
                .flatMap(slots -> slots.values().stream())
                .allMatch(slot -> slot instanceof Slot.Ready || slot.equals(UNLOADED));
    }

    /** One line for each version ever loaded, and one for each model of the folder that never was. */
    List<ModelState> index() throws LoadException {
        List<ModelState> index = new ArrayList<>();
        SortedSet<String> all = new TreeSet<>(names());
        all.addAll(models.keySet());
        for (String name : all) {
            NavigableMap<Long, Slot> slots = models.get(name);
            if (slots == null || slots.isEmpty()) {
                index.add(new ModelState(name, "", "", ""));
                continue;
            }
            slots.forEach((version, slot) -> index.add(
                    switch (slot) {
                        case Slot.Ready _ -> new ModelState(name, Long.toString(version), "READY", "");
                        case Slot.Gone(String state, String reason) ->
                            new ModelState(name, Long.toString(version), state, reason);
                    }));
        }
        return index;
    }

    /** Lets every model finish what it has. */
    @Override
    public void close() {
        List.copyOf(models.keySet()).forEach(this::unload);
        timer.shutdownNow();
    }
}
