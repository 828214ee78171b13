package io.saccade.triton.metrics;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A server's page of metrics in Prometheus' text format (version 0.0.4: comments, labels with the escapes {@code \\}, {@code \"} and
 * {@code \n}, an optional time behind the value).
 *
 * @param samples in the page's order
 */
public record MetricsPage(List<MetricSample> samples) {
    /** Copies the list. */
    public MetricsPage {
        samples = List.copyOf(samples);
    }

    /**
     * Reads a page.
     *
     * @throws IllegalArgumentException with the number of the line that is none; never with what stands there
     */
    public static MetricsPage parse(String text) {
        List<MetricSample> samples = new ArrayList<>();
        int number = 0;
        for (String line : (Iterable<String>) text.lines()::iterator) {
            number++;
            if (!line.isBlank() && !line.stripLeading().startsWith("#")) {
                samples.add(new Line(line, number).sample());
            }
        }
        return new MetricsPage(samples);
    }

    /** What Triton counts for each model and version; models are there from their loading on. */
    public List<ModelMetrics> models() {
        Map<List<String>, ModelMetrics.Counters> models = new LinkedHashMap<>();
        for (MetricSample sample : samples) {
            String model = sample.labels().get("model");
            String version = sample.labels().get("version");
            if (model != null && version != null && sample.name().startsWith("nv_")) {
                models.computeIfAbsent(List.of(model, version), _ -> new ModelMetrics.Counters())
                        .add(sample);
            }
        }
        List<ModelMetrics> result = new ArrayList<>();
        models.forEach((name, counters) -> result.add(counters.of(name.get(0), name.get(1))));
        return List.copyOf(result);
    }

    /** Reads one line from the left. */
    private static final class Line {
        private final String text;
        private final int number;
        private int at;

        Line(String text, int number) {
            this.text = text;
            this.number = number;
        }

        MetricSample sample() {
            skipSpace();
            String name = word(":");
            Map<String, String> labels = new LinkedHashMap<>();
            skipSpace();
            if (next('{')) {
                labels(labels);
            }
            skipSpace();
            int start = at;
            while (at < text.length() && !isSpace(text.charAt(at))) {
                at++;
            }
            try {
                return new MetricSample(name, labels, text.substring(start, at));
            } catch (NumberFormatException e) {
                throw broken("a number", e);
            }
        }

        private void labels(Map<String, String> labels) {
            skipSpace();
            while (!next('}')) {
                String label = word("");
                skipSpace();
                expect('=');
                skipSpace();
                labels.put(label, quoted());
                skipSpace();
                if (!next(',')) {
                    expect('}');
                    return;
                }
                skipSpace();
            }
        }

        private String quoted() {
            expect('"');
            StringBuilder value = new StringBuilder();
            while (at < text.length()) {
                char c = text.charAt(at++);
                if (c == '"') {
                    return value.toString();
                }
                if (c == '\\' && at < text.length()) {
                    char escaped = text.charAt(at++);
                    value.append(escaped == 'n' ? '\n' : escaped);
                } else {
                    value.append(c);
                }
            }
            throw broken("the closing quote of a label", null);
        }

        private String word(String more) {
            int start = at;
            while (at < text.length() && isWord(text.charAt(at), more)) {
                at++;
            }
            if (at == start) {
                throw broken("a name", null);
            }
            return text.substring(start, at);
        }

        private static boolean isWord(char c, String more) {
            return c == '_' || c < 128 && Character.isLetterOrDigit(c) || more.indexOf(c) >= 0;
        }

        private static boolean isSpace(char c) {
            return c == ' ' || c == '\t';
        }

        private void skipSpace() {
            while (at < text.length() && isSpace(text.charAt(at))) {
                at++;
            }
        }

        private boolean next(char c) {
            if (at < text.length() && text.charAt(at) == c) {
                at++;
                return true;
            }
            return false;
        }

        private void expect(char c) {
            if (!next(c)) {
                throw broken("'" + c + "'", null);
            }
        }

        private IllegalArgumentException broken(String expected, @Nullable Throwable cause) {
            return new IllegalArgumentException(
                    "line " + number + " of the metrics: " + expected + " was expected at column " + (at + 1), cause);
        }
    }
}
