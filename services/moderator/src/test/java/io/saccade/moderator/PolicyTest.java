package io.saccade.moderator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.saccade.contract.event.Moderation;
import io.saccade.contract.event.Moderation.Verdict;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PolicyTest {

    private static final List<String> LABELS = List.of("ban-sign", "bolt");
    private static final Policy POLICY =
            new Policy("rules/3", Map.of("ban-sign", new Policy.Cuts(0.2, 0.6), "bolt", new Policy.Cuts(0.5, 0.9)));

    @TempDir
    Path folder;

    @Test
    void decidesByTheStrictestCategory() {
        assertThat(POLICY.decide(LABELS, new double[] {0.1, 0.1}).verdict()).isEqualTo(Verdict.ALLOW);
        assertThat(POLICY.decide(LABELS, new double[] {0.2, 0.1}).verdict()).isEqualTo(Verdict.REVIEW);
        assertThat(POLICY.decide(LABELS, new double[] {0.3, 0.9}).verdict()).isEqualTo(Verdict.BLOCK);
    }

    @Test
    void saysOfEachCategoryWhatItCallsForAndWhichPolicyDecided() {
        // When
        var decision = POLICY.decide(LABELS, new double[] {0.59, 0.9});

        // Then
        assertThat(decision.policy()).isEqualTo("rules/3");
        assertThat(decision.categories())
                .containsExactly(
                        new Moderation.Category("ban-sign", 0.59, Verdict.REVIEW),
                        new Moderation.Category("bolt", 0.9, Verdict.BLOCK));
    }

    @Test
    void takesTheModelsThresholdsWithoutAFile() {
        // When
        var policy = Policy.ofModel("moderation", LABELS, new double[] {0.5, 0.8});

        // Then
        assertThat(policy.decide(LABELS, new double[] {0.25, 0.39}).categories())
                .extracting(Moderation.Category::verdict)
                .containsExactly(Verdict.REVIEW, Verdict.ALLOW);
    }

    @Test
    void readsThePolicyThatIsShipped() {
        // Given
        var shipped = Path.of(System.getProperty("saccade.root"), "deploy", "moderation-policy.yaml");

        // When
        var policy = Policy.read(shipped, List.of("ban-sign", "bolt", "crossbones"));

        // Then
        assertThat(policy.name()).isEqualTo("sample-policy/1");
    }

    @Test
    void saysWhatIsWrongWithAFile() throws IOException {
        assertThatThrownBy(() -> read(
                        "name: a/1\ncategories: {ban-sign: {review: 0.9, block: 0.1}, bolt: {review: 0, block: 1}}"))
                .hasMessageContaining("policy.yaml")
                .hasMessageContaining("review <= block");
        assertThatThrownBy(() -> read("name: a/1\ncategories: {ban-sign: {review: 0.1, block: 0.9}}"))
                .hasMessageContaining("[ban-sign, bolt]")
                .hasMessageContaining("it has them for [ban-sign]");
        assertThatThrownBy(
                        () -> read("name: a/1\ncategories: {ban-sign: {review: 0.1}, bolt: {review: 0.1, block: 1}}"))
                .hasMessageContaining("block");
        assertThatThrownBy(() -> read("name: a b\ncategories: {}")).hasMessageContaining("'name'");
        assertThatThrownBy(() -> read("categories: {}")).hasMessageContaining("name");
        assertThatThrownBy(() -> read("name: a/1\nlimits: {}\ncategories: {bolt: {review: 0.1, block: 1}}"))
                .hasMessageContaining("limits");
        assertThatThrownBy(() -> Policy.read(folder.resolve("nowhere.yaml"), LABELS))
                .hasMessageContaining("nowhere.yaml");
    }

    private Policy read(String yaml) throws IOException {
        return Policy.read(Files.writeString(folder.resolve("policy.yaml"), yaml), LABELS);
    }
}
