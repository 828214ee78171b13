package io.saccade.stage;

import io.opentelemetry.context.Context;
import io.saccade.contract.MalformedEventException;
import io.saccade.contract.RequestReader;
import io.saccade.contract.event.Answer;
import io.saccade.contract.event.DeadLetter;
import io.saccade.contract.event.Failure;
import io.saccade.contract.event.ImageSubmitted;
import io.saccade.contract.event.ModelRef;
import io.saccade.contract.event.Priority;
import io.saccade.contract.event.Request;
import io.saccade.contract.event.Retried;
import io.saccade.contract.event.StageResult;
import io.saccade.contract.event.StageResult.End;
import io.saccade.contract.event.Timings;
import io.saccade.contract.topic.Topic;
import io.saccade.sources.Budget;
import io.saccade.sources.Fetched;
import io.saccade.sources.ImageSources;
import io.saccade.sources.Way;
import io.saccade.triton.TritonException;
import io.saccade.vision.ImagePreprocessor;
import io.saccade.vision.Prepared;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import java.util.function.DoubleSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes one record to its end: understood, fetched, prepared, answered, retried while that can help. It publishes and
 * commits nothing; the {@link Ending} says what is to be published. Thread-safe; each record has a thread of its own.
 *
 * @param <A> the answer of the stage's task
 */
final class RequestHandler<A extends Answer> {

    private static final Logger LOGGER = LoggerFactory.getLogger(RequestHandler.class);

    private final String stage;
    private final Adapter<A> adapter;
    private final RequestReader reader;
    private final ImageSources sources;
    private final Duration fetchTimeout;
    private final ByteRoom room;
    private final ImagePreprocessor preprocessor;
    private final Semaphore cpu;
    private final ModelCalls.Shared calls;
    private final ModelGate gate;
    private final RetryPlan retry;
    private final Tracing tracing;
    private final StageMetrics metrics;
    private final Surroundings surroundings;

    /**
     * What tests replace.
     *
     * @param clock  tells the time
     * @param random uniform in 0..1
     * @param sleep  waits, unless interrupted
     */
    record Surroundings(Clock clock, DoubleSupplier random, Sleep sleep) {}

    /** Waits. */
    interface Sleep {
        void sleep(Duration duration) throws InterruptedException;
    }

    /**
     * Everything one stage is made of.
     *
     * @param fetchTimeout longest time for the bytes of one image, where its deadline leaves so much
     * @param room         for the bytes of images that came from elsewhere
     * @param cpu          as many permits as images may be decoded at once
     */
    RequestHandler(
            String stage,
            Adapter<A> adapter,
            RequestReader reader,
            ImageSources sources,
            Duration fetchTimeout,
            ByteRoom room,
            ImagePreprocessor preprocessor,
            Semaphore cpu,
            ModelCalls.Shared calls,
            ModelGate gate,
            RetryPlan retry,
            Tracing tracing,
            StageMetrics metrics,
            Surroundings surroundings) {
        this.stage = stage;
        this.adapter = adapter;
        this.reader = reader;
        this.sources = sources;
        this.fetchTimeout = fetchTimeout;
        this.room = room;
        this.preprocessor = preprocessor;
        this.cpu = cpu;
        this.calls = calls;
        this.gate = gate;
        this.retry = retry;
        this.tracing = tracing;
        this.metrics = metrics;
        this.surroundings = surroundings;
    }

    /** What a record turned out to be. */
    sealed interface Read {

        /** A request for this stage. */
        record Asked(Request request) implements Read {}

        /** Nothing for this stage to answer. */
        record Ended(Ending ending) implements Read {}
    }

    /** Understands a record. */
    Read read(Incoming record, Context trace) {
        if (record.topic().isImages() && RequestReader.isErasure(record.headers(), record.value())) {
            return new Read.Ended(new Ending.Nothing("erasure")); // the joiner's business
        }
        if (record.topic() == adapter.task().retry()) {
            var failure =
                    new Failure("retry.malformed", "a record of a retry topic must say where it came from", false);
            var now = surroundings.clock().instant();
            return new Read.Ended(new Ending.Unreadable(story(record, failure, 1, now, now, null, trace)));
        }
        Request request;
        try {
            request = record.topic() == Topic.QUESTIONS
                    ? reader.question(record.key(), record.value())
                    : reader.image(
                            record.key(),
                            record.headers(),
                            record.value(),
                            record.timestamp(),
                            surroundings.clock().instant());
        } catch (MalformedEventException e) {
            return new Read.Ended(malformed(record, e, trace));
        }
        return request.asksFor(adapter.task())
                ? new Read.Asked(request)
                : new Read.Ended(new Ending.Nothing("skipped"));
    }

