package io.saccade.vqa;

import io.saccade.contract.event.Answers;
import io.saccade.contract.topic.Topic;
import io.saccade.stage.Adapter;
import io.saccade.stage.AdapterFactory;
import io.saccade.stage.Manifest;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.Set;

/** Makes the question answering from its model and the tokenizer beside it. */
@ApplicationScoped
class VqaFactory implements AdapterFactory<Answers> {

    @Override
    public String stage() {
        return "vqa";
    }

    @Override
    public String model() {
        return "vqa";
    }

    @Override
    public Set<Topic> topics() {
        return Set.of(Topic.IMAGES, Topic.QUESTIONS);
    }

    @Override
    public Adapter<Answers> create(Surroundings surroundings) {
        return new QuestionAnswerer(
                Manifest.of(surroundings.model(), "input_ids"),
                Manifest.tokenizer(surroundings.model(), surroundings.folder()));
    }
}
