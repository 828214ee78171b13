package io.saccade.moderator;

import io.saccade.contract.event.Moderation;
import io.saccade.contract.topic.Topic;
import io.saccade.stage.Adapter;
import io.saccade.stage.AdapterFactory;
import io.saccade.stage.Manifest;
import io.saccade.triton.ModelInfo;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.Arrays;
import java.util.List;
import java.util.Set;

/** Makes the moderator from its model and the policy. */
@ApplicationScoped
class ModeratorFactory implements AdapterFactory<Moderation> {

    private final ModeratorConfig config;

    ModeratorFactory(ModeratorConfig config) {
        this.config = config;
    }

    @Override
    public String stage() {
        return "moderator";
    }

    @Override
    public String model() {
        return "moderation";
    }

    @Override
    public Set<Topic> topics() {
        return Set.of(Topic.IMAGES);
    }

    @Override
    public Adapter<Moderation> create(Surroundings surroundings) {
        var model = surroundings.model();
        var labels = List.of(model.requireParameter("labels").split(","));
        var policy = config.policy()
                .map(file -> Policy.read(file, labels))
                .orElseGet(() -> Policy.ofModel(model.name(), labels, thresholds(model, labels)));
        return new ImageModerator(Manifest.of(model), labels, policy);
    }

    private static double[] thresholds(ModelInfo model, List<String> labels) {
        var text = model.requireParameter("thresholds");
        try {
            var thresholds = Arrays.stream(text.split(","))
                    .mapToDouble(Double::parseDouble)
                    .toArray();
            if (thresholds.length == labels.size()) {
                return thresholds;
            }
        } catch (NumberFormatException e) {
            // Falls through to the one sentence for both.
        }
        throw new IllegalArgumentException("model '" + model.name()
                + "': parameter 'thresholds' must hold a number in 0..1 for each of the labels " + labels + ", got '"
                + text + "'");
    }
}
