package io.saccade.faults.bugs;

import static org.assertj.core.api.Assertions.assertThat;

import io.saccade.faults.check.Invariant;
import io.saccade.faults.check.Violation;
import org.junit.jupiter.api.Test;

class BugTest {

    @Test
    void thereAreAtLeastTwelve() {
        assertThat(Bug.values()).hasSizeGreaterThanOrEqualTo(12);
    }

    @Test
    void isShownByAViolationThatSaysWhatItDoesAndByNoOther() {
        // Given
        var shown = new Violation(Invariant.I3, "image-1", "caption must be 'a circle', is 'a square'");
        var otherWords = new Violation(Invariant.I3, "image-1", "tenant must be 'acme', is 'globex'");
        var otherInvariant = new Violation(Invariant.I1, "image-1", "caption must be there");

        // Then
        assertThat(Bug.SWAP_ANSWERS.isShownBy(shown)).isTrue();
        assertThat(Bug.SWAP_ANSWERS.isShownBy(otherWords)).isFalse();
        assertThat(Bug.SWAP_ANSWERS.isShownBy(otherInvariant)).isFalse();
    }
}
