package io.saccade.helm;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.marcnuri.helm.Helm;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** The chart, rendered with some values. */
record Chart(List<JsonNode> documents) {

    static final Path FOLDER = Yaml.ROOT.resolve("helm").resolve("saccade");
    static final List<String> SERVICES = List.of("encoder", "captioner", "vqa", "moderator", "joiner");

    /** What runs where it is asked for. */
    static final String INTAKE = "intake";

    /** The least that must be said. */
    static final Map<String, Object> LEAST = Map.of(
            "kafka.bootstrapServers", "kafka:9092",
            "triton.endpoints", "triton:8001",
            "models.existingClaim", "models");

    private static final ObjectMapper MAPPER = new ObjectMapper();

    static Chart render(Map<String, ?> values) {
        return render(values, "1.35.0");
    }

    /**
     * Renders the chart as for a cluster.
     *
     * @param values by their dotted names
     */
    static Chart render(Map<String, ?> values, String kubernetes) {
        try {
            var file = Files.createTempFile("values", ".yaml");
            try {
                // JSON is YAML. A file, because `set` of the library escapes commas twice.
                MAPPER.writeValue(file.toFile(), nested(values));
                return new Chart(Yaml.documents(new Helm(FOLDER)
                        .template()
                        .withName("test")
                        .withNamespace("vision")
                        .withKubeVersion(kubernetes)
                        .withValuesFile(file)
                        .call()));
            } finally {
                Files.delete(file);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static ObjectNode nested(Map<String, ?> values) {
        var root = MAPPER.createObjectNode();
        values.forEach((name, value) -> {
            var node = root;
            var names = name.split("\\.");
            for (int i = 0; i < names.length - 1; i++) {
                node = node.withObjectProperty(names[i]);
            }
            node.set(names[names.length - 1], MAPPER.valueToTree(value));
        });
        return root;
    }

    Stream<JsonNode> all(String kind) {
        return documents.stream()
                .filter(document -> document.path("kind").asText().equals(kind));
    }

    JsonNode one(String kind, String name) {
        return all(kind)
                .filter(document -> document.at("/metadata/name").asText().equals(name))
                .findFirst()
                .orElseThrow(() -> new AssertionError("no " + kind + " " + name + " was rendered"));
    }

    JsonNode container(String service) {
        return one("Deployment", "test-saccade-" + service).at("/spec/template/spec/containers/0");
    }

    JsonNode environment(String service) {
        return one("ConfigMap", "test-saccade-" + service).path("data");
    }
}
