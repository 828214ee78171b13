package io.saccade.guard;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import org.junit.jupiter.api.Test;

class FetchCodeTest {

    @Test
    void codesAreDottedWordsThatNoTwoShare() {
        assertThat(Arrays.stream(FetchCode.values()).map(FetchCode::code))
                .doesNotHaveDuplicates()
                .allMatch(code -> code.matches("fetch\\.[a-z_]+"));
    }

    @Test
    void sentencesAreFragmentsForACatalogue() {
        assertThat(Arrays.stream(FetchCode.values()).map(FetchCode::sentence))
                .doesNotHaveDuplicates()
                .allMatch(sentence -> !sentence.isBlank() && !sentence.endsWith("."));
    }
}
