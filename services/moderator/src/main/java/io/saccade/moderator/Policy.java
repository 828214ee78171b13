package io.saccade.moderator;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import io.saccade.contract.event.Moderation;
import io.saccade.contract.event.Moderation.Category;
import io.saccade.contract.event.Moderation.Verdict;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * From scores to a verdict. Two cuts a category: below {@code review} nothing is said against the image, from
 * {@code block} on it is forbidden, between them a person looks. The strictest category decides.
 *
 * @param name       names policy and version in every decision, for example {@code house-rules/3}
 * @param categories by the model's label
 */
record Policy(String name, Map<String, Cuts> categories) {

    @SuppressWarnings("ConstantValue") // YAML leaves components null, whatever the types promise
    Policy {
        if (name == null || !name.matches("[\\x21-\\x7e]{1,200}")) {
            throw new IllegalArgumentException(
                    "'name' must be 1 to 200 printable characters without spaces, such as rules/1");
        }
        if (categories == null || categories.isEmpty()) {
            throw new IllegalArgumentException("'categories' must name at least one category of the model");
        }
        categories = Map.copyOf(categories);
    }

    /**
     * The two scores at which something happens.
     *
     * @param review lowest score that calls for a person, 0..1
     * @param block  lowest score that forbids, not below {@code review}
     */
    record Cuts(double review, double block) {

        Cuts {
            if (!(review >= 0 && review <= block && block <= 1)) {
                throw new IllegalArgumentException(
                        "cuts must satisfy 0 <= review <= block <= 1, got review " + review + " and block " + block);
            }
        }

        Verdict verdict(double score) {
            return score >= block ? Verdict.BLOCK : score >= review ? Verdict.REVIEW : Verdict.ALLOW;
        }
    }

    /** What the model's own thresholds call for. */
    static Policy ofModel(String model, List<String> labels, double[] thresholds) {
        var cuts = new LinkedHashMap<String, Cuts>();
        for (int i = 0; i < labels.size(); i++) {
            cuts.put(labels.get(i), new Cuts(thresholds[i] / 2, thresholds[i]));
        }
        return new Policy(model + "-thresholds/1", cuts);
    }

    /**
     * Reads a policy file.
     *
     * @param labels of the model; every one needs cuts, and no other has any
     * @throws IllegalArgumentException if it is missing, no policy, or for another model; the message names it
     */
    static Policy read(Path file, List<String> labels) {
        Policy policy;
        try {
            policy = YAMLMapper.builder()
                    .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
                    .enable(DeserializationFeature.FAIL_ON_MISSING_CREATOR_PROPERTIES)
                    .build()
                    .readValue(Files.readAllBytes(file), Policy.class);
        } catch (JacksonException e) {
            throw new IllegalArgumentException("policy file " + file + ": " + e.getOriginalMessage(), e);
        } catch (IOException e) {
            throw new IllegalArgumentException("policy file " + file + " cannot be read: " + e, e);
        }
        if (!policy.categories.keySet().equals(java.util.Set.copyOf(labels))) {
            throw new IllegalArgumentException(
                    "policy file " + file + " must have cuts for exactly the model's categories "
                            + labels + ", it has them for "
                            + policy.categories.keySet().stream().sorted().toList());
        }
        return policy;
    }

    /** Decides. Labels and scores in the model's order. */
    Moderation decide(List<String> labels, double[] scores) {
        var decided = new ArrayList<Category>();
        for (int i = 0; i < labels.size(); i++) {
            var label = labels.get(i);
            decided.add(new Category(label, scores[i], cuts(label).verdict(scores[i])));
        }
        var verdict = decided.stream()
                .map(Category::verdict)
                .max(Comparator.naturalOrder())
                .orElse(Verdict.ALLOW);
        return new Moderation(verdict, decided, name);
    }

    private Cuts cuts(String label) {
        @Nullable Cuts cuts = categories.get(label);
        if (cuts == null) {
            throw new IllegalArgumentException("policy '" + name + "' has no cuts for '" + label + "'");
        }
        return cuts;
    }
}
