package io.saccade.sources;

import static org.assertj.core.api.Assertions.assertThat;

import io.saccade.guard.FetchCode;
import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class SourceCodeTest {

    @Test
    void saysNothingThatTheGuardSaysToo() {
        assertThat(Stream.concat(
                        Arrays.stream(SourceCode.values()).map(SourceCode::code),
                        Arrays.stream(FetchCode.values()).map(FetchCode::code)))
                .doesNotHaveDuplicates()
                .allMatch(code -> code.matches("fetch\\.[a-z0-9_]+"));
    }
}
