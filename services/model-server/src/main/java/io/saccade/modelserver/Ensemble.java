package io.saccade.modelserver;

import static java.util.Objects.requireNonNull;

import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.saccade.modelserver.batching.Job;
import io.saccade.modelserver.batching.Scheduler;
import io.saccade.modelserver.batching.Usage;
import io.saccade.modelserver.config.CompleteConfig;
import io.saccade.modelserver.config.ConfigException;
import io.saccade.triton.DataType;
import io.saccade.triton.Shape;
import io.saccade.triton.Tensor;
import io.saccade.triton.proto.ModelConfig;
import io.saccade.triton.proto.ModelEnsembling;
import io.saccade.triton.proto.ModelInput;
import io.saccade.triton.proto.ModelOutput;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BiFunction;

/**
 * Answers a request with several models: each step runs as soon as the tensors it takes are there, and steps that do not need each other run
 * at the same time. The ensemble itself neither waits nor joins; each step does so among all the requests of its model.
 *
 * <p>Steps that only lead to outputs nobody asked for are not run. The first step that fails is the answer, with its code and its name.
 */
final class Ensemble implements Scheduler {
    /** A tensor of the ensemble as one side of it declares it, a batch dimension included. */
    private record Declared(DataType type, Shape shape, String by) {}

    /**
     * One step.
     *
     * @param inputs  the ensemble's tensor for each input of the model
     * @param outputs the ensemble's tensor for each output of the model that is one
     */
    private record Step(String model, String version, Map<String, String> inputs, Map<String, String> outputs) {}

    /** A step under way. */
    private record Begun(ServedModel model, Job job) {}

    private final ModelConfig config;
    private final BiFunction<String, String, ServedModel> models;
    private final List<Step> steps;
    private final Usage usage = new Usage();

    private final UnderWay<Run> underWay = new UnderWay<>();

    private Ensemble(ModelConfig config, BiFunction<String, String, ServedModel> models, List<Step> steps) {
        this.config = config;
        this.models = models;
        this.steps = steps;
    }

    /**
     * An ensemble whose steps fit together.
     *
     * @param models gives the model of a name and a version, empty for the newest, or throws what a request for it is answered
     */
    static Ensemble of(CompleteConfig given, BiFunction<String, String, ServedModel> models) throws ConfigException {
        return new Ensemble(given.config(), models, new Plan(given, models).steps());
    }

    /** Looks whether the steps fit together: every tensor comes from one place, with the type and the dimensions with which it is taken. */
    private static final class Plan {
        private final CompleteConfig given;
        private final ModelConfig config;
        private final boolean batches;
        private final BiFunction<String, String, ServedModel> models;
        private final Map<String, Declared> sources = new LinkedHashMap<>();

        Plan(CompleteConfig given, BiFunction<String, String, ServedModel> models) {
            this.given = given;
            this.config = given.config();
            this.batches = config.getMaxBatchSize() > 0;
            this.models = models;
        }

        List<Step> steps() throws ConfigException {
            for (int i = 0; i < config.getInputCount(); i++) {
                ModelInput input = config.getInput(i);
                if (input.getOptional()) {
                    throw given.problem("input", i, "optional: expected false in an ensemble, got true");
                }
                sources.put(
                        input.getName(), declared(input.getDataType(), input.getDimsList(), batches, "the ensemble"));
            }
            List<Step> steps = new ArrayList<>();
            List<ServedModel> served = new ArrayList<>();
            for (ModelEnsembling.Step step : config.getEnsembleScheduling().getStepList()) {
                ServedModel model = model(step);
                served.add(model);
                steps.add(new Step(
                        step.getModelName(),
                        step.getModelVersion() > 0 ? Long.toString(step.getModelVersion()) : "",
                        Map.copyOf(step.getInputMapMap()),
                        Map.copyOf(step.getOutputMapMap())));
                outputs(step, model);
            }
            for (int i = 0; i < steps.size(); i++) {
                inputs(steps.get(i), served.get(i));
            }
            for (ModelOutput output : config.getOutputList()) {
                take(
                        output.getName(),
                        declared(
                                output.getDataType(),
                                output.getDimsList(),
                                batches,
                                "output '" + output.getName() + "'"));
            }
            checkOrder(steps);
            return List.copyOf(steps);
        }

