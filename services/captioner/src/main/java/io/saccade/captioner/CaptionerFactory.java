package io.saccade.captioner;

import io.saccade.contract.event.Caption;
import io.saccade.contract.topic.Topic;
import io.saccade.stage.Adapter;
import io.saccade.stage.AdapterFactory;
import io.saccade.stage.Manifest;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.Set;

/** Makes the captioner from its model and the tokenizer beside it. */
@ApplicationScoped
class CaptionerFactory implements AdapterFactory<Caption> {

    @Override
    public String stage() {
        return "captioner";
    }

    @Override
    public String model() {
        return "caption";
    }

    @Override
    public Set<Topic> topics() {
        return Set.of(Topic.IMAGES);
    }

    @Override
    public Adapter<Caption> create(Surroundings surroundings) {
        return new ImageCaptioner(
                Manifest.of(surroundings.model()), Manifest.tokenizer(surroundings.model(), surroundings.folder()));
    }
}
