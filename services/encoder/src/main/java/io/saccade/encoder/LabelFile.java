package io.saccade.encoder;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;

/**
 * The labels to choose from, and the sentences they are put into.
 *
 * @param templates with one {@code {}} each, for example {@code a picture of a {}}
 * @param labels    distinct, at least two: a probability among one says nothing
 */
record LabelFile(List<String> templates, List<String> labels) {

    @SuppressWarnings("ConstantValue") // JSON leaves components null, whatever the types promise
    LabelFile {
        if (templates == null || templates.isEmpty() || templates.stream().anyMatch(t -> !t.contains("{}"))) {
            throw new IllegalArgumentException("'templates' must hold at least one text, each with a {} for the label");
        }
        if (labels == null || labels.size() < 2 || new HashSet<>(labels).size() != labels.size()) {
            throw new IllegalArgumentException("'labels' must hold at least two texts, all different");
        }
        templates = List.copyOf(templates);
        labels = List.copyOf(labels);
    }

    /**
     * Reads a file.
     *
     * @throws IllegalArgumentException if it is missing or no label file; the message names it
     */
    static LabelFile read(Path file) {
        try {
            return JsonMapper.builder()
                    .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
                    .build()
                    .readValue(Files.readAllBytes(file), LabelFile.class);
        } catch (JacksonException e) {
            throw new IllegalArgumentException("label file " + file + ": " + e.getOriginalMessage(), e);
        } catch (IOException e) {
            throw new IllegalArgumentException("label file " + file + " cannot be read: " + e, e);
        }
    }

    /** A label in every template. */
    List<String> prompts(String label) {
        return templates.stream().map(t -> t.replace("{}", label)).toList();
    }
}
