package io.saccade.stage;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.saccade.sources.Fetched;
import io.saccade.sources.HostStates;
import io.saccade.sources.ImageSources;
import io.saccade.sources.Sharing;
import io.saccade.sources.Way;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.ToDoubleFunction;
import java.util.stream.Stream;

/** The meters of a stage, declared once; {@code docs/reference/metrics.md} lists them with their units. Thread-safe. */
public final class StageMetrics {

    private static final String FETCHED = "ok";
    private static final Duration[] FETCH_TIMES = Stream.of(
                    1, 5, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 30_000)
            .map(Duration::ofMillis)
            .toArray(Duration[]::new);

    private final MeterRegistry registry;
    private final String stage;
    private final Map<String, Counter> counters = new ConcurrentHashMap<>();
    private final Map<String, Timer> timers = new ConcurrentHashMap<>();
    private final AtomicBoolean pausedForModel = new AtomicBoolean();
    private final AtomicBoolean pausedForCapacity = new AtomicBoolean();

    /** Meters of one stage. */
    public StageMetrics(MeterRegistry registry, String stage) {
        this.registry = registry;
        this.stage = stage;
        paused("model", pausedForModel);
        paused("capacity", pausedForCapacity);
    }

    void watch(InFlight inFlight) {
        Gauge.builder("saccade.stage.in.flight.records", inFlight, InFlight::records)
                .description("Records taken and not yet settled")
                .tag("stage", stage)
                .register(registry);
        Gauge.builder("saccade.stage.in.flight.backfill", inFlight, InFlight::backfill)
                .description("Records of the topic of backfill taken and not yet settled")
                .tag("stage", stage)
                .register(registry);
        Gauge.builder("saccade.stage.in.flight.bytes", inFlight, InFlight::bytes)
                .description("Bytes of the records taken and not yet settled")
                .tag("stage", stage)
                .register(registry);
    }

    void watch(Admission admission) {
        Gauge.builder("saccade.triton.in.flight", admission, Admission::inFlight)
                .description("Calls of the model server in flight")
                .tag("stage", stage)
                .register(registry);
        Gauge.builder("saccade.triton.limit", admission, Admission::limit)
                .description("Calls of the model server that may be in flight at once")
                .tag("stage", stage)
                .register(registry);
    }

    void watch(Answered answered) {
        Gauge.builder("saccade.stage.remembered", answered, Answered::size)
                .description("Answered requests that are remembered, so that they are not computed again")
                .tag("stage", stage)
                .register(registry);
    }

    /** What is on has its series from the start: a counter that appears with its first failure shows none. */
    void watch(ImageSources images) {
        images.ways().forEach(way -> {
            fetches(way, FETCHED);
            fetchTime(way);
            fetchedBytes(way);
        });
        hosts(images, "web", Way.HTTPS, Way.HTTP);
        hosts(images, "s3", Way.S3);
        sharing(images, "hit", Sharing::hits);
        sharing(images, "waited", Sharing::waited);
        sharing(images, "together", Sharing::together);
        sharing(images, "miss", Sharing::misses);
    }

    private void hosts(ImageSources images, String hosts, Way... ways) {
        var one =
                Arrays.stream(ways).filter(images.ways()::contains).findFirst().orElse(ways[0]);
        hosts(images, hosts, "failing", one, HostStates::failing);
        hosts(images, hosts, "resting", one, HostStates::resting);
        hosts(images, hosts, "probing", one, HostStates::probing);
    }

    private void hosts(ImageSources images, String hosts, String state, Way way, ToDoubleFunction<HostStates> count) {
        Gauge.builder("saccade.fetch.hosts", images, sources -> count.applyAsDouble(sources.hosts(way)))
                .description("Hosts or buckets in trouble; those that are well are not counted")
                .tag("stage", stage)
                .tag("hosts", hosts)
                .tag("state", state)
                .register(registry);
    }

    private void sharing(ImageSources images, String result, ToDoubleFunction<Sharing> count) {
        FunctionCounter.builder("saccade.fetch.cache", images, sources -> count.applyAsDouble(sources.sharing()))
                .description("Images on other machines by what came of looking for a fetch to share")
                .tag("stage", stage)
                .tag("result", result)
                .register(registry);
    }