        private ConfigException problem(String sentence) {
            return given.problem("ensemble_scheduling", 0, sentence);
        }

        private ServedModel model(ModelEnsembling.Step step) throws ConfigException {
            ServedModel model;
            try {
                model = models.apply(
                        step.getModelName(), step.getModelVersion() > 0 ? Long.toString(step.getModelVersion()) : "");
            } catch (StatusRuntimeException e) {
                throw problem("step '" + step.getModelName() + "': expected a model that is ready, got: "
                        + e.getStatus().getDescription());
            }
            if (model.isDecoupled()) {
                throw problem(
                        "step '" + step.getModelName() + "': expected a model that answers once, got a decoupled one");
            }
            if (model.config().getMaxBatchSize() < config.getMaxBatchSize()) {
                throw problem("step '" + step.getModelName()
                        + "': expected a max_batch_size of at least the ensemble's " + config.getMaxBatchSize()
                        + ", got " + model.config().getMaxBatchSize());
            }
            return model;
        }

        private void outputs(ModelEnsembling.Step step, ServedModel model) throws ConfigException {
            for (Map.Entry<String, String> entry : step.getOutputMapMap().entrySet()) {
                ModelOutput output = model.config().getOutputList().stream()
                        .filter(each -> each.getName().equals(entry.getKey()))
                        .findFirst()
                        .orElseThrow(() ->
                                problem("step '" + model.name() + "': output_map: expected an output of the model, "
                                        + names(model.config().getOutputList().stream()
                                                .map(ModelOutput::getName)
                                                .toList())
                                        + ", got '" + entry.getKey() + "'"));
                Declared before = sources.put(
                        entry.getValue(),
                        declared(
                                output.getDataType(),
                                output.getDimsList(),
                                model.batches(),
                                "step '" + model.name() + "'"));
                if (before != null) {
                    throw problem("tensor '" + entry.getValue() + "': expected one source, got " + before.by()
                            + " and step '" + model.name() + "'");
                }
            }
        }

        private void inputs(Step step, ServedModel model) throws ConfigException {
            List<String> known = model.config().getInputList().stream()
                    .map(ModelInput::getName)
                    .toList();
            for (String name : step.inputs().keySet()) {
                if (!known.contains(name)) {
                    throw problem("step '" + model.name() + "': input_map: expected an input of the model, "
                            + names(known) + ", got '" + name + "'");
                }
            }
            for (ModelInput input : model.config().getInputList()) {
                String tensor = step.inputs().get(input.getName());
                if (tensor != null) {
                    take(
                            tensor,
                            declared(
                                    input.getDataType(),
                                    input.getDimsList(),
                                    model.batches(),
                                    "input '" + input.getName() + "' of step '" + model.name() + "'"));
                } else if (!input.getOptional()) {
                    throw problem("step '" + model.name()
                            + "': input_map: expected all inputs of the model, got none for '" + input.getName() + "'");
                }
            }
        }

        private void take(String tensor, Declared taken) throws ConfigException {
            Declared source = sources.get(tensor);
            if (source == null) {
                throw problem(taken.by() + ": expected a tensor of the ensemble, which are " + names(sources.keySet())
                        + ", got '" + tensor + "'");
            }
            if (source.type() != taken.type()) {
                throw problem("tensor '" + tensor + "': expected " + taken.type() + " as " + taken.by()
                        + " takes it, got " + source.type() + " from " + source.by());
            }
            if (!meet(source.shape(), taken.shape())) {
                throw problem("tensor '" + tensor + "': expected " + taken.shape() + " as " + taken.by()
                        + " takes it, got " + source.shape() + " from " + source.by());
            }
        }