    /**
     * Takes a request to its end, however long the model server is away.
     *
     * @throws InterruptedException if the stage stops first; the record then has no end and comes again
     */
    Ending handle(Incoming record, Request request, Context trace) throws InterruptedException {
        return new Work(record, request, trace).run();
    }

    /** A result that no topic takes, because of its size: the stage gives up on the record. */
    Ending tooLarge(Incoming record, StageResult<?> result, Context trace) {
        var failure = new Failure("result.too_large", "the result has more bytes than its topic takes", false);
        var model = result.model();
        var failed = new StageResult<A>(
                result.requestId(),
                result.imageId(),
                result.tenant(),
                result.task(),
                End.FAILED,
                null,
                failure,
                model,
                result.sha256(),
                result.timings(),
                result.attempt(),
                result.completedAt());
        return new Ending.GivenUp(
                failed,
                story(
                        record,
                        failure,
                        result.attempt(),
                        record.earlier() == null
                                ? result.completedAt()
                                : record.earlier().firstTried(),
                        result.completedAt(),
                        model == null ? null : model.name() + "/" + model.version(),
                        trace));
    }

    /** Every service reads the topics of images; so that one bad record makes one dead letter, only the joiner writes it. */
    private Ending malformed(Incoming record, MalformedEventException e, Context trace) {
        LOGGER.atDebug()
                .addKeyValue("topic", record.topicName())
                .addKeyValue("partition", record.partition())
                .addKeyValue("offset", record.offset())
                .log("not an event");
        if (record.topic().isImages()) {
            return new Ending.Nothing("malformed");
        }
        var now = surroundings.clock().instant();
        var failure = new Failure("event.malformed", String.valueOf(e.getMessage()), false);
        return new Ending.Unreadable(story(record, failure, 1, now, now, null, trace));
    }

    private DeadLetter story(
            Incoming record,
            Failure failure,
            int attempts,
            Instant first,
            Instant last,
            @Nullable String model,
            Context trace) {
        var span = io.opentelemetry.api.trace.Span.fromContext(trace).getSpanContext();
        return new DeadLetter(
                failure,
                stage,
                record.topicName(),
                record.partition(),
                record.offset(),
                attempts,
                first,
                last,
                span.isValid() ? span.getTraceId() : null,
                model);
    }

    /** One request on its way; for one thread. */
    private final class Work {

        private final Incoming record;
        private final Request request;
        private final Context trace;
        private final Instant first;
        private Duration fetch = Duration.ZERO;
        private Duration decode = Duration.ZERO;
        private Duration preprocess = Duration.ZERO;
        private Duration infer = Duration.ZERO;
        private @Nullable String sha256;
        private int attempt;
        private int visit = 1;

        Work(Incoming record, Request request, Context trace) {
            this.record = record;
            this.request = request;
            this.trace = trace;
            var earlier = record.earlier();
            this.first = earlier == null ? surroundings.clock().instant() : earlier.firstTried();
            this.attempt = earlier == null ? 1 : earlier.attempts() + 1;
        }

        Ending run() throws InterruptedException {
            var earlier = record.earlier();
            if (earlier != null && !surroundings.clock().instant().isBefore(earlier.until())) {
                attempt = earlier.attempts();
                return giveUp(new Fault.Passing(earlier.failure(), earlier.model()), earlier.lastTried());
            }
            if (earlier == null) {
                retry.budget().firstAttempt();
            }
            while (true) {
                switch (pixels()) {
                    case Seen.Refused(var reason) -> {
                        return new Ending.Result(result(End.REFUSED, null, reason, null));
                    }
                    case Seen.Failed(var fault) -> {
                        var end = afterFailure(fault);
                        if (end.isPresent()) {
                            return end.get();
                        }
                    }
                    case Seen.Ready(var pixels) -> {
                        return ask(pixels);
                    }
                }
            }
        }

