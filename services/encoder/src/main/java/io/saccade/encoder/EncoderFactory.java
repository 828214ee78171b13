package io.saccade.encoder;

import io.saccade.contract.event.Embedding;
import io.saccade.contract.event.Vector;
import io.saccade.contract.topic.Topic;
import io.saccade.stage.Adapter;
import io.saccade.stage.AdapterFactory;
import io.saccade.stage.Manifest;
import io.saccade.triton.DataType;
import io.saccade.triton.InferRequest;
import io.saccade.triton.ModelContract;
import io.saccade.triton.Shape;
import io.saccade.triton.Tensor;
import jakarta.enterprise.context.ApplicationScoped;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Makes the encoder: reads the label file and embeds its prompts once, with the text model of the same space. */
@ApplicationScoped
class EncoderFactory implements AdapterFactory<Embedding> {

    private final EncoderConfig config;

    EncoderFactory(EncoderConfig config) {
        this.config = config;
    }

    @Override
    public String stage() {
        return "encoder";
    }

    @Override
    public String model() {
        return "image-embedding";
    }

    @Override
    public Set<Topic> topics() {
        return Set.of(Topic.IMAGES);
    }

    @Override
    public Adapter<Embedding> create(Surroundings surroundings) {
        return new ImageEncoder(Manifest.of(surroundings.model()), labels(surroundings), config.topLabels());
    }

    private Optional<ZeroShotLabels> labels(Surroundings surroundings) {
        if (config.topLabels() == 0) {
            return Optional.empty();
        }
        var file = config.labels().orElse(surroundings.folder().resolve("labels.json"));
        if (config.labels().isEmpty() && !Files.exists(file)) {
            return Optional.empty();
        }
        var labels = LabelFile.read(file);
        var text = ModelContract.of()
                .input("input_ids", DataType.INT64, Shape.VARIABLE)
                .output("embedding", DataType.FP32, Shape.VARIABLE)
                .parameter("embedding.space")
                .require(surroundings.client().describe(config.textModel()));
        var space = surroundings.model().requireParameter("embedding.space");
        if (!space.equals(text.requireParameter("embedding.space"))) {
            throw new IllegalArgumentException(
                    "labels need a text model of the image model's space '" + space + "', but '"
                            + text.name() + "' has '" + text.requireParameter("embedding.space")
                            + "'; set saccade.encoder.text-model");
        }
        var scale = Double.parseDouble(surroundings.model().requireParameter("embedding.scale"));
        var classes = new ArrayList<Vector>();
        try (var tokenizer = Manifest.tokenizer(text, surroundings.models().resolve(text.name()))) {
            for (var label : labels.labels()) {
                var ids = labels.prompts(label).stream().map(tokenizer::encode).toList();
                classes.add(ZeroShotLabels.classOf(embed(surroundings, ids, Math.max(1, text.maxBatchSize()))));
            }
        }
        return Optional.of(new ZeroShotLabels(labels.labels(), classes, scale));
    }

    private List<Vector> embed(Surroundings surroundings, List<long[]> ids, int batch) {
        var vectors = new ArrayList<Vector>();
        for (int from = 0; from < ids.size(); from += batch) {
            var rows = ids.subList(from, Math.min(ids.size(), from + batch));
            var flat = rows.stream().flatMapToLong(Arrays::stream).toArray();
            var result = surroundings
                    .client()
                    .inferBlocking(InferRequest.to(config.textModel())
                            .input(Tensor.int64("input_ids", Shape.of(rows.size(), rows.getFirst().length), flat))
                            .build());
            var output = result.output("embedding", DataType.FP32, Shape.of(rows.size(), Shape.VARIABLE));
            var values = output.asFloats();
            int length = values.length / rows.size();
            for (int row = 0; row < rows.size(); row++) {
                vectors.add(Vector.of(Arrays.copyOfRange(values, row * length, (row + 1) * length)));
            }
        }
        return vectors;
    }
}
