package io.saccade.cli.demo;

import static org.assertj.core.api.Assertions.assertThat;

import io.saccade.cli.Samples;
import io.saccade.contract.event.ImageEnriched;
import io.saccade.contract.event.Moderation;
import java.util.List;
import org.junit.jupiter.api.Test;

class ComparisonTest {

    private static final DemoPicture CAT = new DemoPicture(
            "cat.png",
            null,
            List.of("what is it?"),
            new DemoPicture.Expect("a cat", List.of("a cat"), Moderation.Verdict.ALLOW, ImageEnriched.Status.COMPLETE));

    @Test
    void findsNothingWhenEverythingIsAsDrawn() {
        assertThat(Comparison.differences(CAT, Samples.complete("cat-1", " a  cat", "a cat")))
                .isEmpty();
    }

    @Test
    void namesEachDifference() {
        assertThat(Comparison.differences(CAT, Samples.complete("cat-1", "a dog", "a dog")))
                .containsExactly(
                        "caption: drawn 'a cat', answered 'a dog'", "what is it?: drawn 'a cat', answered 'a dog'");
    }

    @Test
    void countsAMissingPartAsADifference() {
        assertThat(Comparison.differences(CAT, Samples.refused("cat-1", "broken")))
                .contains(
                        "status: drawn 'COMPLETE', answered 'REFUSED'",
                        "verdict: drawn 'ALLOW', answered 'none'",
                        "what is it?: drawn 'a cat', answered 'none'");
    }

    @Test
    void countsAMissingAnswerAsADifference() {
        assertThat(Comparison.differences(CAT, null)).containsExactly("no joined answer came");
    }
}