    /** One fetch as a record asked for it, whatever was repeated or shared behind it. */
    void fetched(Way way, Fetched fetched, Duration took) {
        var outcome =
                switch (fetched) {
                    case Fetched.Bytes _ -> FETCHED;
                    case Fetched.Refused refused -> refused.code();
                    case Fetched.Failed failed -> failed.code();
                };
        fetches(way, outcome).increment();
        fetchTime(way).record(took);
        if (fetched instanceof Fetched.Bytes bytes) {
            fetchedBytes(way).increment(bytes.encoded().length);
        }
    }

    private Counter fetches(Way way, String outcome) {
        return counters.computeIfAbsent("fetch." + way + outcome, _ -> Counter.builder("saccade.fetches")
                .description("Fetches of images by way and outcome")
                .tag("stage", stage)
                .tag("way", way.word())
                .tag("outcome", outcome)
                .register(registry));
    }

    private Counter fetchedBytes(Way way) {
        return counters.computeIfAbsent("fetch-bytes." + way, _ -> Counter.builder("saccade.fetch.bytes")
                .description("Bytes of images that were fetched")
                .tag("stage", stage)
                .tag("way", way.word())
                .register(registry));
    }

    private Timer fetchTime(Way way) {
        return timers.computeIfAbsent("fetch." + way, _ -> Timer.builder("saccade.fetch")
                .description("Time of one fetch, waiting, a repetition and the cache included")
                .tag("stage", stage)
                .tag("way", way.word())
                // A few buckets, because there are as many again for each way.
                .serviceLevelObjectives(FETCH_TIMES)
                .register(registry));
    }

    void ended(Ending ending, Instant submitted, Instant now) {
        counters.computeIfAbsent("records." + ending.outcome(), _ -> Counter.builder("saccade.stage.records")
                        .description("Records by the way they ended")
                        .tag("stage", stage)
                        .tag("outcome", ending.outcome())
                        .register(registry))
                .increment();
        if (ending instanceof Ending.Result) {
            timers.computeIfAbsent("end-to-end", _ -> Timer.builder("saccade.stage.end.to.end")
                            .description("From the record's timestamp to its acknowledged result")
                            .tag("stage", stage)
                            .publishPercentileHistogram()
                            .minimumExpectedValue(Duration.ofMillis(1))
                            .maximumExpectedValue(Duration.ofMinutes(1))
                            .register(registry))
                    .record(Duration.between(submitted, now));
        }
        var story =
                switch (ending) {
                    case Ending.GivenUp given -> given.story();
                    case Ending.Unreadable unreadable -> unreadable.story();
                    default -> null;
                };
        if (story != null) {
            counters.computeIfAbsent("dead." + story.failure().code(), _ -> Counter.builder("saccade.dead.letters")
                            .description("Dead letters by reason")
                            .tag("stage", stage)
                            .tag("reason", story.failure().code())
                            .register(registry))
                    .increment();
        }
    }

    void step(String step, Duration took) {
        timers.computeIfAbsent("step." + step, _ -> Timer.builder("saccade.stage.step")
                        .description("Time of one step of one record")
                        .tag("stage", stage)
                        .tag("step", step)
                        .publishPercentileHistogram()
                        .minimumExpectedValue(Duration.ofNanos(100_000))
                        .maximumExpectedValue(Duration.ofSeconds(30))
                        .register(registry))
                .record(took);
    }

    void call(String model, String outcome, Duration took) {
        counters.computeIfAbsent("call." + model + outcome, _ -> Counter.builder("saccade.triton.calls")
                        .description("Calls of the model server by outcome")
                        .tag("model", model)
                        .tag("outcome", outcome)
                        .register(registry))
                .increment();
        timers.computeIfAbsent("call." + model, _ -> Timer.builder("saccade.triton.call")
                        .description("Time of one call of the model server, its queue included")
                        .tag("model", model)
                        .publishPercentileHistogram()
                        .minimumExpectedValue(Duration.ofNanos(100_000))
                        .maximumExpectedValue(Duration.ofSeconds(30))
                        .register(registry))
                .record(took);
    }

    void paused(boolean forModel, boolean forCapacity) {
        pausedForModel.set(forModel);
        pausedForCapacity.set(forCapacity);
    }

    private void paused(String reason, AtomicBoolean state) {
        Gauge.builder("saccade.stage.paused", state, s -> s.get() ? 1 : 0)
                .description("1 while consumption is paused for this reason")
                .tag("stage", stage)
                .tag("reason", reason)
                .register(registry);
    }
}