        /** Lets each step run as soon as it can, without running it. */
        private void checkOrder(List<Step> steps) throws ConfigException {
            Set<String> there = new HashSet<>();
            config.getInputList().forEach(input -> there.add(input.getName()));
            List<Step> left = new ArrayList<>(steps);
            boolean moved = true;
            while (moved) {
                moved = left.removeIf(step -> there.containsAll(step.inputs().values())
                        && (there.addAll(step.outputs().values())
                                || step.outputs().isEmpty()));
            }
            if (!left.isEmpty()) {
                throw problem("expected steps that can run one after the other, got a circle of "
                        + names(left.stream().map(Step::model).toList()));
            }
        }

        private static Declared declared(
                io.saccade.triton.proto.DataType type, List<Long> dims, boolean batches, String by) {
            Shape shape = Shape.of(dims);
            return new Declared(DataType.of(type).orElseThrow(), batches ? shape.prepend(Shape.VARIABLE) : shape, by);
        }

        /** Whether there is a shape that both allow. */
        private static boolean meet(Shape one, Shape other) {
            if (one.rank() != other.rank()) {
                return false;
            }
            for (int i = 0; i < one.rank(); i++) {
                if (one.dim(i) != other.dim(i) && one.dim(i) != Shape.VARIABLE && other.dim(i) != Shape.VARIABLE) {
                    return false;
                }
            }
            return true;
        }

        private static String names(Collection<String> names) {
            return names.stream().map(name -> "'" + name + "'").toList().toString();
        }
    }

    @Override
    public void submit(Job job) {
        Run run = new Run(job);
        if (underWay.take(job, run)) {
            run.advance();
        } else {
            usage.failed(job, Usage.Reason.OTHER);
            job.refuse(Scheduler.closed(job));
        }
    }

    @Override
    public void cancel(Job job) {
        Run run = underWay.of(job);
        if (run != null) {
            run.cancel();
        }
    }

    /** None: what waits, waits for a step and is counted there. */
    @Override
    public int pending() {
        return 0;
    }

    @Override
    public int running() {
        return underWay.count();
    }

    @Override
    public Usage.Snapshot usage() {
        return usage.snapshot();
    }

    @Override
    public void close() {
        underWay.close();
    }

    /** One request on its way through the steps. Its lock is held for its own fields only, never while a model is called. */
    private final class Run {
        private final Job job;
        private final Map<String, Tensor> tensors = new HashMap<>();
        private final List<Step> left;
        private final Map<Step, Begun> begun = new HashMap<>();
        private int running;
        private boolean over;
        private Job.Timing time = Job.Timing.NONE;

        Run(Job job) {
            this.job = job;
            job.inputs().forEach(input -> tensors.put(input.name(), input));
            this.left = new ArrayList<>(needed(job.outputs()));
        }

        private List<Step> needed(Set<String> outputs) {
            Set<String> wanted = new HashSet<>(outputs);
            Set<Step> needed = new LinkedHashSet<>();
            boolean grown = true;
            while (grown) {
                grown = false;
                for (Step step : steps) {
                    if (!needed.contains(step)
                            && step.outputs().values().stream().anyMatch(wanted::contains)) {
                        needed.add(step);
                        wanted.addAll(step.inputs().values());
                        grown = true;
                    }
                }
            }
            return List.copyOf(needed);
        }

        /** Begins the steps whose tensors are there, or answers when none is left. */
        private void advance() {
            List<Step> next = new ArrayList<>();
            boolean finished;
            synchronized (this) {
                if (over) {
                    return;
                }
                for (Step step : List.copyOf(left)) {
                    if (tensors.keySet().containsAll(step.inputs().values())) {
                        left.remove(step);
                        next.add(step);
                    }
                }
                running += next.size();
                finished = running == 0;
                over = finished;
            }
            if (finished) {
                usage.ran(job, time);
                try {
                    job.succeed(tensors);
                } finally {
                    underWay.end(job);
                }
            } else if (job.isCancelled()) {
                end(Usage.Reason.CANCELED, Scheduler.cancelled(job));
            } else {
                next.forEach(this::begin);
            }
        }