        private Ending ask(Pixels pixels) throws InterruptedException {
            for (int failures = 1; ; failures++) {
                gate.awaitOpen();
                switch (attempt(pixels)) {
                    case Outcome.Done<A>(var answer, var model) -> {
                        retry.budget().answered();
                        return new Ending.Result(result(End.DONE, answer, null, model));
                    }
                    case Outcome.Refused<A>(var reason) -> {
                        return new Ending.Result(result(End.REFUSED, null, reason, null));
                    }
                    case Outcome.Failed<A>(Fault.Permanent fault) -> {
                        return giveUp(fault, surroundings.clock().instant());
                    }
                    case Outcome.Failed<A>(Fault.Passing fault) -> {
                        gate.suspect();
                        if (!gate.isOpen()) {
                            // A server that is away says nothing about this record: such an attempt does not count. It
                            // costs no budget either: nobody called meanwhile, and nobody was answered.
                            retry.budget().reopened(gate.awaitOpen());
                            pause(fault, retry.soon().delay(1, random()));
                            continue;
                        }
                        retry.budget().failed();
                        var end = afterFailure(fault);
                        if (end.isPresent()) {
                            return end.get();
                        }
                    }
                    case Outcome.Failed<A>(Fault.Overloaded fault) -> {
                        retry.budget().failed();
                        awaitTurn(fault, failures);
                    }
                }
            }
        }

        /** Waits in its place, so that nothing new is taken meanwhile: without the budget for another call, for as long as it takes. */
        private void awaitTurn(Fault fault, int failures) throws InterruptedException {
            pause(fault, retry.soon().delay(failures, random()));
            while (!retry.budget().mayRetry(RetryBudget.Place.SLOT)) {
                surroundings.sleep().sleep(retry.soon().delay(1, random()));
            }
        }

        /** Empty when it is to be tried again at once; the wait is over then. */
        private Optional<Ending> afterFailure(Fault.Passing fault) throws InterruptedException {
            var now = surroundings.clock().instant();
            return switch (retry.next(attempt, visit, first, request.deadline(), now, random())) {
                case RetryPlan.Next.Again again -> {
                    pause(fault, again.pause());
                    visit++;
                    attempt++;
                    yield Optional.empty();
                }
                case RetryPlan.Next.Later later -> Optional.of(later(fault, now, later.due(), later.until()));
                case RetryPlan.Next.GiveUp _ -> Optional.of(giveUp(fault, now));
            };
        }

        private double random() {
            return surroundings.random().getAsDouble();
        }

        private void pause(Fault fault, Duration wait) throws InterruptedException {
            LOGGER.atDebug()
                    .addKeyValue("item", request.imageId())
                    .addKeyValue("attempt", attempt)
                    .addKeyValue("error", fault.failure().code())
                    .log("an attempt failed, will retry");
            surroundings.sleep().sleep(wait);
        }

        private Ending later(Fault fault, Instant now, Instant due, Instant until) {
            LOGGER.atDebug()
                    .addKeyValue("item", request.imageId())
                    .addKeyValue("attempt", attempt)
                    .addKeyValue("error", fault.failure().code())
                    .log("an attempt failed, will retry later");
            return new Ending.Later(
                    adapter.task(),
                    new Retried(
                            record.topicName(),
                            record.partition(),
                            record.offset(),
                            record.timestamp(),
                            attempt,
                            first,
                            now,
                            due,
                            until,
                            fault.failure(),
                            fault.model()));
        }

        private Ending giveUp(Fault fault, Instant last) {
            LOGGER.atWarn()
                    .addKeyValue("topic", record.topicName())
                    .addKeyValue("partition", record.partition())
                    .addKeyValue("offset", record.offset())
                    .addKeyValue("item", request.imageId())
                    .addKeyValue("attempt", attempt)
                    .addKeyValue("error", fault.failure().code())
                    .log("gave up on a record, it goes to the dead letters");
            return new Ending.GivenUp(
                    result(End.FAILED, null, fault.failure(), null),
                    story(record, fault.failure(), attempt, first, last, fault.model(), trace));
        }

        private Seen pixels() throws InterruptedException {
            try (var held = request.image().uri() == null ? room.nothing() : room.enter()) {
                return pixels(held);
            }
        }

