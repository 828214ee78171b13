package io.saccade.intake;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;

/** The meters of the intake, declared once; {@code docs/reference/metrics.md} lists them. Thread-safe. */
final class IntakeMetrics {

    private final Counter submitted;
    private final Counter ignored;
    private final Counter malformed;

    IntakeMetrics(MeterRegistry registry) {
        submitted = counter(registry, "submitted");
        ignored = counter(registry, "ignored");
        malformed = counter(registry, "malformed");
    }

    private static Counter counter(MeterRegistry registry, String outcome) {
        return Counter.builder("saccade.intake.objects")
                .description("Objects that notifications told of, by what became of them")
                .tag("outcome", outcome)
                .register(registry);
    }

    void read(BucketEvents.Meaning meaning) {
        submitted.increment(meaning.images().size());
        ignored.increment(meaning.ignored());
    }

    void malformed() {
        malformed.increment();
    }
}
