package io.saccade.joiner;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;

/** Settings of a join whose state is in memory. */
final class MemoryJoin implements JoinConfig.Join {

    @Override
    public Duration deadline() {
        return Duration.ofSeconds(30);
    }

    @Override
    public Map<String, Duration> deadlines() {
        return Map.of("patient", Duration.ofHours(1));
    }

    @Override
    public Duration backfillDeadline() {
        return Duration.ofDays(7);
    }

    @Override
    public Duration grace() {
        return Duration.ofSeconds(2);
    }

    @Override
    public Duration retention() {
        return Duration.ofMinutes(10);
    }

    @Override
    public Duration tick() {
        return Duration.ofMillis(100);
    }

    @Override
    public Path stateDirectory() {
        return Path.of("unused");
    }

    @Override
    public JoinConfig.Store store() {
        return JoinConfig.Store.MEMORY;
    }

    @Override
    public long memory() {
        return 1 << 20;
    }

    @Override
    public int threads() {
        return 1;
    }

    @Override
    public int standbys() {
        return 0;
    }
}
