package io.saccade.cli;

import java.time.Clock;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;
import picocli.CommandLine.ITypeConverter;

/** Reads a time, {@code 2026-11-21T12:00:00Z} or with an offset, or how long ago it was, {@code 2h}. */
final class MomentConverter implements ITypeConverter<Instant> {

    private final Clock clock;

    MomentConverter() {
        this(Clock.systemUTC());
    }

    MomentConverter(Clock clock) {
        this.clock = clock;
    }

    @Override
    public Instant convert(String value) {
        if (value.matches("[0-9]+(ms|s|m|h)")) {
            return clock.instant().minus(new DurationConverter().convert(value));
        }
        try {
            return OffsetDateTime.parse(value).toInstant();
        } catch (DateTimeException e) {
            throw new IllegalArgumentException(
                    "a time must look like 2026-11-21T12:00:00Z, or 2h for two hours ago, got '" + value + "'", e);
        }
    }
}
