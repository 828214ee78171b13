package io.saccade.cli.kafka;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class SubmitterTest {

    @Test
    void startsASampledTraceForEachImage() {
        // When
        var traces = Stream.generate(Submitter::traceparent).limit(1_000).toList();

        // Then
        assertThat(traces).doesNotHaveDuplicates().allMatch(trace -> trace.matches("00-[0-9a-f]{32}-[0-9a-f]{16}-01"));
    }
}
