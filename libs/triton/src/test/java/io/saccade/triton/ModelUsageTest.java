package io.saccade.triton;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.saccade.triton.ModelUsage.Timing;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class ModelUsageTest {

    private static ModelUsage usage(String version, long items, long executions, Map<Long, Timing> runs) {
        Timing timing = new Timing(executions, Duration.ofMillis(10 * items));
        Timing none = new Timing(0, Duration.ZERO);
        return new ModelUsage(
                "m",
                version,
                Instant.EPOCH,
                items,
                executions,
                timing,
                none,
                timing,
                timing,
                timing,
                timing,
                new TreeMap<>(runs));
    }

    private static Timing runs(long count) {
        return new Timing(count, Duration.ofMillis(count));
    }

    @Test
    void tellsWhatWasDoneBetweenTwoReadings() {
        // Given
        var earlier = usage("1", 10, 10, Map.of(1L, runs(10)));
        var later = usage("1", 50, 20, Map.of(1L, runs(10), 4L, runs(10)));

        // When
        var between = later.since(earlier);

        // Then
        assertThat(between.averageBatch()).isEqualTo(4.0);
        assertThat(between.queue().average()).isEqualTo(Duration.ofMillis(40));
        assertThat(between.failure().average()).isZero();
        assertThat(between.runsByBatch()).isEqualTo(Map.of(4L, runs(10)));
    }

    @Test
    void beginsAnewWhenTheModelWasLoadedAgain() {
        var later = usage("1", 3, 3, Map.of());
        assertThat(later.since(usage("1", 10, 10, Map.of()))).isSameAs(later);
    }

    @Test
    void comparesOnlyReadingsOfOneModel() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> usage("1", 3, 3, Map.of()).since(usage("2", 1, 1, Map.of())))
                .withMessageContaining("version 2");
    }

    @Test
    void twoListenersHearTheSame() {
        // Given
        List<String> heard = new ArrayList<>();
        var both = listener("a", heard).and(listener("b", heard));

        // When
        both.started("m");
        both.finished("m", Duration.ZERO, Fault.PASSING);

        // Then
        assertThat(heard).containsExactly("a m", "b m", "a m PASSING", "b m PASSING");
    }

    private static InferListener listener(String name, List<String> heard) {
        return new InferListener() {
            @Override
            public void started(String model) {
                heard.add(name + " " + model);
            }

            @Override
            public void finished(String model, Duration took, @Nullable Fault fault) {
                heard.add(name + " " + model + " " + fault);
            }
        };
    }
}