        private void begin(Step step) {
            try {
                ServedModel model = models.apply(step.model(), step.version());
                List<Tensor> inputs = inputs(step, model);
                Set<String> outputs = new LinkedHashSet<>();
                model.config().getOutputList().stream()
                        .map(ModelOutput::getName)
                        .filter(step.outputs()::containsKey)
                        .forEach(outputs::add);
                Job part = new Job(
                        job.label(),
                        inputs,
                        outputs,
                        model.batches(),
                        job.priority(),
                        job.timeout(),
                        job::isCancelled,
                        job.trace(),
                        new Job.Listener() {
                            @Override
                            public void timed(Job.Timing timing) {
                                add(timing);
                            }

                            @Override
                            public void succeeded(List<Tensor> results) {
                                settle(step, results);
                            }

                            @Override
                            public void failed(Status status) {
                                fail(step, status);
                            }
                        });
                synchronized (this) {
                    if (over) {
                        return;
                    }
                    begun.put(step, new Begun(model, part));
                }
                model.submit(part);
            } catch (StatusRuntimeException e) {
                fail(step, e.getStatus());
            }
        }

        private List<Tensor> inputs(Step step, ServedModel model) {
            List<Tensor> inputs = new ArrayList<>();
            long batch = -1;
            for (ModelInput input : model.config().getInputList()) {
                String name = step.inputs().get(input.getName());
                if (name == null) {
                    continue;
                }
                Tensor tensor;
                synchronized (this) {
                    tensor = requireNonNull(tensors.get(name));
                }
                Shape dims = Shape.of(input.getDimsList());
                Shape declared = model.batches() ? dims.prepend(Shape.VARIABLE) : dims;
                if (!declared.fits(tensor.shape())) {
                    throw invalid("unexpected shape for input '" + input.getName() + "' for model '" + model.name()
                            + "'. Expected " + declared + ", got " + tensor.shape());
                }
                if (model.batches()) {
                    long own = tensor.shape().dim(0);
                    if (own > model.config().getMaxBatchSize()) {
                        throw invalid("inference request batch-size must be <= "
                                + model.config().getMaxBatchSize() + " for '" + model.name() + "'");
                    }
                    if (batch >= 0 && own != batch) {
                        throw invalid("input '" + input.getName() + "' batch size does not match other inputs for '"
                                + model.name() + "'");
                    }
                    batch = own;
                }
                inputs.add(Tensor.of(input.getName(), tensor.type(), tensor.shape(), tensor.data()));
            }
            return inputs;
        }

        private StatusRuntimeException invalid(String text) {
            return Status.INVALID_ARGUMENT.withDescription(job.label() + text).asRuntimeException();
        }

        private synchronized void add(Job.Timing timing) {
            time = time.plus(timing);
        }

        private void settle(Step step, List<Tensor> results) {
            synchronized (this) {
                running--;
                begun.remove(step);
                for (Tensor result : results) {
                    String name = requireNonNull(step.outputs().get(result.name()));
                    tensors.put(name, Tensor.of(name, result.type(), result.shape(), result.data()));
                }
            }
            advance();
        }

        private void fail(Step step, Status status) {
            Usage.Reason reason =
                    switch (status.getCode()) {
                        case CANCELLED -> Usage.Reason.CANCELED;
                        case UNAVAILABLE -> Usage.Reason.REJECTED;
                        case INTERNAL -> Usage.Reason.BACKEND;
                        default -> Usage.Reason.OTHER;
                    };
            end(
                    reason,
                    status.withDescription("in ensemble '" + config.getName() + "', step '" + step.model() + "': "
                            + status.getDescription()));
        }

        private void cancel() {
            end(Usage.Reason.CANCELED, Scheduler.cancelled(job));
        }

        private void end(Usage.Reason reason, Status status) {
            List<Begun> others;
            synchronized (this) {
                if (over) {
                    return;
                }
                over = true;
                others = List.copyOf(begun.values());
            }
            others.forEach(other -> other.model().cancel(other.job()));
            usage.failed(job, reason);
            try {
                job.fail(status);
            } finally {
                underWay.end(job);
            }
        }
    }
}
