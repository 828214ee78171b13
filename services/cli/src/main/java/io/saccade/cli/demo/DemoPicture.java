package io.saccade.cli.demo;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.saccade.cli.CliException;
import io.saccade.contract.event.ImageEnriched;
import io.saccade.contract.event.Moderation;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A picture of the demo.
 *
 * @param file      beside the manifest
 * @param text      what its source says of it; null for nothing
 * @param questions asked of it
 * @param expect    what was drawn
 */
@JsonIgnoreProperties(ignoreUnknown = true)
public record DemoPicture(String file, @Nullable String text, List<String> questions, Expect expect) {

    private static final String MANIFEST = "manifest.json";

    @SuppressWarnings("ConstantValue") // JSON leaves components null, whatever the types promise
    public DemoPicture {
        if (file == null || expect == null) {
            throw new IllegalArgumentException("each picture must have 'file' and 'expect'");
        }
        questions = questions == null ? List.of() : List.copyOf(questions);
    }

    /**
     * What was drawn; null where nothing is expected.
     *
     * @param caption the sentence
     * @param answers one per question
     * @param verdict of the policy
     * @param status  of the joined answer
     */
    @JsonIgnoreProperties(ignoreUnknown = true)
    public record Expect(
            @Nullable String caption,
            @Nullable List<String> answers,
            Moderation.@Nullable Verdict verdict,
            ImageEnriched.@Nullable Status status) {}

    /**
     * The pictures of a folder.
     *
     * @throws CliException if it has no manifest that can be read
     */
    public static List<DemoPicture> load(Path folder) {
        var manifest = folder.resolve(MANIFEST);
        try {
            return JsonMapper.builder()
                    .build()
                    .readValue(Files.readAllBytes(manifest), new TypeReference<List<DemoPicture>>() {});
        } catch (JacksonException e) {
            throw CliException.missing(manifest + " should list the demo's pictures, but " + e.getOriginalMessage(), e);
        } catch (IOException e) {
            throw CliException.missing(
                    "the demo's pictures should be listed in " + manifest + ", but it cannot be read", e);
        }
    }
}
