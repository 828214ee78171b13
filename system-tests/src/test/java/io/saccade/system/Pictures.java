package io.saccade.system;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.saccade.contract.event.ImageRef;
import io.saccade.contract.event.ImageSubmitted;
import io.saccade.contract.event.Priority;
import io.saccade.contract.event.Question;
import io.saccade.contract.event.Task;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The demo's pictures and what they show. */
final class Pictures {

    private static final Path FOLDER = Repository.path("deploy/demo");

    private Pictures() {}

    @JsonIgnoreProperties(ignoreUnknown = true)
    record Picture(String file, List<String> questions, Expect expect) {

        @JsonIgnoreProperties(ignoreUnknown = true)
        record Expect(String caption, List<String> answers, String verdict, String status) {}

        byte[] bytes() throws IOException {
            return Files.readAllBytes(FOLDER.resolve(file));
        }

        ImageSubmitted submission(String id, Set<Task> tasks, Instant deadline) throws IOException {
            var asked = new ArrayList<Question>();
            for (var text : questions) {
                asked.add(new Question("q" + (asked.size() + 1), text));
            }
            return new ImageSubmitted(
                    id,
                    "default",
                    ImageRef.inline(bytes()),
                    null,
                    asked,
                    tasks,
                    deadline,
                    Priority.LIVE,
                    Map.of("file", file),
                    Instant.now());
        }
    }

    static List<Picture> all() throws IOException {
        return JsonMapper.builder()
                .build()
                .readValue(Files.readAllBytes(FOLDER.resolve("manifest.json")), new TypeReference<List<Picture>>() {});
    }

    static Picture good() throws IOException {
        return all().getFirst();
    }
}
