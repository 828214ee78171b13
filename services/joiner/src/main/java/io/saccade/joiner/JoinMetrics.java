package io.saccade.joiner;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.saccade.contract.event.ImageEnriched;
import java.time.Duration;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/** The meters of the join, declared once; {@code docs/reference/metrics.md} lists them with their units. Thread-safe. */
final class JoinMetrics {

    /** A sender whose clock is more wrong than this tells nothing about the time we took, and would overflow it. */
    private static final Duration PLAUSIBLE = Duration.ofDays(365);

    private final MeterRegistry registry;
    private final Timer latency;
    private final Counter late;
    private final Counter foreign;
    private final Counter erased;
    private final Counter restored;
    private final Counter copied;
    private final Set<AtomicLong> open = ConcurrentHashMap.newKeySet();

    JoinMetrics(MeterRegistry registry) {
        this.registry = registry;
        latency = Timer.builder("saccade.join.latency")
                .description("From submission to the first joined answer")
                .publishPercentileHistogram()
                .minimumExpectedValue(Duration.ofMillis(1))
                .maximumExpectedValue(Duration.ofMinutes(2))
                .register(registry);
        Gauge.builder("saccade.join.open.images", open, counts -> counts.stream()
                        .mapToLong(AtomicLong::get)
                        .sum())
                .description("Images submitted and not yet answered")
                .register(registry);
        late = Counter.builder("saccade.join.late.parts")
                .description("Parts that came after the answer and made a further revision")
                .register(registry);
        foreign = Counter.builder("saccade.join.foreign.parts")
                .description("Results of other bytes than the image under their id: no part of its answer")
                .register(registry);
        erased = Counter.builder("saccade.join.erased.images")
                .description("Records that asked for an erasure; a sender may write one into each partition")
                .register(registry);
        restored = Counter.builder("saccade.join.restored.records")
                .description("Records read from the changelogs before parts could be joined")
                .register(registry);
        copied = Counter.builder("saccade.join.standby.records")
                .description("Records read from the changelogs to keep copies of other replicas' state")
                .register(registry);
    }

    /** Makes a count of open images part of the gauge until it is dropped; one for each partition. */
    void keep(AtomicLong count) {
        open.add(count);
    }

    void drop(AtomicLong count) {
        open.remove(count);
    }

    void emitted(ImageEnriched enriched) {
        var status = enriched.status().name().toLowerCase(Locale.ROOT);
        Counter.builder("saccade.join.emitted")
                .description("Joined answers by status")
                .tag("status", status)
                .register(registry)
                .increment();
        if (enriched.revision() == 1) {
            var took = Duration.between(enriched.submittedAt(), enriched.completedAt());
            if (took.compareTo(PLAUSIBLE) < 0 && !took.isNegative()) {
                latency.record(took);
            }
        }
    }

    void late() {
        late.increment();
    }

    void foreign() {
        foreign.increment();
    }

    void erased() {
        erased.increment();
    }

    /** Some records of this replica's own state were read back. */
    void restored(long records) {
        restored.increment(records);
    }

    /** Some records of another replica's state were copied. */
    void copied(long records) {
        copied.increment(records);
    }

    void deadLetter(String reason) {
        Counter.builder("saccade.dead.letters")
                .description("Dead letters by reason")
                .tag("stage", "joiner")
                .tag("reason", reason)
                .register(registry)
                .increment();
    }
}
