package io.saccade.modelserver;

import com.google.protobuf.ByteString;
import io.grpc.Status;
import io.saccade.modelserver.config.CompleteConfig;
import io.saccade.modelserver.config.ConfigException;
import io.saccade.modelserver.config.ConfigFile;
import io.saccade.modelserver.onnx.OnnxException;
import io.saccade.triton.ModelState;
import io.saccade.triton.proto.ModelVersionPolicy;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
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
import java.util.regex.Pattern;
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
    private static final Pattern LEADING_NUMBER = Pattern.compile("\\s*([+-]?[0-9]+)");

    private static final Logger LOGGER = LoggerFactory.getLogger(ModelRepository.class);

    /** The state of one version. */
    private sealed interface Slot {
        record Ready(ServedModel model) implements Slot {}

        record Gone(String state, String reason) implements Slot {}
    }

    /**
     * What a request to load brings in place of what the folder has.
     *
     * @param config the configuration, as JSON
     * @param files  the files of the model by their path in its folder, where all come along; empty for those of the repository
     */
    record Replacement(String config, Map<String, ByteString> files) {
        Replacement {
            files = Map.copyOf(files);
        }
    }

    /** Gone on purpose. */
    private static final Slot UNLOADED = new Slot.Gone("UNAVAILABLE", "unloaded");

    private final Path folder;
    private final int threads;
    private final Map<String, NavigableMap<Long, Slot>> models = new ConcurrentSkipListMap<>();
    /** Models of the steps of each ensemble that was asked for and not unloaded. Guarded by {@link #loading}, as what follows. */
    private final Map<String, Set<String>> steps = new TreeMap<>();

    /** What the folder of each model looked like when it was last loaded, or tried to be. */
    private final Map<String, String> seen = new TreeMap<>();

    /** What came with the request to load. */
    private final Map<String, Replacement> replacements = new TreeMap<>();

    private boolean closed;

    /** Why the last load of a model failed, for those whose last load did. */
    private final Map<String, String> failures = new ConcurrentHashMap<>();

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
        return isName(name) && Files.isDirectory(folder.resolve(name));
    }

    /** Whether a model may be called so: a name must not lead out of the folder. */
    static boolean isName(String name) {
        return !name.isEmpty() && !name.startsWith(".") && !name.contains("/") && !name.contains("\\");
    }

    /** Loads a model unless it is there already, as a step of an ensemble may be. */
    void loadIfAbsent(String name) throws LoadException {
        loading.lock();
        try {
            if (readyVersions(name).isEmpty()) {
                load(name);
            }
        } finally {
            loading.unlock();
        }
    }

    /**
     * Loads a model, or loads it again. The steps of an ensemble that are not there are loaded before it; the ensembles that a model is a
     * step of are loaded after it, as they may fit it no longer.
     */
    void load(String name) throws LoadException {
        load(name, Optional.empty());
    }

    /**
     * Loads a model with another configuration than the folder's, or with other files, which count until it is loaded without.
     *
     * @param replacement empty for what the folder has
     */
    void load(String name, Optional<Replacement> replacement) throws LoadException {
        loading.lock();
        try {
            if (replacement.isPresent()) {
                replacements.put(name, replacement.get());
            } else {
                replacements.remove(name);
            }
            loadOnly(name, new LinkedHashSet<>());
            loadEnsemblesOf(name);
        } finally {
            loading.unlock();
        }
    }

    private void loadEnsemblesOf(String step) {
        for (String ensemble : ensemblesOf(step)) {
            try {
                loadOnly(ensemble, new LinkedHashSet<>());
            } catch (LoadException e) {
                lose(ensemble, String.valueOf(e.getMessage()));
            }
            loadEnsemblesOf(ensemble);
        }
    }

    private List<String> ensemblesOf(String step) {
        return steps.entrySet().stream()
                .filter(entry -> entry.getValue().contains(step))
                .map(Map.Entry::getKey)
                .toList();
    }

    /** Loads a model and what it needs. The path holds the ensembles that are being loaded for it. */
    private void loadOnly(String name, LinkedHashSet<String> path) throws LoadException {
        Replacement replacement = replacements.get(name);
        if (replacement == null || replacement.files().isEmpty()) {
            loadFrom(folder.resolve(name), name, path);
            return;
        }
        try (LoadedFiles files = LoadedFiles.write(replacement.files())) {
            loadFrom(files.folder(), name, path);
        } catch (IOException e) {
            throw new LoadException("the files of '" + name + "' cannot be written: " + e.getMessage(), e);
        }
    }

    private void loadFrom(Path model, String name, LinkedHashSet<String> path) throws LoadException {
        NavigableMap<Long, Slot> slots = models.computeIfAbsent(name, _ -> new ConcurrentSkipListMap<>());
        List<ServedModel> loaded = new ArrayList<>();
        try {
            seen.put(name, fingerprint(model));
            CompleteConfig config = CompleteConfig.of(name, file(name, model));
            loadSteps(name, config, path);
            for (long version : chosen(config, name, model)) {
                try {
                    loaded.add(ServedModel.load(
                            config,
                            version,
                            model.resolve(Long.toString(version)),
                            threads,
                            timer,
                            answers,
                            this::get));
                } catch (ConfigException | OnnxException e) {
                    slots.putIfAbsent(version, new Slot.Gone("UNAVAILABLE", reason(e)));
                    throw e;
                }
            }
        } catch (ConfigException | OnnxException | IOException e) {
            loaded.forEach(ServedModel::close);
            failures.put(name, reason(e));
            throw new LoadException(reason(e), e);
        } catch (LoadException e) {
            loaded.forEach(ServedModel::close);
            failures.put(name, reason(e));
            throw e;
        }
        failures.remove(name);
        replace(slots, loaded);
    }

    private ConfigFile file(String name, Path model) throws ConfigException {
        Replacement replacement = replacements.get(name);
        return replacement == null
                ? ConfigFile.read(model.resolve("config.pbtxt"))
                : ConfigFile.ofJson("load parameter 'config' of '" + name + "'", replacement.config());
    }

    private void loadSteps(String name, CompleteConfig config, LinkedHashSet<String> path)
            throws ConfigException, LoadException {
        if (config.steps().isEmpty()) {
            steps.remove(name);
            return;
        }
        for (String step : config.steps()) {
            if (step.equals(name) || path.contains(step) || leads(step, name)) {
                throw config.problem(
                        "ensemble_scheduling",
                        0,
                        "expected steps that do not lead back, got '" + step + "', of which '" + name + "' is a step");
            }
        }
        path.add(name);
        steps.put(name, config.steps());
        for (String step : config.steps()) {
            if (!readyVersions(step).isEmpty()) {
                continue;
            }
            if (!has(step)) {
                throw config.problem(
                        "ensemble_scheduling", 0, "expected models of the repository as steps, got '" + step + "'");
            }
            try {
                loadOnly(step, path);
            } catch (LoadException e) {
                throw new LoadException(
                        "ensemble '" + name + "' depends on '" + step + "', which cannot be loaded: " + e.getMessage(),
                        e);
            }
        }
        path.remove(name);
    }

    /** Whether the second is a step of the first, or of one of its steps. */
    private boolean leads(String ensemble, String model) {
        Set<String> next = steps.getOrDefault(ensemble, Set.of());
        return next.contains(model) || next.stream().anyMatch(step -> leads(step, model));
    }

    /** An ensemble that can no longer be asked, until its steps are back. */
    private void lose(String ensemble, String reason) {
        LOGGER.atWarn()
                .addKeyValue("model", ensemble)
                .addKeyValue("error", reason)
                .log("an ensemble cannot be asked any more");
        NavigableMap<Long, Slot> slots = models.getOrDefault(ensemble, new TreeMap<>());
        new TreeMap<>(slots).forEach((version, slot) -> {
            if (slot instanceof Slot.Ready(ServedModel model)) {
                slots.put(version, new Slot.Gone("UNAVAILABLE", reason));
                model.close();
            }
        });
    }

    /** Path, size and time of each file of a model: another text means that something changed. */
    private static String fingerprint(Path model) throws IOException {
        try (Stream<Path> files = Files.walk(model)) {
            StringBuilder text = new StringBuilder();
            for (Path file : files.sorted().toList()) {
                text.append(file).append(' ');
                if (Files.isRegularFile(file)) {
                    text.append(Files.size(file)).append(' ').append(Files.getLastModifiedTime(file));
                }
                text.append('\n');
            }
            return text.toString();
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
    }

    /**
     * Brings what is loaded in line with the folder: what is new or changed is loaded, what is gone is unloaded. What cannot be loaded is
     * tried again when it changes.
     */
    void poll() {
        loading.lock();
        try {
            if (closed) {
                return;
            }
            List<String> present = names();
            for (String name : List.copyOf(seen.keySet())) {
                if (!present.contains(name)) {
                    unload(name);
                }
            }
            for (String name : present) {
                if (!fingerprint(folder.resolve(name)).equals(seen.get(name))) {
                    loadPolled(name);
                }
            }
        } catch (LoadException | IOException e) {
            // Files come and go while they are looked at; the next look finds them.
            LOGGER.atWarn().addKeyValue("error", e.toString()).log("the repository could not be looked at");
        } finally {
            loading.unlock();
        }
    }

    private void loadPolled(String name) {
        try {
            load(name);
        } catch (LoadException e) {
            LOGGER.atError()
                    .addKeyValue("model", name)
                    .addKeyValue("error", e.getMessage())
                    .log("a model that changed could not be loaded; what was there stays");
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

    /**
     * Unloads all versions, after the ensembles they are a step of; what is under way is answered first. Unknown names are nothing to
     * unload.
     */
    void unload(String name) {
        loading.lock();
        try {
            seen.remove(name);
            steps.remove(name);
            failures.remove(name);
            replacements.remove(name);
            loseEnsemblesOf(name, name);
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

    private void loseEnsemblesOf(String step, String gone) {
        for (String ensemble : ensemblesOf(step)) {
            loseEnsemblesOf(ensemble, gone);
            lose(ensemble, "ensemble '" + ensemble + "' depends on '" + gone + "' which has no loaded version");
        }
    }

    /** Unloads a model and, if it is an ensemble, its steps. */
    void unloadWithSteps(String name) {
        loading.lock();
        try {
            Set<String> dependents = steps.getOrDefault(name, Set.of());
            unload(name);
            dependents.forEach(this::unloadWithSteps);
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
            // As C++ reads a number: spaces before it and anything behind it do not matter.
            var matcher = LEADING_NUMBER.matcher(text);
            number = Long.parseLong(matcher.lookingAt() ? matcher.group(1) : text);
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
        return failures.keySet().stream().noneMatch(name -> readyVersions(name).isEmpty())
                && models.values().stream()
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
                String failure = failures.get(name);
                index.add(
                        new ModelState(name, "", failure == null ? "" : "UNAVAILABLE", failure == null ? "" : failure));
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
        loading.lock();
        try {
            closed = true;
            List.copyOf(models.keySet()).forEach(this::unload);
        } finally {
            loading.unlock();
        }
        timer.shutdownNow();
    }
}