        private Seen pixels(ByteRoom.Held held) throws InterruptedException {
            var started = System.nanoTime();
            var span = tracing.step("fetch", trace);
            Fetched fetched;
            try {
                fetched = sources.fetch(
                        request.image(),
                        request.tenant(),
                        Budget.until(
                                request.deadline(), surroundings.clock().instant(), fetchTimeout, System::nanoTime));
            } finally {
                span.end();
            }
            var took = Duration.ofNanos(System.nanoTime() - started);
            fetch = fetch.plus(took);
            metrics.step("fetch", took);
            metrics.fetched(Way.of(request.image()), fetched, took);
            return switch (fetched) {
                case Fetched.Refused(var code, var message) -> new Seen.Refused(new Failure(code, message, false));
                case Fetched.Failed failed ->
                    new Seen.Failed(new Fault.Passing(new Failure(failed.code(), failed.message(), true), null));
                case Fetched.Bytes(var encoded, var digest) -> {
                    sha256 = digest;
                    held.keep(encoded.length);
                    yield prepare(encoded, digest);
                }
            };
        }

        private Seen prepare(byte[] encoded, String digest) throws InterruptedException {
            cpu.acquire();
            var span = tracing.step("prepare", trace);
            Prepared prepared;
            try {
                prepared = preprocessor.prepare(encoded);
            } finally {
                span.end();
                cpu.release();
            }
            return switch (prepared) {
                case Prepared.Refused(var refusal) ->
                    new Seen.Refused(new Failure(refusal.code(), refusal.message(), false));
                case Prepared.Tensor tensor -> {
                    decode = tensor.facts().decode();
                    preprocess = tensor.facts().preprocess();
                    metrics.step("decode", decode);
                    metrics.step("preprocess", preprocess);
                    yield new Seen.Ready(new Pixels(
                            tensor.rgb(), adapter.manifest().preprocessing().size(), digest));
                }
            };
        }

        /** The topic of backfill decides; of what lies elsewhere the event may say so. */
        private Priority priority() {
            if (record.topic() == Topic.BACKFILL) {
                return Priority.BACKFILL;
            }
            return request instanceof ImageSubmitted image ? image.priority() : Priority.LIVE;
        }

        private Outcome<A> attempt(Pixels pixels) throws InterruptedException {
            var model = calls.within(request, priority(), trace);
            try {
                return adapter.answer(pixels, request.questions(), model);
            } catch (TritonException e) {
                if (Thread.interrupted()) {
                    throw new InterruptedException("stopped while a call was in flight");
                }
                return new Outcome.Failed<>(fault(e));
            } catch (BadOutputException e) {
                return new Outcome.Failed<>(new Fault.Permanent(
                        new Failure("model.bad_output", String.valueOf(e.getMessage()), false), null));
            } catch (RuntimeException e) {
                // A defect of ours must not take the stage down or lose the record; its type names it, its text may
                // not.
                LOGGER.atError().setCause(e).log("a record met a defect");
                return new Outcome.Failed<>(new Fault.Permanent(
                        new Failure(
                                "stage.defect",
                                "the stage has a defect: " + e.getClass().getName(),
                                false),
                        null));
            } finally {
                infer = infer.plus(model.took());
                metrics.step("infer", model.took());
            }
        }

        private StageResult<A> result(
                End end, @Nullable A answer, @Nullable Failure failure, @Nullable ModelRef model) {
            return new StageResult<>(
                    request.id(),
                    request.imageId(),
                    request.tenant(),
                    adapter.task(),
                    end,
                    answer,
                    failure,
                    model,
                    sha256,
                    Timings.of(fetch, decode, preprocess, infer),
                    attempt,
                    surroundings.clock().instant());
        }
    }

    private static Fault fault(TritonException e) {
        var message = String.valueOf(e.getMessage());
        return switch (e.fault()) {
            case PERMANENT -> new Fault.Permanent(new Failure("model.rejected", message, false), e.model());
            case PASSING -> new Fault.Passing(new Failure("model.unavailable", message, true), e.model());
            case OVERLOADED -> new Fault.Overloaded(new Failure("model.overloaded", message, true), e.model());
        };
    }

    private sealed interface Seen {
        record Ready(Pixels pixels) implements Seen {}

        record Refused(Failure reason) implements Seen {}

        record Failed(Fault.Passing fault) implements Seen {}
    }
}
